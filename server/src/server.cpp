// SPDX-License-Identifier: MIT
#include "patchbay/server.hpp"

#include <cstdio>
#include <map>
#include <shared_mutex>
#include <utility>
#include <vector>

#include "client.hpp"
#include "namespace_shard.hpp"
#include "patchbay/engineio/id.hpp"

namespace patchbay {

namespace {

// Where errors of the application's go when it does not ask for them. An error that nobody sees is
// an error for ever.
void print_error(const HandlerError& error) {
  std::fprintf(stderr, "patchbay: error in handler of \"%s\": %s\n", error.event.c_str(),
               error.message.c_str());
}

}  // namespace

struct Server::Impl {
  explicit Impl(ServerOptions given) : options(std::move(given)), engine(options) {
    for (std::size_t i = 0; i < engine.loop_count(); ++i) {
      ids.push_back(std::make_unique<engineio::IdGenerator>(static_cast<std::uint8_t>(i)));
    }
  }

  [[nodiscard]] std::vector<Namespace*> all_namespaces() const {
    const std::shared_lock lock(namespaces_mutex);
    std::vector<Namespace*> all;
    all.reserve(namespaces.size());
    for (const auto& [name, nsp] : namespaces) all.push_back(nsp.get());
    return all;
  }

  const ServerOptions options;
  mutable std::shared_mutex namespaces_mutex;
  // Outlive the engine: sessions that it closes at its end still have sockets in them.
  std::map<std::string, std::unique_ptr<Namespace>, std::less<>> namespaces;
  engineio::Engine engine;
  std::vector<std::unique_ptr<engineio::IdGenerator>> ids;  // of sockets; one per loop
  std::function<void(const HandlerError&)> on_error = print_error;
  std::function<void(const ProtocolError&)> on_protocol_error;
};

Server::Server(ServerOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))), main_(nullptr) {
  main_ = &of("/");
  impl_->engine.on_session([this](std::shared_ptr<engineio::Session> session) {
    return std::make_shared<Client>(*this, std::move(session));
  });
}

// Nobody runs the loops any more; what is left of the clients goes with them.
Server::~Server() {
  disconnect_everyone();
}

std::uint16_t Server::listen(std::uint16_t port, const std::string& host) {
  return impl_->engine.listen(port, host);
}

void Server::run() {
  impl_->engine.run();
}

void Server::close() {
  disconnect_everyone();
  impl_->engine.stop();
}

void Server::disconnect_everyone() {
  for (std::size_t i = 0; i < impl_->engine.loop_count(); ++i) {
    impl_->engine.loop(i).dispatch([this, i] {
      // Without the lock: the sockets' handlers may ask for namespaces.
      for (Namespace* nsp : impl_->all_namespaces()) {
        for (const SocketPtr& socket : nsp->shard(i).snapshot()) socket->shut_down();
      }
    });
  }
}

Namespace& Server::of(std::string_view name) {
  std::string full(name);
  if (!full.starts_with('/')) full.insert(full.begin(), '/');
  const std::unique_lock lock(impl_->namespaces_mutex);
  auto& nsp = impl_->namespaces[full];
  if (!nsp) nsp = std::make_unique<Namespace>(*this, full);
  return *nsp;
}

Namespace* Server::find(std::string_view name) const {
  const std::shared_lock lock(impl_->namespaces_mutex);
  const auto found = impl_->namespaces.find(name);
  return found == impl_->namespaces.end() ? nullptr : found->second.get();
}

Server& Server::on_connection(ConnectionHandler handler) {
  main_->on_connection(std::move(handler));
  return *this;
}

Server& Server::use(Middleware middleware) {
  main_->use(std::move(middleware));
  return *this;
}

void Server::on_error(std::function<void(const HandlerError&)> listener) {
  impl_->on_error = std::move(listener);
}

void Server::on_protocol_error(std::function<void(const ProtocolError&)> listener) {
  impl_->on_protocol_error = std::move(listener);
}

engineio::HttpRouter& Server::http() {
  return impl_->engine.http();
}
engineio::Engine& Server::engine() noexcept {
  return impl_->engine;
}
const ServerOptions& Server::options() const noexcept {
  return impl_->options;
}

std::string Server::make_id(std::size_t loop) {
  return impl_->ids[loop]->next();
}

void Server::report(HandlerError error) const noexcept {
  if (impl_->on_error) impl_->on_error(error);
}

void Server::report_protocol_error(const engineio::Session& session, Errc reason) const noexcept {
  if (!impl_->on_protocol_error) return;
  impl_->on_protocol_error({.session_id = session.id(),
                            .remote_address = session.request().remote_address,
                            .reason = reason});
}

}  // namespace patchbay

// SPDX-License-Identifier: MIT
#include "patchbay/server.hpp"

#include <cstdio>
#include <stdexcept>
#include <utility>

#include "client.hpp"
#include "namespace_shard.hpp"
#include "server_impl.hpp"

namespace patchbay {

namespace {

// Where errors of the application's go when it does not ask for them. An error that nobody sees is
// an error for ever.
void print_error(const HandlerError& error) {
  std::fprintf(stderr, "patchbay: error in handler of \"%s\": %s\n", error.event.c_str(),
               error.message.c_str());
}

ServerOptions checked(ServerOptions options) {
  if (options.connect_timeout <= Millis(0)) {
    throw std::invalid_argument("connect_timeout must be greater than zero");
  }
  if (!options.parser) throw std::invalid_argument("parser must not be null");
  if (options.connection_state_recovery &&
      options.connection_state_recovery->max_disconnection_duration <= Millis(0)) {
    throw std::invalid_argument(
        "connection_state_recovery.max_disconnection_duration must be greater than zero");
  }
  return options;
}

}  // namespace

Server::Impl::Impl(ServerOptions given) : options(checked(std::move(given))), engine(options) {
  for (std::size_t i = 0; i < engine.loop_count(); ++i) {
    ids.push_back(std::make_unique<engineio::IdGenerator>(static_cast<std::uint8_t>(i)));
  }
  on_error = print_error;
}

std::vector<std::shared_ptr<Namespace>> Server::Impl::all_namespaces() const {
  const std::shared_lock lock(namespaces_mutex);
  std::vector<std::shared_ptr<Namespace>> all;
  all.reserve(namespaces.size());
  for (const auto& [name, nsp] : namespaces) all.push_back(nsp);
  return all;
}

Server::Server(ServerOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))), main_(nullptr) {
  main_ = &of("/");
  impl_->engine.on_session([this](std::shared_ptr<engineio::Session> session) {
    auto client = std::make_shared<Client>(*this, std::move(session));
    client->start();
    return client;
  });
  impl_->engine.on_exception(
      [this](const engineio::RequestInfo& request, std::exception_ptr exception) {
        EventCall::report_exception(*main_, request.url, std::move(exception));
      });
}

// Nobody runs the loops any more; what is left of the clients goes with them.
Server::~Server() {
  impl_->engine.detach();
  disconnect_everyone();
  stop_adapters();
  for (const auto& nsp : impl_->all_namespaces()) {
    nsp->local_.on_each([](NamespaceShard& shard) { shard.shut_down(); });
  }
}

std::uint16_t Server::listen(std::uint16_t port, const std::string& host) {
  return impl_->engine.listen(port, host);
}

void Server::run() {
  impl_->engine.run();
}

void Server::close(std::function<void()> done) {
  disconnect_everyone();
  impl_->engine.stop([this, done = std::move(done)] {
    stop_adapters();
    if (done) done();
  });
}

void Server::drain(const DrainOptions& options, std::function<void()> done) {
  if (options.deadline < options.spread) {
    throw std::invalid_argument("drain: deadline must not be shorter than spread");
  }
  impl_->engine.drain(options.spread, options.deadline, [this, done = std::move(done)] {
    stop_adapters();
    if (done) done();
  });
}

void Server::stop_adapters() {
  for (const auto& nsp : impl_->all_namespaces()) nsp->adapter().stop();
}

void Server::disconnect_everyone() {
  for (std::size_t i = 0; i < impl_->engine.loop_count(); ++i) {
    impl_->engine.loop(i).dispatch([this, i] {
      // Without the lock: the sockets' handlers may ask for namespaces.
      for (const auto& nsp : impl_->all_namespaces()) {
        for (const SocketPtr& socket : nsp->shard(i).all()) socket->shut_down();
      }
    });
  }
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

void Server::websocket(std::string path, engineio::WebSocketHandler handler,
                       WebSocketOptions options) {
  http().websocket(std::move(path), std::move(handler), std::move(options));
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

const engineio::Statistics& Server::statistics() const noexcept {
  return impl_->engine.statistics();
}

std::string Server::make_id(std::size_t loop) {
  return impl_->ids[loop]->next();
}

engineio::Loop& Server::home_loop() noexcept {
  for (std::size_t i = 0; i < impl_->engine.loop_count(); ++i) {
    if (impl_->engine.loop(i).in_loop_thread()) return impl_->engine.loop(i);
  }
  return impl_->engine.loop(0);
}

void Server::report(HandlerError error) const noexcept {
  if (impl_->on_error) impl_->on_error(error);
}

void Server::report_protocol_error(const engineio::Session& session, Errc reason) const noexcept {
  impl_->engine.count(reason);
  if (!impl_->on_protocol_error) return;
  impl_->on_protocol_error({.session_id = session.id(),
                            .remote_address = session.request().remote_address,
                            .reason = reason});
}

}  // namespace patchbay

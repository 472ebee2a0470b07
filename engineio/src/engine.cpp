// SPDX-License-Identifier: MIT
#include "patchbay/engineio/engine.hpp"

#include <stdexcept>
#include <utility>

#include "engine_core.hpp"
#include "shard.hpp"
#include "shard_group.hpp"

namespace patchbay::engineio {

struct Engine::Impl {
  explicit Impl(EngineOptions options) : core(std::move(options)), shards(core) {}

  EngineCore core;
  ShardGroup shards;
};

Engine::Engine(EngineOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Engine::~Engine() = default;

void Engine::on_session(OnSession callback) {
  impl_->core.on_session = std::move(callback);
}

void Engine::on_connection_error(OnConnectionError callback) {
  impl_->core.on_connection_error = std::move(callback);
}

void Engine::use(EngineMiddleware middleware) {
  impl_->core.middlewares.push_back(std::move(middleware));
}

void Engine::on_initial_headers(HeadersHook hook) {
  impl_->core.on_initial_headers = std::move(hook);
}

void Engine::on_headers(HeadersHook hook) {
  impl_->core.on_headers = std::move(hook);
}

void Engine::on_exception(OnException callback) {
  impl_->core.on_exception = std::move(callback);
}

HttpRouter& Engine::http() {
  return impl_->core.router;
}

void Engine::websocket(std::string path, WebSocketHandler handler, WebSocketOptions options) {
  http().websocket(std::move(path), std::move(handler), std::move(options));
}

std::uint16_t Engine::listen(std::uint16_t port, const std::string& host) {
  return impl_->shards.listen(port, host);
}

std::uint16_t Engine::listen_redirect(std::uint16_t port, const std::string& host,
                                      std::uint16_t https_port) {
  return impl_->shards.listen_redirect(port, host, https_port);
}

const EngineOptions& Engine::options() const noexcept {
  return impl_->core.options;
}
std::size_t Engine::loop_count() const noexcept {
  return impl_->shards.size();
}
Loop& Engine::loop(std::size_t index) noexcept {
  return impl_->shards.shard(index);
}
std::size_t Engine::session_count() const noexcept {
  return impl_->shards.session_count();
}

std::size_t Engine::connection_count() const noexcept {
  return impl_->shards.connection_count();
}
std::size_t Engine::buffered_bytes() const noexcept {
  return impl_->shards.buffered_bytes();
}
const Statistics& Engine::statistics() const noexcept {
  return impl_->core.statistics;
}
void Engine::count(Errc reason) noexcept {
  impl_->core.statistics.add(reason);
}

void Engine::reload_tls() {
  if (options().tls) reload_tls(*options().tls);
}
void Engine::reload_tls(const TlsOptions& options) {
  if (!impl_->core.tls()) throw std::logic_error("reload_tls() is for engines that speak TLS");
  impl_->core.reload_tls(options);
}

void Engine::run() {
  impl_->shards.run();
}
void Engine::stop(std::function<void()> done) {
  impl_->shards.stop(std::move(done));
}
void Engine::drain(Millis spread, Millis deadline, std::function<void()> done) {
  impl_->shards.drain(spread, deadline, std::move(done));
}
void Engine::detach() noexcept {
  impl_->shards.detach();
}

}  // namespace patchbay::engineio

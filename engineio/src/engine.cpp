// SPDX-License-Identifier: MIT
#include "patchbay/engineio/engine.hpp"

#include <stdexcept>
#include <utility>
#include <vector>

#include "dispatcher.hpp"
#include "engine_core.hpp"
#include "http_connection.hpp"
#include "listener.hpp"
#include "live_session.hpp"
#include "shard.hpp"

namespace patchbay::engineio {

namespace {

// What stopping may take: time for clients to read that their session is closed.
constexpr Millis kStopGrace{1'000};
constexpr Millis kStopPoll{16};

}  // namespace

class Engine::Impl {
 public:
  explicit Impl(EngineOptions options)
      : core_(std::move(options)), shard_(0, core_.options.io_context), dispatcher_(core_, shard_) {
    stop_timer_ = shard_.make_timer([this] { finish_stopping(); });
  }

  ~Impl() {
    shard_.detach();
    for (const auto& listener : listeners_) listener->stop();
    close_sessions();
    close_streams();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::uint16_t listen(std::uint16_t port, const std::string& host) {
    auto listener = std::make_shared<Listener>(
        shard_, host, port, [this](Descriptor socket, std::string remote_address) {
          serve(std::move(socket), std::move(remote_address));
        });
    const std::uint16_t bound = listener->port();
    shard_.dispatch([this, listener] {
      listeners_.push_back(listener);
      listener->start();
    });
    return bound;
  }

  void run() {
    if (!shard_.owns_loop()) {
      throw std::logic_error("run() is for servers without an io_context of yours: run that one");
    }
    shard_.run();
  }

  void stop(std::function<void()> done) {
    shard_.post([this, done = std::move(done)]() mutable {
      if (done) on_stopped_.push_back(std::move(done));
      begin_stopping();
    });
  }

  EngineCore& core() noexcept { return core_; }
  Shard& shard() noexcept { return shard_; }

 private:
  void serve(Descriptor socket, std::string remote_address) {
    auto stream = std::make_shared<Stream>(shard_, std::move(socket), std::move(remote_address));
    HttpConnection::start(std::move(stream), dispatcher_, core_.options);
  }

  void begin_stopping() {
    if (stopped_) call_on_stopped();
    if (std::exchange(stopping_, true)) return;
    for (const auto& listener : listeners_) listener->stop();
    listeners_.clear();
    close_sessions();
    for (const auto& stream : shard_.streams()) {
      if (const auto handler = stream->handler()) handler->on_shutdown();
    }
    stop_deadline_ = shard_.now() + kStopGrace;
    finish_stopping();
  }

  void finish_stopping() {
    if (shard_.has_streams() && shard_.now() < stop_deadline_) {
      stop_timer_->start(shard_.now() + kStopPoll);
      return;
    }
    close_streams();
    stopped_ = true;
    call_on_stopped();
    shard_.stop();
  }

  void call_on_stopped() {
    for (const auto& done : std::exchange(on_stopped_, {})) done();
  }

  void close_sessions() {
    std::vector<std::shared_ptr<LiveSession>> sessions;
    for (const auto& [id, session] : shard_.sessions()) sessions.push_back(session);
    for (const auto& session : sessions) session->close_now();
  }

  void close_streams() {
    for (const auto& stream : shard_.streams()) {
      if (const auto handler = stream->handler()) handler->on_abandoned();
      stream->close();
    }
  }

  EngineCore core_;
  Shard shard_;
  Dispatcher dispatcher_;
  std::vector<std::shared_ptr<Listener>> listeners_;
  std::unique_ptr<Timer> stop_timer_;
  TimePoint stop_deadline_{};
  std::vector<std::function<void()>> on_stopped_;
  bool stopping_ = false;
  bool stopped_ = false;
};

Engine::Engine(EngineOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Engine::~Engine() = default;

void Engine::on_session(OnSession callback) {
  impl_->core().on_session = std::move(callback);
}

void Engine::on_connection_error(OnConnectionError callback) {
  impl_->core().on_connection_error = std::move(callback);
}

void Engine::use(EngineMiddleware middleware) {
  impl_->core().middlewares.push_back(std::move(middleware));
}

void Engine::on_initial_headers(HeadersHook hook) {
  impl_->core().on_initial_headers = std::move(hook);
}

void Engine::on_headers(HeadersHook hook) {
  impl_->core().on_headers = std::move(hook);
}

void Engine::on_exception(OnException callback) {
  impl_->core().on_exception = std::move(callback);
}

HttpRouter& Engine::http() {
  return impl_->core().router;
}

std::uint16_t Engine::listen(std::uint16_t port, const std::string& host) {
  return impl_->listen(port, host);
}

const EngineOptions& Engine::options() const noexcept {
  return impl_->core().options;
}
std::size_t Engine::loop_count() const noexcept {
  return 1;
}
Loop& Engine::loop(std::size_t /*index*/) noexcept {
  return impl_->shard();
}
std::size_t Engine::session_count() const noexcept {
  return impl_->shard().session_count();
}

void Engine::run() {
  impl_->run();
}
void Engine::stop(std::function<void()> done) {
  impl_->stop(std::move(done));
}
void Engine::detach() noexcept {
  impl_->shard().detach();
}

}  // namespace patchbay::engineio

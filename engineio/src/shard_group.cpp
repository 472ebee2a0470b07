// SPDX-License-Identifier: MIT
#include "shard_group.hpp"

#include <stdexcept>
#include <thread>
#include <utility>

#include "admission.hpp"
#include "dispatcher.hpp"
#include "drain.hpp"
#include "http_connection.hpp"
#include "listener.hpp"
#include "live_session.hpp"
#include "redirector.hpp"
#include "shard.hpp"

namespace patchbay::engineio {

namespace {

// What stopping may take: time for clients to read that their session is closed.
constexpr Millis kStopGrace{1'000};
constexpr Millis kStopPoll{16};

// Connections beyond the limit that are told so at a time; more are closed without a word.
constexpr std::size_t kMostRefusals = 1'024;

void close_sessions(Shard& shard) {
  std::vector<std::shared_ptr<LiveSession>> sessions;
  for (const auto& [id, session] : shard.sessions()) sessions.push_back(session);
  for (const auto& session : sessions) session->close_now();
}

void close_streams(Shard& shard) {
  for (const auto& stream : shard.streams()) {
    if (const auto handler = stream->handler()) handler->on_abandoned();
    stream->close();
  }
}

}  // namespace

struct ShardGroup::Member {
  Member(const EngineCore& core, ShardDirectory& directory, std::size_t index)
      : shard(index, core.options.io_context), dispatcher(core, shard, directory) {}

  // Connections that are here or on their way. Any thread.
  [[nodiscard]] std::size_t load() const noexcept { return shard.stream_count() + expected; }

  Shard shard;
  Dispatcher dispatcher;
  std::atomic<std::size_t> expected{0};  // accepted connections that have yet to get here
  std::unique_ptr<Timer> stop_timer;
  TimePoint stop_deadline{};
  std::unique_ptr<Drain> drain;
};

ShardGroup::ShardGroup(const EngineCore& core)
    : core_(&core), directory_(core.options.generate_id != nullptr) {
  for (std::size_t i = 0; i < core.options.threads; ++i) {
    auto& member = *members_.emplace_back(std::make_unique<Member>(core, directory_, i));
    directory_.add(member.dispatcher);
    member.stop_timer = member.shard.make_timer([this, &member] { finish_stopping(member); });
  }
}

ShardGroup::~ShardGroup() {
  detach();
  for (const auto& listener : listeners_) listener->stop();
  for (const auto& member : members_) close_sessions(member->shard);
  for (const auto& member : members_) close_streams(member->shard);
  // All before any goes: what was posted on one may refer to another.
  for (const auto& member : members_) member->shard.discard();
}

Shard& ShardGroup::shard(std::size_t index) noexcept {
  return members_[index]->shard;
}

std::size_t ShardGroup::session_count() const noexcept {
  std::size_t count = 0;
  for (const auto& member : members_) count += member->shard.session_count();
  return count;
}

// Those on their way to their shard included.
std::size_t ShardGroup::connection_count() const noexcept {
  std::size_t count = 0;
  for (const auto& member : members_) count += member->load();
  return count;
}

std::size_t ShardGroup::buffered_bytes() const noexcept {
  std::size_t bytes = 0;
  for (const auto& member : members_) bytes += member->shard.send_budget().bytes();
  return bytes;
}

void ShardGroup::detach() noexcept {
  for (const auto& member : members_) member->shard.detach();
}

// --- Connections

std::uint16_t ShardGroup::listen(std::uint16_t port, const std::string& host) {
  return add_listener(port, host, [this](Descriptor socket, std::string remote_address) {
    distribute(std::move(socket), std::move(remote_address));
  });
}

std::uint16_t ShardGroup::listen_redirect(std::uint16_t port, const std::string& host,
                                          std::uint16_t https_port) {
  auto& redirector =
      *redirectors_.emplace_back(std::make_unique<Redirector>(*core_, shard(0), https_port));
  return add_listener(port, host,
                      [this, &redirector](Descriptor socket, std::string remote_address) {
                        redirect(redirector, std::move(socket), std::move(remote_address));
                      });
}

std::uint16_t ShardGroup::add_listener(std::uint16_t port, const std::string& host,
                                       std::function<void(Descriptor, std::string)> on_accept) {
  auto listener = std::make_shared<Listener>(shard(0), host, port, std::move(on_accept));
  const std::uint16_t bound = listener->port();
  shard(0).dispatch([this, listener] {
    listeners_.push_back(listener);
    listener->start();
  });
  return bound;
}

void ShardGroup::redirect(Redirector& redirector, Descriptor socket, std::string remote_address) {
  if (shard(0).stopping() || connection_count() >= core_->options.limits.connections) return;
  HttpConnection::start(
      std::make_shared<Stream>(shard(0), std::move(socket), std::move(remote_address)), redirector,
      core_->options);
}

// The shard with the fewest connections; with several of these, they take turns.
ShardGroup::Member& ShardGroup::next_member() noexcept {
  Member* best = members_[next_].get();
  std::size_t least = best->load();
  for (std::size_t i = 1; i < members_.size(); ++i) {
    Member& member = *members_[(next_ + i) % members_.size()];
    const std::size_t load = member.load();
    if (load >= least) continue;
    best = &member;
    least = load;
  }
  next_ = (best->shard.index() + 1) % members_.size();
  return *best;
}

void ShardGroup::distribute(Descriptor socket, std::string remote_address) {
  Arrival arrival{.socket = std::move(socket),
                  .remote_address = std::move(remote_address),
                  .place = nullptr,
                  .refused_for = Errc::none};
  arrival.refused_for = find_limit(arrival);
  if (arrival.refused_for != Errc::none) core_->statistics.add(arrival.refused_for);
  Member& member = next_member();
  if (&member == members_.front().get()) {
    serve(member, std::move(arrival));
    return;
  }
  // Shared, so that the function can be copied.
  const auto carried = std::make_shared<Arrival>(std::move(arrival));
  ++member.expected;
  member.shard.post([this, &member, carried] {
    serve(member, std::move(*carried));
    --member.expected;
  });
}

// Takes the place among those of its address, too.
Errc ShardGroup::find_limit(Arrival& arrival) const {
  if (connection_count() >= core_->options.limits.connections) return Errc::limit_connections;
  if (!core_->addresses.enabled() || core_->proxies.contains(arrival.remote_address)) {
    return Errc::none;
  }
  arrival.place = core_->addresses.claim(arrival.remote_address);
  return arrival.place ? Errc::none : Errc::limit_address_connections;
}

void ShardGroup::serve(Member& member, Arrival arrival) {
  if (member.shard.stopping()) return;
  const bool refused = arrival.refused_for != Errc::none;
  const auto tls = core_->tls();
  // Saying no politely takes a moment each, and with TLS more than that.
  const std::size_t most = core_->options.limits.connections + kMostRefusals;
  if (refused && (tls || connection_count() >= most)) return;
  auto stream = std::make_shared<Stream>(member.shard, std::move(arrival.socket),
                                         std::move(arrival.remote_address),
                                         tls ? tls->make_session() : nullptr);
  stream->hold(std::move(arrival.place));
  if (refused) {
    HttpConnection::refuse(std::move(stream), member.dispatcher, core_->options,
                           limit_response(arrival.refused_for));
  } else {
    HttpConnection::start(std::move(stream), member.dispatcher, core_->options);
  }
}

// --- Running

void ShardGroup::run() {
  if (!shard(0).owns_loop()) {
    throw std::logic_error("run() is for servers without an io_context of yours: run that one");
  }
  // All of them before any: from now on each belongs to one thread, also while that is starting.
  for (const auto& member : members_) member->shard.begin_running();
  std::vector<std::thread> threads;
  try {
    for (std::size_t i = 1; i < members_.size(); ++i) {
      threads.emplace_back([this, i] { run_member(*members_[i]); });
    }
  } catch (...) {
    fail(std::current_exception());  // no thread to be had
  }
  run_member(*members_.front());
  for (std::thread& thread : threads) thread.join();
  for (const auto& member : members_) member->shard.end_running();
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

// An exception ends all shards, and comes out of run() as it would with one.
void ShardGroup::run_member(Member& member) {
  try {
    member.shard.run();
  } catch (...) {
    fail(std::current_exception());
  }
}

void ShardGroup::fail(std::exception_ptr exception) {
  const std::lock_guard lock(failure_mutex_);
  if (!failure_) failure_ = std::move(exception);
  for (const auto& member : members_) member->shard.stop();
}

// --- Stopping

void ShardGroup::stop(std::function<void()> done) {
  shard(0).post([this, done = std::move(done)]() mutable {
    if (done) on_stopped_.push_back(std::move(done));
    begin_stopping();
  });
}

void ShardGroup::drain(Millis spread, Millis deadline, std::function<void()> done) {
  shard(0).post([this, spread, deadline, done = std::move(done)]() mutable {
    if (done) on_stopped_.push_back(std::move(done));
    if (stopped_) call_on_stopped();
    if (stopping_ || std::exchange(draining_, true)) return;
    stop_listening();
    full_members_ = members_.size();
    for (const auto& member : members_) {
      member->shard.dispatch([this, spread, deadline, &member = *member] {
        member.shard.set_draining();
        member.drain = std::make_unique<Drain>(member.shard, spread, deadline, [this] {
          shard(0).post([this] { on_member_drained(); });
        });
      });
    }
  });
}

void ShardGroup::on_member_drained() {
  if (--full_members_ == 0) begin_stopping();
}

void ShardGroup::stop_listening() {
  for (const auto& listener : listeners_) listener->stop();
  listeners_.clear();
}

void ShardGroup::begin_stopping() {
  if (stopped_) call_on_stopped();
  if (std::exchange(stopping_, true)) return;
  stop_listening();
  running_members_ = members_.size();
  for (const auto& member : members_) {
    member->shard.dispatch([this, &member = *member] { begin_stopping(member); });
  }
}

void ShardGroup::begin_stopping(Member& member) {
  Shard& shard = member.shard;
  shard.set_stopping();
  member.drain.reset();
  close_sessions(shard);
  for (const auto& stream : shard.streams()) {
    if (const auto handler = stream->handler()) handler->on_shutdown();
  }
  member.stop_deadline = shard.now() + kStopGrace;
  finish_stopping(member);
}

void ShardGroup::finish_stopping(Member& member) {
  Shard& shard = member.shard;
  if (shard.has_streams() && shard.now() < member.stop_deadline) {
    member.stop_timer->start(shard.now() + kStopPoll);
    return;
  }
  close_streams(shard);
  this->shard(0).dispatch([this] { on_member_stopped(); });
}

void ShardGroup::on_member_stopped() {
  if (--running_members_ > 0) return;
  stopped_ = true;
  call_on_stopped();
  for (const auto& member : members_) member->shard.stop();
}

void ShardGroup::call_on_stopped() {
  for (const auto& done : std::exchange(on_stopped_, {})) done();
}

}  // namespace patchbay::engineio

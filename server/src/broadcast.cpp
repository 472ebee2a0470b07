// SPDX-License-Identifier: MIT
#include "patchbay/broadcast.hpp"

#include <stdexcept>
#include <utility>

#include "ack_collector.hpp"
#include "patchbay/remote_socket.hpp"
#include "patchbay/server.hpp"
#include "reserved.hpp"

namespace patchbay {

namespace {

// Calls `done` where the application expects it: on this loop.
template <typename Result>
detail::Completion<Result> on_loop(engineio::Loop& loop, detail::Completion<Result> done) {
  return [&loop, done = std::move(done)](std::error_code error, Result result) {
    loop.dispatch(
        [done, error, result = std::move(result)]() mutable { done(error, std::move(result)); });
  };
}

// What the application's function throws goes to the error listener.
template <typename F>
void call_guarded(Namespace& nsp, std::string_view what, F&& function) {
  try {
    std::forward<F>(function)();
  } catch (...) {
    EventCall::report_exception(nsp, what, std::current_exception());
  }
}

}  // namespace

BroadcastOperator::BroadcastOperator(Namespace& nsp, BroadcastOptions options)
    : nsp_(nsp.shared_from_this()), options_(std::move(options)) {}

BroadcastOperator BroadcastOperator::to(std::string_view room) const {
  return to({room});
}

BroadcastOperator BroadcastOperator::to(std::span<const std::string> rooms) const {
  BroadcastOperator next = *this;
  auto& list = next.options_.target.rooms;
  list.insert(list.end(), rooms.begin(), rooms.end());
  return next;
}

BroadcastOperator BroadcastOperator::to(std::initializer_list<std::string_view> rooms) const {
  BroadcastOperator next = *this;
  auto& list = next.options_.target.rooms;
  list.insert(list.end(), rooms.begin(), rooms.end());
  return next;
}

BroadcastOperator BroadcastOperator::except(std::string_view room) const {
  return except({room});
}

BroadcastOperator BroadcastOperator::except(std::span<const std::string> rooms) const {
  BroadcastOperator next = *this;
  auto& list = next.options_.target.except;
  list.insert(list.end(), rooms.begin(), rooms.end());
  return next;
}

BroadcastOperator BroadcastOperator::except(std::initializer_list<std::string_view> rooms) const {
  BroadcastOperator next = *this;
  auto& list = next.options_.target.except;
  list.insert(list.end(), rooms.begin(), rooms.end());
  return next;
}

BroadcastOperator BroadcastOperator::volatile_() const {
  BroadcastOperator next = *this;
  next.options_.flags.volatile_ = true;
  return next;
}

BroadcastOperator BroadcastOperator::local() const {
  BroadcastOperator next = *this;
  next.options_.flags.local = true;
  return next;
}

BroadcastOperator BroadcastOperator::compress(bool compress) const {
  BroadcastOperator next = *this;
  next.options_.flags.compress = compress;
  return next;
}

BroadcastOperator BroadcastOperator::timeout(Millis limit) const {
  BroadcastOperator next = *this;
  next.options_.flags.timeout = limit;
  return next;
}

void BroadcastOperator::emit_values(std::string_view event, std::span<const Value> args) const {
  require_unreserved(event);
  nsp_->adapter().broadcast({.name = event, .args = args}, options_);
}

void BroadcastOperator::emit_values_with_ack(std::string_view event, std::span<const Value> args,
                                             detail::Completion<std::vector<Value>> done) const {
  require_unreserved(event);
  BroadcastOptions options = options_;
  const Millis limit =
      options.flags.timeout.value_or(nsp_->server().options().broadcast_ack_timeout);
  options.flags.timeout = limit;
  auto answer = [nsp = nsp_, done = std::move(done)](std::error_code error,
                                                     std::vector<Value> responses) {
    call_guarded(*nsp, "acknowledgement", [&] { done(error, std::move(responses)); });
  };
  auto collector = std::make_shared<AckCollector>(nsp_->server().home_loop(), std::move(answer));
  nsp_->adapter().broadcast_with_ack({.name = event, .args = args, .ack_id = nsp_->next_ack_id()},
                                     options, collector);
  collector->start(limit);
}

void BroadcastOperator::start_fetch(detail::Completion<std::vector<RemoteSocket>> done) const {
  auto make_sockets = [nsp = nsp_, done = std::move(done)](std::error_code error,
                                                           std::vector<SocketDetails> found) {
    std::vector<RemoteSocket> sockets;
    sockets.reserve(found.size());
    for (SocketDetails& details : found) sockets.emplace_back(*nsp, std::move(details));
    call_guarded(*nsp, "fetch_sockets", [&] { done(error, std::move(sockets)); });
  };
  nsp_->adapter().fetch_sockets(options_, on_loop<std::vector<SocketDetails>>(
                                              nsp_->server().home_loop(), std::move(make_sockets)));
}

void BroadcastOperator::sockets_join(std::string_view room) const {
  sockets_join({room});
}

void BroadcastOperator::sockets_join(std::span<const std::string> rooms) const {
  nsp_->adapter().add_sockets(options_, rooms);
}

void BroadcastOperator::sockets_join(std::initializer_list<std::string_view> rooms) const {
  sockets_join(std::vector<std::string>(rooms.begin(), rooms.end()));
}

void BroadcastOperator::sockets_leave(std::string_view room) const {
  sockets_leave({room});
}

void BroadcastOperator::sockets_leave(std::span<const std::string> rooms) const {
  nsp_->adapter().del_sockets(options_, rooms);
}

void BroadcastOperator::sockets_leave(std::initializer_list<std::string_view> rooms) const {
  sockets_leave(std::vector<std::string>(rooms.begin(), rooms.end()));
}

void BroadcastOperator::disconnect_sockets(bool close_connection) const {
  nsp_->adapter().disconnect_sockets(options_, close_connection);
}

// --- RemoteSocket

RemoteSocket::RemoteSocket(Namespace& nsp, SocketDetails details)
    : operator_(nsp, {.target = {.rooms = {details.id}, .except = {}},
                      .flags = {.expect_single_response = true}}),
      details_(std::move(details)) {}

RemoteSocket RemoteSocket::timeout(Millis limit) const {
  RemoteSocket next = *this;
  next.operator_ = operator_.timeout(limit);
  return next;
}

}  // namespace patchbay

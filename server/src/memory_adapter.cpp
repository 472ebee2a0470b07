// SPDX-License-Identifier: MIT
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>

#include "patchbay/adapter.hpp"
#include "patchbay/server.hpp"

namespace patchbay {

namespace {

std::string base36(std::uint64_t number) {
  char text[13];
  const auto [end, error] = std::to_chars(text, text + sizeof text, number, 36);
  return {text, end};
}

// Different for every event of this process, and for those of another run of the program, so that a
// client cannot come with an offset that by chance means something else now. Short enough to be
// kept for each socket without an allocation.
std::string next_offset() {
  static const std::string run =
      base36(static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(
                                            std::chrono::system_clock::now().time_since_epoch())
                                            .count()));
  static std::atomic<std::uint64_t> counter{0};
  return run + '-' + base36(++counter);
}

}  // namespace

MemoryAdapter::MemoryAdapter(Namespace& nsp) : nsp_(&nsp) {}

void MemoryAdapter::server_count(detail::Completion<std::size_t> done) {
  done({}, 1);
}

void MemoryAdapter::broadcast(const OutgoingEvent& event, const BroadcastOptions& options) {
  const bool recoverable = nsp_->server().options().connection_state_recovery &&
                           !options.flags.volatile_ && !event.ack_id;
  nsp_->local_sockets().deliver(event, options, recoverable ? next_offset() : std::string());
}

void MemoryAdapter::broadcast_with_ack(const OutgoingEvent& event, const BroadcastOptions& options,
                                       std::shared_ptr<BroadcastAckSink> sink) {
  sink->on_server_count(1);
  nsp_->local_sockets().deliver_with_ack(event, options, std::move(sink));
}

void MemoryAdapter::fetch_sockets(const BroadcastOptions& options,
                                  detail::Completion<std::vector<SocketDetails>> done) {
  nsp_->local_sockets().fetch(options.target,
                              [done = std::move(done)](std::vector<SocketDetails> sockets) {
                                done({}, std::move(sockets));
                              });
}

void MemoryAdapter::add_sockets(const BroadcastOptions& options,
                                std::span<const std::string> rooms) {
  nsp_->local_sockets().join(options.target, rooms);
}

void MemoryAdapter::del_sockets(const BroadcastOptions& options,
                                std::span<const std::string> rooms) {
  nsp_->local_sockets().leave(options.target, rooms);
}

void MemoryAdapter::disconnect_sockets(const BroadcastOptions& options, bool close_connection) {
  nsp_->local_sockets().disconnect(options.target, close_connection);
}

// There are no other servers.
void MemoryAdapter::server_side_emit(std::string_view /*event*/, std::span<const Value> /*args*/) {}

void MemoryAdapter::server_side_emit_with_ack(std::string_view /*event*/,
                                              std::span<const Value> /*args*/,
                                              detail::Completion<std::vector<Value>> done) {
  done({}, {});
}

void MemoryAdapter::persist_session(SavedSession session) {
  nsp_->local_sockets().persist(std::move(session));
}

void MemoryAdapter::restore_session(std::string_view private_id, std::string_view offset,
                                    detail::Completion<std::optional<SavedSession>> done) {
  nsp_->local_sockets().restore(private_id, offset,
                                [done = std::move(done)](std::optional<SavedSession> session) {
                                  done({}, std::move(session));
                                });
}

void MemoryAdapter::missed_events(const SavedSession& session, std::string_view offset,
                                  detail::Completion<std::vector<MissedEvent>> done) {
  auto events = nsp_->local_sockets().missed(session, offset);
  const auto error = events ? std::error_code() : make_error_code(std::errc::no_message_available);
  done(error, std::move(events).value_or(std::vector<MissedEvent>()));
}

}  // namespace patchbay

// SPDX-License-Identifier: MIT
#include "redis_adapter.hpp"

#include <utility>

#include "patchbay/protocol/sio/json_parser.hpp"
#include "patchbay/server.hpp"

namespace patchbay::redis {

RedisAdapter::RedisAdapter(Namespace& nsp, std::shared_ptr<Member> member)
    : nsp_(&nsp), member_(std::move(member)), here_(nsp) {}

void RedisAdapter::init() {
  member_->open(nsp_->weak_from_this());
}

void RedisAdapter::stop() {
  member_->stop();
  member_->hub().stop();
}

void RedisAdapter::close() {
  member_->close();
}

void RedisAdapter::server_count(detail::Completion<std::size_t> done) {
  if (member_->hub().stopped()) return done(Errc::cluster_away, 1);
  member_->count(std::move(done));
}

// Encoded once for everybody, where the others understand what clients do.
void RedisAdapter::broadcast(const OutgoingEvent& event, const BroadcastOptions& options) {
  if (alone(options)) return here_.broadcast(event, options);
  const auto json = sio::event_json(event.name, event.args);
  OutgoingEvent encoded = event;
  if (json) encoded.json = *json;
  member_->wire().broadcast({.name = event.name, .args = event.args, .json = encoded.json}, options,
                            {});
  here_.broadcast(encoded, options);
}

void RedisAdapter::broadcast_with_ack(const OutgoingEvent& event, const BroadcastOptions& options,
                                      std::shared_ptr<BroadcastAckSink> sink) {
  if (alone(options)) {
    sink->on_server_count(1);
  } else {
    member_->broadcast_with_ack({.name = event.name, .args = event.args}, options, sink);
  }
  nsp_->local_sockets().deliver_with_ack(event, options, std::move(sink));
}

void RedisAdapter::fetch_sockets(const BroadcastOptions& options,
                                 detail::Completion<std::vector<SocketDetails>> done) {
  const bool only_here = alone(options);
  nsp_->local_sockets().fetch(options.target,
                              [member = member_, options, only_here,
                               done = std::move(done)](std::vector<SocketDetails> found) {
                                if (only_here || member->hub().stopped())
                                  return done({}, std::move(found));
                                member->fetch_sockets(options, std::move(found), done);
                              });
}

void RedisAdapter::add_sockets(const BroadcastOptions& options,
                               std::span<const std::string> rooms) {
  if (!alone(options)) {
    member_->wire().say(
        cluster::JoinRooms{.target = options.target, .rooms = {rooms.begin(), rooms.end()}});
  }
  nsp_->local_sockets().join(options.target, rooms);
}

void RedisAdapter::del_sockets(const BroadcastOptions& options,
                               std::span<const std::string> rooms) {
  if (!alone(options)) {
    member_->wire().say(
        cluster::LeaveRooms{.target = options.target, .rooms = {rooms.begin(), rooms.end()}});
  }
  nsp_->local_sockets().leave(options.target, rooms);
}

void RedisAdapter::disconnect_sockets(const BroadcastOptions& options, bool close_connection) {
  if (!alone(options)) {
    member_->wire().say(
        cluster::DisconnectSockets{.target = options.target, .close_connection = close_connection});
  }
  nsp_->local_sockets().disconnect(options.target, close_connection);
}

void RedisAdapter::server_side_emit(std::string_view event, std::span<const Value> args) {
  if (!member_->hub().stopped()) member_->wire().say(server_event(event, args));
}

void RedisAdapter::server_side_emit_with_ack(std::string_view event, std::span<const Value> args,
                                             detail::Completion<std::vector<Value>> done) {
  if (member_->hub().stopped()) return done(Errc::cluster_away, {});
  member_->server_side_emit_with_ack(event, args, std::move(done));
}

void RedisAdapter::persist_session(SavedSession session) {
  here_.persist_session(std::move(session));
}

void RedisAdapter::restore_session(std::string_view private_id, std::string_view offset,
                                   detail::Completion<std::optional<SavedSession>> done) {
  here_.restore_session(private_id, offset, std::move(done));
}

void RedisAdapter::missed_events(const SavedSession& session, std::string_view offset,
                                 detail::Completion<std::vector<MissedEvent>> done) {
  here_.missed_events(session, offset, std::move(done));
}

void RedisAdapter::on_room_event(const RoomEvent& event) {
  member_->wire().on_room_event(event);
}

}  // namespace patchbay::redis

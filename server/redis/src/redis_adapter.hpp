// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "member.hpp"
#include "patchbay/adapter.hpp"

namespace patchbay::redis {

// Carries out here what an operator asks for, and has the member tell the others. What differs
// between the ways of talking is the wire's. Any thread.
class RedisAdapter : public Adapter {
 public:
  RedisAdapter(Namespace& nsp, std::shared_ptr<Member> member);

  void init() override;
  void stop() override;
  void close() override;
  void server_count(detail::Completion<std::size_t> done) override;
  void broadcast(const OutgoingEvent& event, const BroadcastOptions& options) override;
  void broadcast_with_ack(const OutgoingEvent& event, const BroadcastOptions& options,
                          std::shared_ptr<BroadcastAckSink> sink) override;
  void fetch_sockets(const BroadcastOptions& options,
                     detail::Completion<std::vector<SocketDetails>> done) override;
  void add_sockets(const BroadcastOptions& options, std::span<const std::string> rooms) override;
  void del_sockets(const BroadcastOptions& options, std::span<const std::string> rooms) override;
  void disconnect_sockets(const BroadcastOptions& options, bool close_connection) override;
  void server_side_emit(std::string_view event, std::span<const Value> args) override;
  void server_side_emit_with_ack(std::string_view event, std::span<const Value> args,
                                 detail::Completion<std::vector<Value>> done) override;
  // By this process' own record: these ways of talking keep nothing for those who are away.
  void persist_session(SavedSession session) override;
  void restore_session(std::string_view private_id, std::string_view offset,
                       detail::Completion<std::optional<SavedSession>> done) override;
  void missed_events(const SavedSession& session, std::string_view offset,
                     detail::Completion<std::vector<MissedEvent>> done) override;
  void on_room_event(const RoomEvent& event) override;

 protected:
  [[nodiscard]] Namespace& nsp() const noexcept { return *nsp_; }
  [[nodiscard]] Member& member() const noexcept { return *member_; }
  // The other servers hear nothing any more.
  [[nodiscard]] bool alone(const BroadcastOptions& options) const noexcept {
    return options.flags.local || member_->hub().stopped();
  }

 private:
  Namespace* nsp_;
  std::shared_ptr<Member> member_;
  MemoryAdapter here_;
};

}  // namespace patchbay::redis

// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "patchbay/adapter.hpp"
#include "patchbay/namespace.hpp"
#include "patchbay/socket.hpp"
#include "recovery_store.hpp"
#include "room_index.hpp"

namespace patchbay {

class LoopOrder;

// An encoded event on its way to the sockets of one shard. Refers to things of the caller's.
struct Delivery {
  const EncodedMessage& message;
  const BroadcastTarget& target;
  bool is_volatile;
  std::string_view offset;     // empty: cannot be recovered
  const OutgoingEvent* event;  // for those who listen; null when nobody did
};

// What one shard holds of a namespace: the sockets that live there, and their rooms. Belongs to the
// shard's loop, but for socket_count(), nsp(), post() and dispatch().
class NamespaceShard {
 public:
  // `order`: shared by all shards of the namespace; null when they need none.
  NamespaceShard(Namespace& nsp, engineio::Loop& loop, LoopOrder* order);
  ~NamespaceShard();
  NamespaceShard(const NamespaceShard&) = delete;
  NamespaceShard& operator=(const NamespaceShard&) = delete;

  [[nodiscard]] Namespace& nsp() const noexcept { return *nsp_; }
  [[nodiscard]] engineio::Loop& loop() const noexcept { return *loop_; }
  [[nodiscard]] std::size_t socket_count() const noexcept { return count_; }

  // Whatever concerns the sockets here is done by these two rather than by the loop's own: what one
  // thread asks for is done in that order.
  void post(std::function<void()> function);
  template <typename F>
  void dispatch(F&& function) {
    if (loop_->in_loop_thread()) {
      std::forward<F>(function)();
    } else {
      post(std::forward<F>(function));
    }
  }

  [[nodiscard]] RoomIndex& rooms() noexcept { return rooms_; }
  [[nodiscard]] std::vector<std::string> room_names() const;

  // The socket receives broadcasts from now on.
  void add(const SocketPtr& socket);
  // It and its rooms are forgotten.
  void remove(Socket& socket);
  void join(Socket& socket, std::string_view room);
  void leave(Socket& socket, std::string_view room);
  [[nodiscard]] SocketPtr find(std::string_view id) const;

  void deliver(const Delivery& delivery);
  // Keeps it for those who come back. The sockets have been sent it already, without its offset.
  void record(const Delivery& delivery);
  // To how many it has been sent. Each of these answers to the sink, until `limit`.
  std::size_t deliver_with_ack(const Delivery& delivery, std::uint64_t ack_id, Millis limit,
                               const std::shared_ptr<BroadcastAckSink>& sink);

  // A copy of who is meant, to be walked over while they come and go.
  [[nodiscard]] std::vector<SocketPtr> select(const BroadcastTarget& target);
  [[nodiscard]] std::vector<SocketPtr> all() const;

  // Nothing is kept any more, and no timer runs: the loops may end before the last reference to the
  // namespace does.
  void shut_down();

  // See RecoveryStore.
  [[nodiscard]] std::uint64_t recovery_position() const noexcept {
    return recovery_ ? recovery_->position() : 0;
  }
  void save_session(SavedSession session);
  [[nodiscard]] std::optional<SavedSession> take_session(std::string_view private_id,
                                                         std::string_view offset);
  [[nodiscard]] std::optional<std::vector<MissedEvent>> missed(const SavedSession& session,
                                                               std::string_view offset) const;
  [[nodiscard]] LocalSockets::RecordPosition record_position() const;
  [[nodiscard]] std::optional<std::vector<MissedEvent>> missed_since(
      std::uint64_t position, const SavedSession& session) const;

 private:
  class AckRound;

  template <typename F>
  static void for_each_of(std::span<Socket* const> sockets, F&& function);
  // Every socket that the room stands for: its members, or the socket whose id it is.
  template <typename F>
  void for_each_in(std::string_view room, F&& function);
  template <typename F>
  void for_each_selected(const BroadcastTarget& target, F&& function);
  void add_to_record(const Delivery& delivery);
  static void call_listeners(const std::vector<SocketPtr>& sockets, const OutgoingEvent& event);
  void watch_expiry();
  void count_sessions();

  Namespace* nsp_;
  engineio::Loop* loop_;
  LoopOrder* order_;
  std::unordered_map<std::string_view, SocketPtr> sockets_;  // keys are the sockets' own ids
  std::vector<Socket*> everyone_;                            // the same; each knows its position
  RoomIndex rooms_;
  std::atomic<std::size_t> count_{0};
  std::unique_ptr<RecoveryStore> recovery_;  // null when it is off
  std::unique_ptr<engineio::Timer> expiry_timer_;
  bool expiry_watched_ = false;
  // Saved sessions count as users of the namespace, so that it waits for them to come back.
  std::size_t sessions_counted_ = 0;
};

}  // namespace patchbay

// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "outgoing.hpp"
#include "patchbay/broadcast.hpp"
#include "patchbay/namespace.hpp"
#include "patchbay/socket.hpp"
#include "room_index.hpp"

namespace patchbay {

// What one shard holds of a namespace: the sockets that live there, and their rooms. Belongs to the
// shard's loop, but for socket_count() and nsp().
class NamespaceShard {
 public:
  NamespaceShard(Namespace& nsp, engineio::Loop& loop) : nsp_(&nsp), loop_(&loop) {}

  [[nodiscard]] Namespace& nsp() const noexcept { return *nsp_; }
  [[nodiscard]] engineio::Loop& loop() const noexcept { return *loop_; }
  [[nodiscard]] std::size_t socket_count() const noexcept { return count_; }
  [[nodiscard]] RoomIndex& rooms() noexcept { return rooms_; }

  // The socket receives broadcasts from now on.
  void add(const SocketPtr& socket);
  // It and its rooms are forgotten.
  void remove(Socket& socket);

  void broadcast(const BroadcastTarget& target, const Outgoing& packet);

  // Everyone here, to be walked over while they come and go.
  [[nodiscard]] std::vector<SocketPtr> snapshot() const;

 private:
  // Every socket that the room stands for: its members, or the socket whose id it is.
  template <typename F>
  void for_each_in(std::string_view room, F&& function);

  Namespace* nsp_;
  engineio::Loop* loop_;
  std::unordered_map<std::string_view, SocketPtr> sockets_;  // keys are the sockets' own ids
  RoomIndex rooms_;
  std::atomic<std::size_t> count_{0};
};

}  // namespace patchbay

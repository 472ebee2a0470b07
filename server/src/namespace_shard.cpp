// SPDX-License-Identifier: MIT
#include "namespace_shard.hpp"

#include "client.hpp"

namespace patchbay {

void NamespaceShard::add(const SocketPtr& socket) {
  sockets_.emplace(socket->id(), socket);
  count_.store(sockets_.size(), std::memory_order_relaxed);
}

void NamespaceShard::remove(Socket& socket) {
  rooms_.leave_all(socket);
  sockets_.erase(socket.id());
  count_.store(sockets_.size(), std::memory_order_relaxed);
}

template <typename F>
void NamespaceShard::for_each_in(std::string_view room, F&& function) {
  for (Socket* socket : rooms_.members(room)) function(*socket);
  const auto own = sockets_.find(room);
  if (own != sockets_.end() && own->second->in_own_room_) function(*own->second);
}

void NamespaceShard::broadcast(const BroadcastTarget& target, const Outgoing& packet) {
  // Who is excepted, or has got it, bears this mark.
  const std::uint64_t mark = rooms_.next_mark();
  for (const auto& room : target.except) {
    for_each_in(room, [mark](Socket& socket) { socket.visit_mark_ = mark; });
  }
  const auto deliver = [mark, &packet](Socket& socket) {
    if (socket.visit_mark_ == mark) return;
    socket.visit_mark_ = mark;
    if (socket.client_) packet.send_to(socket.client_->session());
  };
  if (target.rooms.empty()) {
    for (const auto& [id, socket] : sockets_) deliver(*socket);
  } else {
    for (const auto& room : target.rooms) for_each_in(room, deliver);
  }
}

std::vector<SocketPtr> NamespaceShard::snapshot() const {
  std::vector<SocketPtr> sockets;
  sockets.reserve(sockets_.size());
  for (const auto& [id, socket] : sockets_) sockets.push_back(socket);
  return sockets;
}

}  // namespace patchbay

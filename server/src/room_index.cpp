// SPDX-License-Identifier: MIT
#include "room_index.hpp"

#include <algorithm>
#include <utility>

namespace patchbay {

std::optional<std::uint32_t> RoomIndex::find(std::string_view room) const {
  const auto found = by_name_.find(room);
  return found == by_name_.end() ? std::nullopt : std::optional(found->second);
}

std::uint32_t RoomIndex::find_or_create(std::string_view room) {
  if (const auto known = find(room)) return *known;
  std::uint32_t id;
  if (free_rooms_.empty()) {
    id = static_cast<std::uint32_t>(rooms_.size());
    rooms_.emplace_back();
  } else {
    id = free_rooms_.back();
    free_rooms_.pop_back();
  }
  rooms_[id].name = room;
  by_name_.emplace(room, id);
  return id;
}

bool RoomIndex::join(Socket& socket, std::string_view room) {
  if (contains(socket, room)) return false;
  const std::uint32_t id = find_or_create(room);
  auto& members = rooms_[id].members;
  socket.memberships_.push_back(
      {.room = id, .position = static_cast<std::uint32_t>(members.size())});
  members.push_back(&socket);
  return true;
}

bool RoomIndex::leave(Socket& socket, std::string_view room) {
  const auto id = find(room);
  if (!id) return false;
  const auto found = std::ranges::find(socket.memberships_, *id, &Socket::Membership::room);
  if (found == socket.memberships_.end()) return false;
  remove(socket, static_cast<std::size_t>(found - socket.memberships_.begin()));
  return true;
}

void RoomIndex::leave_all(Socket& socket) {
  while (!socket.memberships_.empty()) remove(socket, socket.memberships_.size() - 1);
  socket.memberships_.shrink_to_fit();
}

void RoomIndex::remove(Socket& socket, std::size_t membership) {
  const auto [id, position] = socket.memberships_[membership];
  socket.memberships_.erase(socket.memberships_.begin() + static_cast<std::ptrdiff_t>(membership));
  Room& room = rooms_[id];
  // The last member takes the free place.
  Socket* const last = room.members.back();
  room.members.pop_back();
  if (last != &socket) {
    room.members[position] = last;
    std::ranges::find(last->memberships_, id, &Socket::Membership::room)->position = position;
  }
  if (room.members.empty()) {
    by_name_.erase(room.name);
    room = {};
    free_rooms_.push_back(id);
    if (by_name_.empty()) give_memory_back();
  } else if (room.members.size() < room.members.capacity() / 4) {
    room.members.shrink_to_fit();
  }
}

// Nobody is in any room.
void RoomIndex::give_memory_back() {
  rooms_ = {};
  free_rooms_ = {};
  by_name_ = {};
}

bool RoomIndex::contains(const Socket& socket, std::string_view room) const {
  const auto id = find(room);
  return id && std::ranges::find(socket.memberships_, *id, &Socket::Membership::room) !=
                   socket.memberships_.end();
}

std::vector<std::string> RoomIndex::rooms_of(const Socket& socket) const {
  std::vector<std::string> names;
  names.reserve(socket.memberships_.size());
  for (const auto& membership : socket.memberships_) names.push_back(rooms_[membership.room].name);
  return names;
}

std::vector<std::string> RoomIndex::names() const {
  std::vector<std::string> names;
  names.reserve(by_name_.size());
  for (const auto& [name, id] : by_name_) names.push_back(name);
  return names;
}

std::span<Socket* const> RoomIndex::members(std::string_view room) const {
  const auto id = find(room);
  return id ? std::span<Socket* const>(rooms_[*id].members) : std::span<Socket* const>();
}

}  // namespace patchbay

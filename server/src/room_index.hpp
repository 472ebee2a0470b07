// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "patchbay/socket.hpp"

namespace patchbay {

// Which sockets of one namespace, on one shard, are in which rooms. Each side knows its place on
// the other: joining, leaving and walking over a room cost no search. A socket's own room, named by
// its id, is not kept here; see NamespaceShard.
class RoomIndex {
 public:
  RoomIndex() = default;
  RoomIndex(const RoomIndex&) = delete;
  RoomIndex& operator=(const RoomIndex&) = delete;

  // False when nothing changed: it is in the room, or is not, already.
  bool join(Socket& socket, std::string_view room);
  bool leave(Socket& socket, std::string_view room);
  void leave_all(Socket& socket);

  [[nodiscard]] bool contains(const Socket& socket, std::string_view room) const;
  [[nodiscard]] std::vector<std::string> rooms_of(const Socket& socket) const;
  [[nodiscard]] std::span<Socket* const> members(std::string_view room) const;
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] std::size_t room_count() const noexcept { return by_name_.size(); }

  // A mark that no socket bears yet, to select each socket once.
  [[nodiscard]] std::uint64_t next_mark() noexcept { return ++mark_; }

 private:
  struct Room {
    std::string name;
    std::vector<Socket*> members;
  };

  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view room) const;
  std::uint32_t find_or_create(std::string_view room);
  void remove(Socket& socket, std::size_t membership);
  void give_memory_back();

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>()(text);
    }
  };

  std::vector<Room> rooms_;
  std::vector<std::uint32_t> free_rooms_;
  std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> by_name_;
  std::uint64_t mark_ = 0;
};

}  // namespace patchbay

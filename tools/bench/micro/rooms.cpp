// SPDX-License-Identifier: MIT
//
// Joining, leaving and finding the members of a room, in an index of the given number of sockets.
#include <memory>
#include <vector>

#include "namespace_shard.hpp"
#include "patchbay/patchbay.hpp"
#include "room_index.hpp"
#include "samples.hpp"
#include "socket_token.hpp"

namespace patchbay::bench {
namespace {

constexpr std::size_t kRoomSize = 10;

/// Sockets without connections, ten in each room.
class Crowd {
 public:
  explicit Crowd(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      sockets_.push_back(std::make_shared<Socket>(Socket::Token(), nullptr, shard_, i,
                                                  "socket" + std::to_string(i),
                                                  Handshake(nullptr, Object{})));
      index.join(*sockets_.back(), room(i / kRoomSize));
    }
  }
  ~Crowd() {
    for (const SocketPtr& socket : sockets_) index.leave_all(*socket);
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  static std::string room(std::size_t number) { return "room-" + std::to_string(number); }
  Socket& socket(std::size_t number) { return *sockets_[number % sockets_.size()]; }

 private:
  Server io_;
  NamespaceShard shard_{io_.sockets(), io_.engine().loop(0), nullptr};
  std::vector<SocketPtr> sockets_;

 public:
  RoomIndex index;
};

void join_and_leave(benchmark::State& state, const std::string& room) {
  Crowd crowd(static_cast<std::size_t>(state.range(0)));
  std::size_t next = kRoomSize;  // not of the first room
  while (state.KeepRunning()) {
    Socket& socket = crowd.socket(next++);
    if (next == static_cast<std::size_t>(state.range(0))) next = kRoomSize;
    crowd.index.join(socket, room);
    crowd.index.leave(socket, room);
  }
}
BENCHMARK_CAPTURE(join_and_leave, existing, Crowd::room(0))
    ->Name("rooms/join-leave/existing")
    ->Arg(100)
    ->Arg(100'000);
BENCHMARK_CAPTURE(join_and_leave, new_room, std::string("brand-new"))
    ->Name("rooms/join-leave/new")
    ->Arg(100)
    ->Arg(100'000);

void select(benchmark::State& state) {
  Crowd crowd(static_cast<std::size_t>(state.range(0)));
  const std::string room = Crowd::room(3);
  while (state.KeepRunning()) {
    std::size_t count = 0;
    for (Socket* const member : crowd.index.members(room)) {
      benchmark::DoNotOptimize(member);
      ++count;
    }
    if (count != kRoomSize) return state.SkipWithError("members missing");
  }
}
BENCHMARK(select)->Name("rooms/select/10-members")->Arg(100)->Arg(100'000);

}  // namespace
}  // namespace patchbay::bench

// SPDX-License-Identifier: MIT
//
// Mode --socketio, namespace /once: what applications do for every message to be handled exactly
// once, both ways, over connections that break. Clients number their posts and repeat what was not
// acknowledged; the server keeps the ids it has handled, gives each post a running number in its
// room, and sends a client that was not recovered what its room has had since the number it knows.
#include <cstdint>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "conformance_server.hpp"
#include "patchbay/patchbay.hpp"

namespace patchbay::conformance {

namespace {

// Handlers of different clients may run on different loops.
class Rooms {
 public:
  // The journal is a file that has what an earlier server has handled, and gets what this one does.
  Rooms(Namespace& nsp, const std::string& journal) : nsp_(&nsp) {
    if (journal.empty()) return;
    std::ifstream earlier(journal);
    for (std::string room, id; earlier >> room >> id;) keep(rooms_[room], id);
    journal_.open(journal, std::ios::app);
  }

  // Joins, and gets what came before, with nothing lost in between.
  void enter(Socket& socket) {
    const Value auth = socket.handshake().auth();
    const auto room = auth["room"].as_string();
    const auto known = static_cast<std::size_t>(auth["known"].as_integer());
    const std::lock_guard lock(mutex_);
    if (socket.recovered()) {
      ++recovered_;
      return;
    }
    ++fresh_;
    const auto& log = rooms_[room].log;
    for (std::size_t i = known; i < log.size(); ++i) {
      socket.emit("posted", room, static_cast<std::int64_t>(i + 1), log[i]);
    }
    socket.join(room);
  }

  void post(const std::string& room, const std::string& id) {
    const std::lock_guard lock(mutex_);
    Room& to = rooms_[room];
    if (!keep(to, id)) {
      ++repeated_;
      return;
    }
    if (journal_.is_open()) journal_ << room << ' ' << id << std::endl;
    nsp_->to(room).emit("posted", room, static_cast<std::int64_t>(to.log.size()), id);
  }

  // All ids in the order in which they were handled, and how often the network made a difference.
  Object report() {
    const std::lock_guard lock(mutex_);
    Object rooms;
    for (const auto& [name, room] : rooms_) {
      rooms.set(name, Array(room.log.begin(), room.log.end()));
    }
    return {
        {"rooms", rooms}, {"repeated", repeated_}, {"recovered", recovered_}, {"fresh", fresh_}};
  }

 private:
  struct Room {
    std::vector<std::string> log;
    std::set<std::string> seen;
  };

  // False when it was there.
  static bool keep(Room& room, const std::string& id) {
    if (!room.seen.insert(id).second) return false;
    room.log.push_back(id);
    return true;
  }

  Namespace* nsp_;
  std::ofstream journal_;
  // An emit may carry out what other loops have asked of this one, such as a disconnection.
  std::recursive_mutex mutex_;
  std::map<std::string, Room> rooms_;
  std::int64_t repeated_ = 0;
  std::int64_t recovered_ = 0;
  std::int64_t fresh_ = 0;
};

}  // namespace

void add_exactly_once_namespace(Server& io, const std::string& journal) {
  Namespace& nsp = io.of("/once");
  const auto rooms = std::make_shared<Rooms>(nsp, journal);
  nsp.on_connection([rooms](const SocketPtr& socket) {
    socket->on("post", [rooms](const std::string& room, const std::string& id, const Ack& ack) {
      rooms->post(room, id);
      ack();
    });
    socket->on("report", [rooms] { return rooms->report(); });
    if (!socket->handshake().auth()["room"].is_null()) rooms->enter(*socket);
  });
}

}  // namespace patchbay::conformance

// SPDX-License-Identifier: MIT
//
// Everything at once on four threads, for two seconds: clients come, join, talk, break off, come
// back and leave, while threads of the application's broadcast, fetch, and send people away.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "../support/sharded_server.hpp"

using namespace patchbay;
using namespace patchbay::test;

namespace {

constexpr std::chrono::milliseconds kDuration(2'000);
constexpr std::size_t kThreads = 4;
constexpr int kClients = 4;

std::chrono::steady_clock::time_point now() {
  return std::chrono::steady_clock::now();
}

// Counted, because doctest's checks are not for many threads at once.
struct Faults {
  std::atomic<int> out_of_order{0};
  std::atomic<int> lost{0};
  std::atomic<int> recoveries{0};
  std::atomic<int> rounds{0};
};

// One client at a time, again and again. Ticks come from one thread, numbered: none may be missing
// or come twice for as long as the client is the same.
class Visitor {
 public:
  Visitor(ShardedServer& server, Faults& faults, unsigned seed)
      : server_(&server), faults_(&faults), random_(seed) {}

  void run(std::chrono::steady_clock::time_point deadline) {
    while (now() < deadline) {
      visit();
      ++faults_->rounds;
    }
  }

 private:
  void visit() {
    auto client = std::make_unique<NetClient>(server_->port);
    client->send("0");
    last_tick_ = -1;
    if (!read_until(*client, "0{")) return;
    for (int come_back = 0; come_back < 4; ++come_back) {
      client->send(R"(2["say","hello"])");
      if (!read_until(*client, R"(2["heard")")) return;
      if (offset_.empty()) break;
      const std::string auth = R"(0{"pid":")" + pid_ + R"(","offset":")" + offset_ + R"("})";
      const std::string before = sid_;
      client.reset();
      client = std::make_unique<NetClient>(server_->port);
      client->send(auth);
      const std::int64_t tick = last_tick_;
      if (!read_until(*client, "0{")) return;
      if (sid_ != before) return;  // the server has not noticed yet that the first one had gone
      ++faults_->recoveries;
      if (last_tick_ < tick) ++faults_->lost;
    }
    if (random_() % 2 == 0) {
      client->send("1");
    }
  }

  // False when the server ends the connection, as it does with some.
  bool read_until(NetClient& client, std::string_view what) {
    while (auto packet = client.receive()) {
      if (packet->starts_with("1")) return false;
      look_at(*packet);
      if (packet->starts_with(what)) return true;
    }
    return false;
  }

  void look_at(const std::string& packet) {
    const auto begin = packet.find_first_of("{[");
    if (begin == std::string::npos) return;
    const auto value = parse_json(std::string_view(packet).substr(begin), Limits().json_depth);
    if (!value) {
      ++faults_->lost;
      return;
    }
    if (packet.starts_with('0')) {
      if ((*value)["sid"].as_string() != sid_) last_tick_ = -1;
      sid_ = (*value)["sid"].as_string();
      pid_ = (*value)["pid"].as_string();
      return;
    }
    const Array& event = value->as_array();
    if (event.back().is_string()) offset_ = event.back().as_string();
    if (event[0] != Value("tick")) return;
    const std::int64_t tick = event[1].as_integer();
    if (last_tick_ >= 0 && tick != last_tick_ + 1) ++faults_->out_of_order;
    last_tick_ = tick;
  }

  ShardedServer* server_;
  Faults* faults_;
  std::minstd_rand random_;
  std::string sid_;
  std::string pid_;
  std::string offset_;
  std::int64_t last_tick_ = -1;
};

ServerOptions stressed_options() {
  ServerOptions options;
  options.connection_state_recovery.emplace();
  options.cleanup_empty_child_namespaces = true;
  return options;
}

}  // namespace

TEST_CASE("everything at once") {
  ShardedServer f(kThreads, stressed_options());
  Server& io = f.io;
  std::atomic<std::size_t> connections{0};
  io.on_connection([&](const SocketPtr& socket) {
    ++connections;
    socket->join("room " + std::to_string(connections % 3));
    socket->on("say", [&io, socket = socket.get()](const std::string& text) {
      io.to("room 1").except("room 2").emit("noise", text);
      socket->broadcast().volatile_().emit("noise", text);
      socket->emit("heard", text);
    });
  });
  std::atomic<std::size_t> fetched{0};
  io.of(std::regex("^/room-[0-9]$")).on_connection([&](const SocketPtr& socket) {
    socket->nsp().emit("hello", socket->id());
  });
  f.start();

  Faults faults;
  const auto deadline = now() + kDuration;
  std::vector<std::thread> threads;
  std::vector<std::unique_ptr<Visitor>> visitors;
  for (int i = 0; i < kClients; ++i) {
    visitors.push_back(std::make_unique<Visitor>(f, faults, static_cast<unsigned>(i + 1)));
    threads.emplace_back([visitor = visitors.back().get(), deadline] { visitor->run(deadline); });
  }
  threads.emplace_back([&] {
    for (std::int64_t tick = 0; now() < deadline; ++tick) {
      io.emit("tick", tick);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  threads.emplace_back([&] {
    while (now() < deadline) {
      io.in("room 0").sockets_join("room 5");
      io.in("room 5").sockets_leave({"room 0", "room 5"});
      io.local().fetch_sockets(
          [&fetched](std::error_code, const std::vector<RemoteSocket>& sockets) {
            fetched += sockets.size();
          });
      io.timeout(Millis(50)).emit_with_ack("q", [](std::error_code, const std::vector<Value>&) {});
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  threads.emplace_back([&] {
    for (int i = 0; now() < deadline; ++i) {
      NetClient client(f.port);
      const std::string name = "/room-" + std::to_string(i % 10);
      client.send("0" + name + ",");
      client.receive();
      io.of(name).emit("hi");
      if (i % 10 == 0) io.in("room 2").disconnect_sockets(i % 20 == 0);
    }
  });
  for (std::thread& thread : threads) thread.join();
  f.stop();

  CHECK(faults.out_of_order == 0);
  CHECK(faults.lost == 0);
  CHECK(faults.rounds > kClients);
  CHECK(faults.recoveries > 0);
  CHECK(connections > 0);
  CHECK(fetched > 0);
  CHECK(io.sockets().socket_count() == 0);
  CHECK(io.engine().session_count() == 0);
}

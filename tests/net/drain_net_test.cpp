// SPDX-License-Identifier: MIT
//
// A server that lets go of its clients, over real sockets.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "../support/net_client.hpp"
#include "../support/raw_connection.hpp"
#include "patchbay/server.hpp"

using namespace patchbay;
using namespace patchbay::test;

namespace {

using Clock = std::chrono::steady_clock;

// A server on two loops that writes down how its sockets leave.
class DrainingServer {
 public:
  explicit DrainingServer(ServerOptions options = two_threads()) : io(std::move(options)) {
    io.on_connection([this](const SocketPtr& socket) {
      socket->on("disconnect", [this](std::string reason) {
        const std::lock_guard lock(mutex_);
        reasons_.push_back(std::move(reason));
      });
      socket->on("ask", [](int n) { return n + 1; });
    });
    port = io.listen(0, "127.0.0.1");
    thread_ = std::thread([this] { io.run(); });
  }
  ~DrainingServer() {
    io.close();
    join();
  }
  DrainingServer(const DrainingServer&) = delete;
  DrainingServer& operator=(const DrainingServer&) = delete;

  static ServerOptions two_threads() {
    ServerOptions options;
    options.threads = 2;
    return options;
  }
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  std::vector<std::string> reasons() {
    const std::lock_guard lock(mutex_);
    return reasons_;
  }

  Server io;
  std::uint16_t port = 0;

 private:
  std::mutex mutex_;
  std::vector<std::string> reasons_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("draining closes one client after the other, each after what was sent to it") {
  constexpr std::size_t kClients = 20;
  constexpr Millis kSpread{400};
  DrainingServer server;
  std::vector<std::unique_ptr<NetClient>> clients;
  for (std::size_t i = 0; i < kClients; ++i) {
    clients.push_back(std::make_unique<NetClient>(server.port));
    clients.back()->join();
  }
  server.io.emit("bye");
  const auto begin = Clock::now();
  server.io.drain({.spread = kSpread, .deadline = Millis(10'000)});
  Clock::duration last{};
  for (const auto& client : clients) {
    CHECK(client->receive() == R"(2["bye"])");
    CHECK_FALSE(client->receive());
    CHECK(client->saw_close_frame());
    last = std::max(last, Clock::now() - begin);
  }
  clients.clear();
  server.join();
  // The last of each loop has its turn in the last twentieth of the time.
  CHECK(last >= kSpread * 9 / 10);
  CHECK(server.reasons() == std::vector<std::string>(kClients, "server shutting down"));
  CHECK(server.io.statistics().count(Errc::eio_server_draining) == kClients);
}

TEST_CASE("a server that is draining answers its clients, and takes no new ones") {
  DrainingServer server(ServerOptions{});
  RawConnection kept(server.port);
  REQUIRE(kept.request("GET", "/nothing").status == 404);
  NetClient client(server.port);
  client.join();
  server.io.drain({.spread = Millis(300), .deadline = Millis(10'000)});
  client.send(R"(20["ask",1])");
  CHECK(client.receive() == "30[2]");
  const auto refused = kept.request("GET", "/socket.io/?EIO=4&transport=polling");
  CHECK(refused.status == 503);
  CHECK_FALSE(client.receive());
  server.join();
}

TEST_CASE("a server without clients has drained at once") {
  DrainingServer server;
  const auto begin = Clock::now();
  std::promise<void> done;
  server.io.drain({.spread = Millis(60'000), .deadline = Millis(60'000)},
                  [&done] { done.set_value(); });
  done.get_future().wait();
  CHECK(Clock::now() - begin < std::chrono::seconds(10));
  server.join();
}

TEST_CASE("clients that do not fetch what they are sent do not keep a server from ending") {
  DrainingServer server(ServerOptions{});
  RawConnection client(server.port);
  REQUIRE(client.request("GET", "/socket.io/?EIO=4&transport=polling").status == 200);
  server.io.drain({.spread = Millis(0), .deadline = Millis(200)});
  server.join();
}

TEST_CASE("closing does not wait for the drain") {
  DrainingServer server(ServerOptions{});
  NetClient client(server.port);
  client.join();
  server.io.drain({.spread = Millis(60'000), .deadline = Millis(60'000)});
  server.io.close();
  CHECK_FALSE(client.receive());
  server.join();
}

TEST_CASE("a deadline before the end of the spread is refused") {
  Server io;
  CHECK_THROWS_AS(io.drain({.spread = Millis(2), .deadline = Millis(1)}), std::invalid_argument);
}

// SPDX-License-Identifier: MIT
//
// When a volatile event can leave at once, as real transports see it.
#include <doctest/doctest.h>

#include <cstdint>
#include <future>
#include <string>
#include <string_view>
#include <thread>

#include "../support/net_client.hpp"
#include "../support/raw_connection.hpp"
#include "patchbay/server.hpp"

using namespace patchbay;
using namespace patchbay::test;

namespace {

// A server whose clients get a few events for each "go".
class EmittingServer {
 public:
  EmittingServer() {
    io.on_connection([this](const SocketPtr& socket) {
      last_ = socket;
      socket->on("go", [this, &socket = *socket](std::string what) { emit(socket, what); });
    });
    port = io.listen(0, "127.0.0.1");
    thread_ = std::thread([this] { io.run(); });
  }
  ~EmittingServer() {
    io.close();
    thread_.join();
  }
  EmittingServer(const EmittingServer&) = delete;
  EmittingServer& operator=(const EmittingServer&) = delete;

  // Returns once a packet to the client that came last would leave at once.
  void wait_until_writable() {
    for (bool writable = false; !writable;) {
      std::promise<bool> answer;
      io.engine().loop(0).post([&] { answer.set_value(last_->conn()->writable()); });
      writable = answer.get_future().get();
    }
  }

  Server io;
  std::uint16_t port = 0;

 private:
  void emit(Socket& socket, std::string_view what) {
    if (what == "regular first") {
      socket.emit("regular", 1);
      socket.volatile_().emit("lost");
      socket.emit("regular", 2);
    } else if (what == "volatile first") {
      socket.volatile_().emit("volatile", 1);
      socket.volatile_().emit("lost");
      socket.emit("regular", 2);
    } else if (what == "binary") {
      io.volatile_().emit("volatile", Bytes("first"));
      io.volatile_().emit("lost", Bytes("second"));
      socket.emit("regular");
    }
  }

  SocketPtr last_;  // only used on the loop
  std::thread thread_;
};

constexpr std::string_view kBinary = R"(51-["volatile",{"_placeholder":true,"num":0}])";

}  // namespace

TEST_CASE(
    "over WebSocket a volatile event passes if nothing else is on its way, and others always") {
  EmittingServer server;
  NetClient client(server.port);
  client.join();
  for (int round = 0; round < 3; ++round) {
    client.send(R"(2["go","regular first"])");
    CHECK(client.receive() == R"(2["regular",1])");
    CHECK(client.receive() == R"(2["regular",2])");
    client.send(R"(2["go","volatile first"])");
    CHECK(client.receive() == R"(2["volatile",1])");
    CHECK(client.receive() == R"(2["regular",2])");
  }
}

TEST_CASE("over WebSocket a volatile event goes with its attachments or not at all") {
  EmittingServer server;
  RawConnection connection(server.port);
  connection.write_upgrade("/socket.io/?EIO=4&transport=websocket");
  REQUIRE(connection.read_response().status == 101);
  connection.write_frame(1, "40");
  connection.write_frame(1, R"(42["go","binary"])");
  CHECK(connection.read_frame().value_or(RawFrame()).payload.starts_with("0{"));
  CHECK(connection.read_frame().value_or(RawFrame()).payload.starts_with("40{"));
  // The reply to CONNECT may still have been on its way.
  connection.write_frame(1, R"(42["go","binary"])");
  std::string seen;
  for (int regular = 0; regular < 2;) {
    const auto frame = connection.read_frame();
    REQUIRE(frame);
    seen += frame->payload + " ";
    if (frame->payload == R"(42["regular"])") ++regular;
  }
  CHECK(seen.ends_with("4" + std::string(kBinary) + R"( first 42["regular"] )"));
  CHECK(seen.find("lost") == std::string::npos);
  CHECK(seen.find("second") == std::string::npos);
}

TEST_CASE("over polling a volatile event passes if nothing else is on its way, and others always") {
  EmittingServer server;
  RawConnection holding(server.port);
  RawConnection posting(server.port);
  const std::string base = "/socket.io/?EIO=4&transport=polling";
  const std::string open = holding.request("GET", base).body;
  const std::string target = base + "&sid=" + open.substr(open.find("sid") + 6, 20);
  REQUIRE(posting.request("POST", target, "40").body == "ok");
  CHECK(holding.request("GET", target).body.starts_with("40{"));

  // No GET is held: nothing can leave at once.
  posting.request("POST", target, R"(42["go","volatile first"])");
  CHECK(holding.request("GET", target).body == R"(42["regular",2])");

  const auto held = [&](std::string_view post) {
    holding.write_request("GET", target);
    server.wait_until_writable();
    posting.request("POST", target, post);
    return holding.read_response().body;
  };
  CHECK(held(R"(42["go","volatile first"])") ==
        "42[\"volatile\",1]\x1e"
        "42[\"regular\",2]");
  CHECK(held(R"(42["go","regular first"])") ==
        "42[\"regular\",1]\x1e"
        "42[\"regular\",2]");
}

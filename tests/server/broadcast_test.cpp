// SPDX-License-Identifier: MIT
#include "patchbay/broadcast.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "dummy_session.hpp"
#include "patchbay/patchbay.hpp"

using namespace patchbay;
using patchbay::test::DummySession;
using patchbay::test::join;

namespace {

// Three clients: 0 is in a, 1 in a and b, 2 in b.
struct Fixture {
  Server io;
  std::vector<SocketPtr> sockets;
  std::vector<std::shared_ptr<DummySession>> sessions;

  Fixture() {
    io.on_connection([this](SocketPtr socket) { sockets.push_back(std::move(socket)); });
    for (int i = 0; i < 3; ++i) sessions.push_back(join(io));
    sockets[0]->join("a");
    sockets[1]->join("a");
    sockets[1]->join("b");
    sockets[2]->join("b");
  }

  // Which clients got the event, each as often as it did: "012", "11".
  std::string receivers() {
    std::string text;
    for (std::size_t i = 0; i < sessions.size(); ++i) {
      for (const auto& packet : sessions[i]->take()) {
        CHECK(packet == R"(2["e",1])");
        text += std::to_string(i);
      }
    }
    return text;
  }
};

}  // namespace

TEST_CASE("who gets what") {
  Fixture f;
  auto& io = f.io;
  auto& s = f.sockets;
  io.emit("e", 1);
  CHECK(f.receivers() == "012");
  io.to("a").emit("e", 1);
  CHECK(f.receivers() == "01");
  io.in("b").emit("e", 1);
  CHECK(f.receivers() == "12");
  io.to("a").to("b").emit("e", 1);
  CHECK(f.receivers() == "012");
  io.to(std::vector<std::string>{"a", "a"}).emit("e", 1);
  CHECK(f.receivers() == "01");
  io.except("a").emit("e", 1);
  CHECK(f.receivers() == "2");
  io.to("a").except("b").emit("e", 1);
  CHECK(f.receivers() == "0");
  io.to("none").emit("e", 1);
  CHECK(f.receivers().empty());
  io.except("none").emit("e", 1);
  CHECK(f.receivers() == "012");
  io.to(s[2]->id()).emit("e", 1);
  CHECK(f.receivers() == "2");
  io.to(s[2]->id()).to("b").emit("e", 1);
  CHECK(f.receivers() == "12");
  io.except(s[0]->id()).emit("e", 1);
  CHECK(f.receivers() == "12");
}

TEST_CASE("a socket's own broadcasts leave it out") {
  Fixture f;
  f.sockets[0]->broadcast().emit("e", 1);
  CHECK(f.receivers() == "12");
  f.sockets[0]->to("a").emit("e", 1);
  CHECK(f.receivers() == "1");
  f.sockets[0]->to("b").emit("e", 1);
  CHECK(f.receivers() == "12");
  f.sockets[0]->except("a").emit("e", 1);
  CHECK(f.receivers() == "2");
}

TEST_CASE("a selection can be kept, and used again") {
  Fixture f;
  const auto a = f.io.to("a");
  const auto both = a.to("b");
  a.except("b").emit("e", 1);
  CHECK(f.receivers() == "0");
  a.emit("e", 1);
  CHECK(f.receivers() == "01");
  both.emit("e", 1);
  CHECK(f.receivers() == "012");
}

TEST_CASE("those who have left a room or the server get nothing") {
  Fixture f;
  f.sockets[0]->leave("a");
  f.io.to("a").emit("e", 1);
  CHECK(f.receivers() == "1");
  f.sockets[1]->disconnect();
  f.sessions[1]->take();
  f.io.emit("e", 1);
  CHECK(f.receivers() == "02");
  f.sockets[2]->leave(f.sockets[2]->id());
  f.io.to(f.sockets[2]->id()).emit("e", 1);
  CHECK(f.receivers().empty());
  f.sockets[2]->join(f.sockets[2]->id());
  f.io.to(f.sockets[2]->id()).emit("e", 1);
  CHECK(f.receivers() == "2");
}

TEST_CASE("reserved names are refused") {
  Fixture f;
  CHECK_THROWS_AS(f.io.to("a").emit("disconnect"), std::invalid_argument);
}

TEST_CASE("attachments are broadcast with their packet") {
  Fixture f;
  f.io.to("b").emit("e", Bytes("x"));
  CHECK(f.sessions[0]->take().empty());
  CHECK(f.sessions[2]->take() ==
        std::vector<std::string>{R"(51-["e",{"_placeholder":true,"num":0}])", "binary x"});
}

// SPDX-License-Identifier: MIT
#include "patchbay/namespace.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../support/dummy_session.hpp"

using namespace patchbay;
using namespace patchbay::test;

namespace {

const Packets kInternalError{R"(4{"message":"Internal server error"})"};

// A server that counts who gets in.
struct Fixture {
  Fixture() {
    io.on_connection([this](SocketPtr) { ++connections; });
  }
  Packets answer(std::string_view packet) {
    client.send(packet);
    return client.received();
  }
  // Turned away, and still connected below.
  void check_outside() {
    CHECK(connections == 0);
    CHECK(io.sockets().socket_count() == 0);
    CHECK(client.open());
  }

  Server io;
  ErrorLog errors{io};
  int connections = 0;
  std::optional<Next> kept;
  TestClient client{io};
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "names get a leading slash, and one name is one namespace") {
  CHECK(&io.of("/") == &io.sockets());
  CHECK(&io.of("") == &io.sockets());
  CHECK(&io.of("chat") == &io.of("/chat"));
  CHECK(io.of("chat").name() == "/chat");
  CHECK(&io.of("/Chat") != &io.of("/chat"));
  CHECK(&io.of("/chat").server() == &io);
}

TEST_CASE_FIXTURE(Fixture, "an unknown namespace is refused, and the connection stays") {
  CHECK(answer("0/unknown,") == Packets{R"(4/unknown,{"message":"Invalid namespace"})"});
  CHECK(answer("0/?a=b,") == Packets{R"(4/?a=b,{"message":"Invalid namespace"})"});
  CHECK(client.open());
  io.of("/unknown");
  CHECK_FALSE(client.join("/unknown").empty());
}

TEST_CASE_FIXTURE(Fixture, "a client is in several namespaces at once, under different ids") {
  io.of("/a");
  io.of("/b");
  const std::string main = client.join();
  const std::string a = client.join("/a");
  const std::string b = client.join("/b");
  CHECK(main.size() == 20);
  CHECK(main != a);
  CHECK(a != b);
  client.send("1/a,");
  CHECK(io.of("/a").socket_count() == 0);
  CHECK(io.of("/b").socket_count() == 1);
  CHECK(client.join("/a") != a);
}

TEST_CASE_FIXTURE(Fixture, "middlewares run in the order they were added") {
  Packets log;
  for (const char* name : {"1", "2", "3"}) {
    io.use([&log, name](SocketPtr socket, Next next) {
      log.push_back(name + std::string(socket->connected() ? "connected" : ""));
      next();
    });
  }
  CHECK_FALSE(client.join().empty());
  CHECK(log == Packets{"1", "2", "3"});
  CHECK(connections == 1);
}

TEST_CASE_FIXTURE(Fixture, "a rejection reaches the client, and later middlewares are not asked") {
  bool asked = false;
  io.use([](SocketPtr, Next next) {
    next(ConnectError{.message = "not you", .data = Object{{"code", 7}}});
  });
  io.use([&](SocketPtr, Next) { asked = true; });
  CHECK(answer("0") == Packets{R"(4{"message":"not you","data":{"code":7}})"});
  CHECK_FALSE(asked);
  check_outside();
}

TEST_CASE_FIXTURE(Fixture, "a rejection without data has none") {
  io.use([](SocketPtr, Next next) { next(ConnectError{.message = "no", .data = {}}); });
  CHECK(answer("0") == Packets{R"(4{"message":"no"})"});
}

TEST_CASE_FIXTURE(Fixture, "who was rejected may try again") {
  int attempts = 0;
  io.use([&](SocketPtr, Next next) {
    if (++attempts == 1) {
      next(ConnectError{.message = "first", .data = {}});
    } else {
      next();
    }
  });
  CHECK(client.join().empty());
  CHECK_FALSE(client.join().empty());
  CHECK(connections == 1);
}

TEST_CASE_FIXTURE(Fixture, "a middleware may decide later") {
  io.use([this](SocketPtr, Next next) { kept = std::move(next); });
  int after = 0;
  io.use([&](SocketPtr, Next next) {
    ++after;
    next();
  });
  CHECK(answer("0").empty());
  CHECK(connections == 0);
  SUBCASE("for the client") {
    (*kept)();
    CHECK(connections == 1);
    CHECK(after == 1);
    CHECK(client.received().size() == 1);
  }
  SUBCASE("against it") {
    (*kept)(ConnectError{.message = "no", .data = {}});
    CHECK(client.received() == Packets{R"(4{"message":"no"})"});
    CHECK(after == 0);
    check_outside();
  }
}

TEST_CASE_FIXTURE(Fixture, "of several calls of next the first counts") {
  io.use([this](SocketPtr, Next next) {
    kept = next;
    next();
    next();
    next(ConnectError{.message = "no", .data = {}});
  });
  CHECK(answer("0").size() == 1);
  (*kept)();
  (*kept)(ConnectError{.message = "no", .data = {}});
  CHECK(client.received().empty());
  CHECK(connections == 1);
}

TEST_CASE_FIXTURE(Fixture, "a middleware that forgets the client turns it away") {
  SUBCASE("at once") {
    io.use([](SocketPtr, Next) {});
    CHECK(answer("0") == kInternalError);
  }
  SUBCASE("later") {
    io.use([this](SocketPtr, Next next) { kept = std::move(next); });
    CHECK(answer("0").empty());
    kept.reset();
    CHECK(client.received() == kInternalError);
  }
  check_outside();
}

TEST_CASE_FIXTURE(Fixture, "an exception in a middleware turns the client away") {
  io.use([](SocketPtr, Next) { throw std::runtime_error("secret"); });
  CHECK(answer("0") == kInternalError);
  CHECK(errors.texts == Packets{"middleware: secret"});
  check_outside();
}

TEST_CASE_FIXTURE(Fixture, "an exception after next is only reported") {
  io.use([](SocketPtr, Next next) {
    next();
    throw std::runtime_error("late");
  });
  CHECK_FALSE(client.join().empty());
  CHECK(errors.texts == Packets{"middleware: late"});
  CHECK(connections == 1);
}

TEST_CASE_FIXTURE(Fixture, "what a middleware emits arrives before the reply") {
  io.use([](SocketPtr socket, Next next) {
    socket->emit("early");
    next();
  });
  const Packets packets = answer("0");
  REQUIRE(packets.size() == 2);
  CHECK(packets[0] == R"(2["early"])");
  CHECK(packets[1].starts_with(R"(0{"sid":)"));
}

TEST_CASE_FIXTURE(Fixture, "rooms that a middleware joins stay, unless the client is rejected") {
  bool let_in = true;
  io.use([&](SocketPtr socket, Next next) {
    socket->join("room");
    if (let_in) return next();
    next(ConnectError{.message = "no", .data = {}});
  });
  SUBCASE("let in") {}
  SUBCASE("rejected") {
    let_in = false;
  }
  answer("0");
  io.to("room").emit("e");
  CHECK(client.received() == (let_in ? Packets{R"(2["e"])"} : Packets{}));
}

TEST_CASE_FIXTURE(Fixture, "broadcasts do not reach those who are not in yet") {
  io.use([this](SocketPtr, Next next) { kept = std::move(next); });
  answer("0");
  io.emit("e");
  CHECK(client.received().empty());
  (*kept)();
  CHECK(client.received().size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "a client that goes while a middleware decides is forgotten") {
  std::weak_ptr<Socket> watched;
  io.use([&, this](SocketPtr socket, Next next) {
    watched = socket;
    kept = std::move(next);
  });
  answer("0");
  client.lose();
  SUBCASE("and then let in") {
    (*kept)();
  }
  SUBCASE("and then rejected") {
    (*kept)(ConnectError{.message = "no", .data = {}});
  }
  SUBCASE("and nobody decides") {}
  kept.reset();
  CHECK(connections == 0);
  CHECK(io.sockets().socket_count() == 0);
  CHECK(client.received().empty());
  CHECK(watched.expired());
}

TEST_CASE_FIXTURE(Fixture, "a middleware may close the connection") {
  io.use([](SocketPtr socket, Next next) {
    socket->disconnect(true);
    next();
  });
  CHECK(answer("0").empty());
  CHECK(connections == 0);
  CHECK_FALSE(client.open());
}

TEST_CASE_FIXTURE(Fixture, "middlewares and handlers added while a client joins are for the next") {
  int late = 0;
  io.use([&, this](SocketPtr, Next next) {
    io.use([&](SocketPtr, Next inner) {
      ++late;
      inner();
    });
    next();
  });
  CHECK_FALSE(client.join().empty());
  CHECK(late == 0);
  TestClient second(io);
  second.join();
  CHECK(late == 1);
}

TEST_CASE_FIXTURE(Fixture, "middlewares of one namespace are not asked in another") {
  io.of("/locked").use(
      [](SocketPtr, Next next) { next(ConnectError{.message = "locked", .data = {}}); });
  CHECK_FALSE(client.join().empty());
  CHECK(answer("0/locked,") == Packets{R"(4/locked,{"message":"locked"})"});
}

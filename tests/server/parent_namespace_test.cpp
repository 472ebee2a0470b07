// SPDX-License-Identifier: MIT
//
// Namespaces that come into being by a client's wish, and go again.
#include <doctest/doctest.h>

#include <memory>
#include <regex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../support/dummy_session.hpp"

using namespace patchbay;
using namespace patchbay::test;

namespace {

const std::regex kDynamic("^/dynamic-\\d+$");
const std::string kName = "/dynamic-101";

// A server that notes which namespaces come into being.
struct Fixture {
  explicit Fixture(bool cleanup = false) : io(with_cleanup(cleanup)) {
    io.on_new_namespace([this](Namespace& nsp) { made.push_back(nsp.name()); });
  }
  static ServerOptions with_cleanup(bool cleanup) {
    ServerOptions options;
    options.cleanup_empty_child_namespaces = cleanup;
    return options;
  }

  std::vector<std::string> made;
  Server io;
};

struct CleanupFixture : Fixture {
  CleanupFixture() : Fixture(true) {}
};

}  // namespace

// --- Matching

TEST_CASE_FIXTURE(Fixture, "a name that a pattern is found in is granted") {
  ParentNamespace& parent = io.of(kDynamic);
  std::string joined;
  int asked = 0;
  parent.use([&](SocketPtr, Next next) {
    ++asked;
    next();
  });
  parent.on_connection([&](SocketPtr socket) { joined = socket->nsp().name(); });
  TestClient client(io);
  CHECK_FALSE(client.join(kName).empty());
  CHECK(joined == kName);
  CHECK(asked == 1);
  CHECK(made == std::vector<std::string>{kName});
  REQUIRE(parent.children().size() == 1);
  CHECK(parent.children()[0]->name() == kName);
}

TEST_CASE_FIXTURE(Fixture, "a function is asked about name and auth") {
  std::string log;
  io.of([&](const std::string& name, const Value& auth) {
    log += name + to_json(auth) + ";";
    return auth["token"] == Value("secret");
  });
  TestClient client(io);
  client.send(R"(0/any,{"token":"wrong"})");
  CHECK(client.received() == Packets{R"(4/any,{"message":"Invalid namespace"})"});
  client.send(R"(0/any,{"token":"secret"})");
  const Packets received = client.received();
  REQUIRE(received.size() == 1);
  CHECK(received[0].starts_with(R"(0/any,{"sid":)"));
  CHECK(log == R"(/any{"token":"wrong"};/any{"token":"secret"};)");
  // Once it exists, nobody is asked any more.
  TestClient other(io);
  CHECK_FALSE(other.join("/any").empty());
  CHECK(log.find("{}") == std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "where nothing matches, the client is told, and the connection stays") {
  io.of(kDynamic);
  io.of([](const std::string& name, const Value&) { return name == "/other"; });
  TestClient client(io);
  client.send("0/abc,");
  CHECK(client.received() == Packets{R"(4/abc,{"message":"Invalid namespace"})"});
  CHECK(client.open());
  CHECK(made.empty());
  CHECK_FALSE(client.join("/other").empty());
}

TEST_CASE_FIXTURE(Fixture, "matchers are asked in the order they were added, until one grants") {
  std::string log;
  const auto matcher = [&](char letter, bool answer) {
    return [&log, letter, answer](const std::string&, const Value&) {
      log += letter;
      return answer;
    };
  };
  io.of(matcher('a', false));
  ParentNamespace& second = io.of(matcher('b', true));
  io.of(matcher('c', true));
  TestClient client(io);
  client.join("/x");
  CHECK(log == "ab");
  CHECK(second.children().size() == 1);
}

TEST_CASE_FIXTURE(
    Fixture,
    "a function may take its time, and both clients get the namespace that was made once") {
  std::vector<NamespaceReply> waiting;
  int connected = 0;
  io.of([&](const std::string&, const Value&, NamespaceReply reply) {
      waiting.push_back(std::move(reply));
    }).on_connection([&](SocketPtr) { ++connected; });
  TestClient one(io);
  TestClient two(io);
  one.send("0" + kName + ",");
  two.send("0" + kName + ",");
  REQUIRE(waiting.size() == 2);
  CHECK(one.received().empty());
  for (const NamespaceReply& reply : waiting) reply.accept();
  CHECK(connected == 2);
  CHECK(made == std::vector<std::string>{kName});
  (void)one.received();
  (void)two.received();
  io.of(kName).emit("message");
  CHECK(one.received() == Packets{"2" + kName + R"(,["message"])"});
  CHECK(two.received() == Packets{"2" + kName + R"(,["message"])"});
}

TEST_CASE_FIXTURE(Fixture, "a reply that is dropped, or a function that throws, refuses") {
  SUBCASE("dropped") {
    io.of([](const std::string&, const Value&, NamespaceReply) {});
  }
  SUBCASE("thrown") {
    io.on_error([](const HandlerError&) {});
    io.of([](const std::string&, const Value&) -> bool { throw std::runtime_error("broken"); });
  }
  TestClient client(io);
  client.send("0/x,");
  CHECK(client.received() == Packets{R"(4/x,{"message":"Invalid namespace"})"});
  CHECK(client.open());
}

TEST_CASE_FIXTURE(Fixture, "of several answers of a matcher the first counts") {
  io.of([](const std::string&, const Value&, const NamespaceReply& reply) {
    reply.accept();
    reply.refuse();
    reply.accept();
  });
  TestClient client(io);
  client.send("0/x,");
  CHECK(client.received().size() == 1);
  CHECK(io.of("/x").socket_count() == 1);
}

TEST_CASE_FIXTURE(Fixture, "a client that goes while a matcher thinks leaves nothing behind") {
  std::vector<NamespaceReply> waiting;
  io.of([&](const std::string&, const Value&, NamespaceReply reply) {
    waiting.push_back(std::move(reply));
  });
  {
    TestClient client(io);
    client.send("0/x,");
  }
  REQUIRE(waiting.size() == 1);
  waiting[0].accept();
  CHECK(io.of("/x").socket_count() == 0);
}

// --- Parents and children

TEST_CASE_FIXTURE(Fixture, "what a parent emits reaches the clients of all its children") {
  ParentNamespace& parent = io.of(kDynamic);
  parent.on_connection([](SocketPtr socket) { socket->join("some-room"); });
  TestClient one(io);
  TestClient two(io);
  TestClient main(io);
  one.join("/dynamic-1");
  two.join("/dynamic-2");
  main.join();
  parent.emit("hello", 1, "2", Object{{"3", "4"}});
  CHECK(one.received() == Packets{R"(2/dynamic-1,["hello",1,"2",{"3":"4"}])"});
  CHECK(two.received() == Packets{R"(2/dynamic-2,["hello",1,"2",{"3":"4"}])"});
  parent.to("some-room").emit("room");
  CHECK(one.received() == Packets{R"(2/dynamic-1,["room"])"});
  CHECK(two.received() == Packets{R"(2/dynamic-2,["room"])"});
  parent.except("some-room").emit("nobody");
  CHECK(one.received().empty());
  CHECK(main.received().empty());
}

TEST_CASE_FIXTURE(Fixture, "a parent has no sockets to fetch") {
  ParentNamespace& parent = io.of(kDynamic);
  CHECK_THROWS_WITH_AS(
      parent.fetch_sockets([](std::error_code, std::vector<RemoteSocket>) { FAIL("called"); }),
      doctest::Contains("not supported on parent namespaces"), std::logic_error);
}

TEST_CASE_FIXTURE(Fixture, "what is registered at a parent later is for later children") {
  ParentNamespace& parent = io.of(kDynamic);
  TestClient client(io);
  client.join("/dynamic-1");
  int asked = 0;
  parent.use([&](SocketPtr, Next next) {
    ++asked;
    next();
  });
  TestClient second(io);
  second.join("/dynamic-1");
  CHECK(asked == 0);
  second.join("/dynamic-2");
  CHECK(asked == 1);
}

TEST_CASE_FIXTURE(Fixture, "a namespace made by hand whose name matches is a child") {
  ParentNamespace& parent = io.of(kDynamic);
  int connected = 0;
  parent.on_connection([&](SocketPtr) { ++connected; });
  Namespace& child = io.of(kName);
  REQUIRE(parent.children().size() == 1);
  CHECK(parent.children()[0].get() == &child);
  TestClient client(io);
  client.join(kName);
  CHECK(connected == 1);
  CHECK(parent.children().size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "new namespaces are told of, the main one and known ones are not") {
  io.of("/");
  CHECK(made.empty());
  io.of("/nsp");
  io.of("nsp");
  CHECK(made == std::vector<std::string>{"/nsp"});
}

// --- Going again

TEST_CASE_FIXTURE(CleanupFixture,
                  "a child goes with its last socket, and comes back with the next") {
  ParentNamespace& parent = io.of(kDynamic);
  TestClient client(io);
  CHECK_FALSE(client.join(kName).empty());
  REQUIRE(parent.children().size() == 1);
  client.send("1" + kName + ",");
  CHECK(parent.children().empty());
  CHECK_FALSE(client.join(kName).empty());
  REQUIRE(parent.children().size() == 1);
  parent.disconnect_sockets();
  CHECK(parent.children().empty());
  CHECK_FALSE(client.join(kName).empty());
  client.lose();
  CHECK(parent.children().empty());
  CHECK(made == std::vector<std::string>(3, kName));
}

TEST_CASE_FIXTURE(CleanupFixture, "a child goes when a middleware refuses its only client") {
  ParentNamespace& parent = io.of(kDynamic);
  bool refuse = true;
  parent.use([&](SocketPtr, Next next) {
    if (refuse) return next(ConnectError{.message = "You shall not pass!"});
    next();
  });
  TestClient first(io);
  first.send("0" + kName + ",");
  CHECK(first.received() == Packets{"4" + kName + R"(,{"message":"You shall not pass!"})"});
  CHECK(parent.children().empty());

  refuse = false;
  first.join(kName);
  refuse = true;
  TestClient second(io);
  CHECK(second.join(kName).empty());
  REQUIRE(parent.children().size() == 1);
  CHECK(parent.children()[0]->socket_count() == 1);
  CHECK(made.size() == 2);
}

TEST_CASE_FIXTURE(CleanupFixture, "a child stays while anybody is in it or joining it") {
  ParentNamespace& parent = io.of(kDynamic);
  std::vector<Next> waiting;
  parent.use([&](SocketPtr, Next next) { waiting.push_back(std::move(next)); });
  TestClient first(io);
  TestClient second(io);
  first.send("0" + kName + ",");
  second.send("0" + kName + ",");
  REQUIRE(waiting.size() == 2);
  waiting[0]();
  first.send("1" + kName + ",");
  CHECK(parent.children().size() == 1);
  waiting[1]();
  CHECK(parent.children()[0]->socket_count() == 1);
  second.lose();
  CHECK(parent.children().empty());
}

TEST_CASE_FIXTURE(CleanupFixture, "namespaces that no parent made stay") {
  Namespace& chat = io.of("/chat");
  TestClient client(io);
  client.join("/chat");
  client.send("1/chat,");
  CHECK(chat.socket_count() == 0);
  CHECK(&io.of("/chat") == &chat);
  CHECK(made.size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "by default a child stays when it is empty, also after a refusal") {
  ParentNamespace& parent = io.of(kDynamic);
  bool refuse = false;
  parent.use([&](SocketPtr, Next next) {
    if (refuse) return next(ConnectError{.message = "no"});
    next();
  });
  TestClient client(io);
  client.join("/dynamic-1");
  client.send("1/dynamic-1,");
  refuse = true;
  client.send("0/dynamic-2,");
  REQUIRE(parent.children().size() == 2);
  for (const auto& child : parent.children()) CHECK(child->socket_count() == 0);
}

TEST_CASE("clients cannot bring any number of namespaces into being") {
  ServerOptions options;
  options.max_child_namespaces = 2;
  SUBCASE("while they stay") {
    options.cleanup_empty_child_namespaces = false;
  }
  SUBCASE("and those that go make room") {
    options.cleanup_empty_child_namespaces = true;
  }
  Server io(options);
  io.of(std::regex("^/dynamic-"));
  TestClient client(io);
  CHECK_FALSE(client.join("/dynamic-1").empty());
  CHECK_FALSE(client.join("/dynamic-2").empty());
  CHECK(client.join("/dynamic-3").empty());
  CHECK(client.open());
  TestClient other(io);
  CHECK_FALSE(other.join("/dynamic-2").empty());
  client.send("1/dynamic-1,");
  CHECK(client.join("/dynamic-3").empty() != options.cleanup_empty_child_namespaces);
}

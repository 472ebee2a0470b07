// SPDX-License-Identifier: MIT
//
// What an adapter of one's own is told, and what it may do: two servers joined by one that passes
// everything on, as a cluster would.
#include "patchbay/adapter.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "../support/dummy_session.hpp"

using namespace patchbay;
using namespace patchbay::test;

namespace {

class PairAdapter;

// The wire between the adapters of one namespace.
struct Wire {
  std::vector<PairAdapter*> ends;
  std::vector<std::string> log;
};

// Does what it is told here and at the other end. Answers of the other end come at once.
class PairAdapter final : public Adapter {
 public:
  PairAdapter(Namespace& nsp, Wire& wire) : local_(&nsp.local_sockets()), wire_(&wire) {
    wire_->ends.push_back(this);
  }
  void init() override { wire_->log.emplace_back("init"); }
  void close() override {
    wire_->log.emplace_back("close");
    std::erase(wire_->ends, this);
  }

  void server_count(detail::Completion<std::size_t> done) override { done({}, wire_->ends.size()); }
  void broadcast(const OutgoingEvent& event, const BroadcastOptions& options) override {
    for (PairAdapter* end : reached(options)) end->local_->deliver(event, options);
  }
  void broadcast_with_ack(const OutgoingEvent& event, const BroadcastOptions& options,
                          std::shared_ptr<BroadcastAckSink> sink) override {
    const auto ends = reached(options);
    sink->on_server_count(ends.size());
    for (PairAdapter* end : ends) end->local_->deliver_with_ack(event, options, sink);
  }
  void fetch_sockets(const BroadcastOptions& options,
                     detail::Completion<std::vector<SocketDetails>> done) override {
    std::vector<SocketDetails> all;
    for (PairAdapter* end : reached(options)) {
      end->local_->fetch(options.target, [&all](std::vector<SocketDetails> found) {
        std::ranges::move(found, std::back_inserter(all));
      });
    }
    done({}, std::move(all));
  }
  void add_sockets(const BroadcastOptions& options, std::span<const std::string> rooms) override {
    for (PairAdapter* end : reached(options)) end->local_->join(options.target, rooms);
  }
  void del_sockets(const BroadcastOptions& options, std::span<const std::string> rooms) override {
    for (PairAdapter* end : reached(options)) end->local_->leave(options.target, rooms);
  }
  void disconnect_sockets(const BroadcastOptions& options, bool close_connection) override {
    for (PairAdapter* end : reached(options)) {
      end->local_->disconnect(options.target, close_connection);
    }
  }
  void server_side_emit(std::string_view event, std::span<const Value> args) override {
    for (PairAdapter* end : others()) {
      end->local_->server_side_event(std::string(event), Array(args.begin(), args.end()), {});
    }
  }
  void server_side_emit_with_ack(std::string_view event, std::span<const Value> args,
                                 detail::Completion<std::vector<Value>> done) override {
    struct Answer final : Ack::Target {
      explicit Answer(detail::Completion<std::vector<Value>> to) : done(std::move(to)) {}
      void answer(Array values) override { done({}, {values.at(0)}); }
      detail::Completion<std::vector<Value>> done;
    };
    const Ack ack(std::make_shared<Answer>(std::move(done)));
    for (PairAdapter* end : others()) {
      end->local_->server_side_event(std::string(event), Array(args.begin(), args.end()), ack);
    }
  }
  void persist_session(SavedSession session) override {
    wire_->log.push_back("persist " + session.socket_id);
  }
  void restore_session(std::string_view /*private_id*/, std::string_view /*offset*/,
                       detail::Completion<std::optional<SavedSession>> done) override {
    wire_->log.emplace_back("restore");
    done({}, std::nullopt);
  }
  void missed_events(const SavedSession& /*session*/, std::string_view /*offset*/,
                     detail::Completion<std::vector<MissedEvent>> done) override {
    done({}, {});
  }

 private:
  [[nodiscard]] std::vector<PairAdapter*> others() const {
    std::vector<PairAdapter*> ends = wire_->ends;
    std::erase(ends, this);
    return ends;
  }
  [[nodiscard]] std::vector<PairAdapter*> reached(const BroadcastOptions& options) {
    return options.flags.local ? std::vector<PairAdapter*>{this} : wire_->ends;
  }

  LocalSockets* local_;
  Wire* wire_;
};

struct Fixture {
  ServerOptions options() {
    ServerOptions made;
    made.adapter = [this](Namespace& nsp) -> std::unique_ptr<Adapter> {
      if (nsp.name() != "/") return std::make_unique<MemoryAdapter>(nsp);
      return std::make_unique<PairAdapter>(nsp, wire);
    };
    return made;
  }

  Wire wire;
  Server here{options()};
  Server there{options()};
  TestClient a{here};
  TestClient b{there};
  std::string a_id = a.join();
  std::string b_id = b.join();
};

}  // namespace

TEST_CASE_FIXTURE(Fixture,
                  "broadcasts reach the clients of both servers, local ones those of one") {
  here.emit("e", 1);
  CHECK(a.received() == Packets{R"(2["e",1])"});
  CHECK(b.received() == Packets{R"(2["e",1])"});
  here.local().emit("local");
  CHECK(a.received() == Packets{R"(2["local"])"});
  CHECK(b.received().empty());
  here.to(b_id).emit("to", Bytes("x"));
  CHECK(a.received().empty());
  CHECK(b.received() == Packets{R"(51-["to",{"_placeholder":true,"num":0}])", "<x>"});
  there.except(b_id).emit("except");
  CHECK(a.received() == Packets{R"(2["except"])"});
}

TEST_CASE_FIXTURE(Fixture, "answers to a broadcast come from both servers") {
  Array responses;
  int calls = 0;
  here.emit_with_ack("q", [&](std::error_code error, std::vector<Value> values) {
    CHECK_FALSE(error);
    ++calls;
    responses = std::move(values);
  });
  b.send("30[2]");
  CHECK(calls == 0);
  a.send("30[1]");
  CHECK(calls == 1);
  CHECK((responses == Array{2, 1}));
}

TEST_CASE_FIXTURE(Fixture, "sockets of both servers are found and moved") {
  std::vector<RemoteSocket> found;
  here.fetch_sockets([&](std::error_code error, std::vector<RemoteSocket> sockets) {
    CHECK_FALSE(error);
    found = std::move(sockets);
  });
  REQUIRE(found.size() == 2);
  CHECK(found[1].id() == b_id);
  found[1].emit("hello");
  CHECK(b.received() == Packets{R"(2["hello"])"});
  here.sockets_join("room");
  there.in("room").emit("e");
  CHECK(a.received() == Packets{R"(2["e"])"});
  CHECK(b.received() == Packets{R"(2["e"])"});
  here.in(b_id).sockets_leave("room");
  here.in("room").disconnect_sockets();
  CHECK(a.received() == Packets{"1"});
  CHECK(b.received().empty());
  std::size_t servers = 0;
  here.sockets().adapter().server_count([&](std::error_code, std::size_t n) { servers = n; });
  CHECK(servers == 2);
}

TEST_CASE_FIXTURE(Fixture,
                  "server-side events reach the other server, with an answer, and no client") {
  std::string log;
  here.on("hello", [&] { log += "here"; });
  there.on("hello", [&](int n, std::string text) { log += text + std::to_string(n); });
  here.server_side_emit("hello", 1, "there");
  CHECK(log == "there1");
  there.on("sum", [](int x, int y) { return x + y; });
  Array answers;
  here.server_side_emit_with_ack("sum", 1, 2, [&](std::error_code error, std::vector<Value> all) {
    CHECK_FALSE(error);
    answers = std::move(all);
  });
  CHECK((answers == Array{3}));
  there.sockets().off("hello");
  here.server_side_emit("hello", 2, "gone");
  CHECK(log == "there1");
  CHECK(a.received().empty());
  CHECK(b.received().empty());
}

TEST_CASE_FIXTURE(Fixture, "names that a server-side event must not have throw") {
  for (const char* name : {"connect", "connection", "new_namespace"}) {
    CHECK_THROWS_AS(here.server_side_emit(name), std::invalid_argument);
    CHECK_THROWS_AS(here.on(name, [] {}), std::invalid_argument);
    CHECK_THROWS_AS(
        here.server_side_emit_with_ack(name, [](std::error_code, std::vector<Value>) {}),
        std::invalid_argument);
  }
}

TEST_CASE("alone, a server-side event reaches nobody, and is answered by nobody") {
  Server io;
  int calls = 0;
  io.on("hello", [&] { ++calls; });
  io.server_side_emit("hello");
  CHECK(calls == 0);
  io.server_side_emit_with_ack("hello", [&](std::error_code error, std::vector<Value> all) {
    CHECK_FALSE(error);
    CHECK(all.empty());
    ++calls;
  });
  CHECK(calls == 1);
}

TEST_CASE("an adapter is begun, and closed with its server") {
  Wire wire;
  {
    ServerOptions options;
    options.adapter = [&](Namespace& nsp) { return std::make_unique<PairAdapter>(nsp, wire); };
    Server io(options);
    CHECK(wire.log == std::vector<std::string>{"init"});
    io.of("/other");
    CHECK(wire.log.size() == 2);
  }
  CHECK(std::ranges::count(wire.log, "close") == 2);
}

TEST_CASE_FIXTURE(Fixture, "without recovery no session is given to an adapter, nor asked for") {
  a.lose();
  TestClient back(here);
  back.send(R"(0{"pid":"x","offset":"y"})");
  CHECK(back.received().size() == 1);
  CHECK(wire.log == std::vector<std::string>{"init", "init"});
}

TEST_CASE("with recovery an adapter is given sessions, and asked for them") {
  Wire wire;
  ServerOptions options;
  options.connection_state_recovery.emplace();
  options.adapter = [&](Namespace& nsp) { return std::make_unique<PairAdapter>(nsp, wire); };
  Server io(options);
  TestClient client(io);
  const std::string id = client.join();
  client.lose();
  CHECK(wire.log == std::vector<std::string>{"init", "persist " + id});
  TestClient back(io);
  back.send(R"(0{"pid":"x","offset":"y"})");
  CHECK(wire.log.back() == "restore");
  CHECK(back.received().size() == 1);
}

// SPDX-License-Identifier: MIT
//
// Two servers of one cluster, whose adapter uses nothing but the public interface: what adapters
// for a network will be made of.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../support/dummy_session.hpp"
#include "patchbay/adapter.hpp"

using namespace patchbay;
using namespace patchbay::test;

namespace {

class BusAdapter;

// The network between the servers. Tells everyone but the sender, at once.
struct Bus {
  std::vector<BusAdapter*> adapters;
  std::map<std::string, SavedSession> sessions;
};

class BusAdapter final : public Adapter {
 public:
  BusAdapter(Namespace& nsp, Bus& bus) : nsp_(&nsp), bus_(&bus) {}

  void init() override { bus_->adapters.push_back(this); }
  void close() override { std::erase(bus_->adapters, this); }

  void server_count(detail::Completion<std::size_t> done) override {
    done({}, bus_->adapters.size());
  }
  void broadcast(const OutgoingEvent& event, const BroadcastOptions& options) override {
    on_each(options, [&](LocalSockets& local) { local.deliver(event, options); });
  }
  void broadcast_with_ack(const OutgoingEvent& event, const BroadcastOptions& options,
                          std::shared_ptr<BroadcastAckSink> sink) override {
    sink->on_server_count(options.flags.local ? 1 : bus_->adapters.size());
    on_each(options, [&](LocalSockets& local) { local.deliver_with_ack(event, options, sink); });
  }
  void fetch_sockets(const BroadcastOptions& options,
                     detail::Completion<std::vector<SocketDetails>> done) override {
    std::vector<SocketDetails> all;
    on_each(options, [&](LocalSockets& local) {
      local.fetch(options.target, [&all](std::vector<SocketDetails> found) {
        std::ranges::move(found, std::back_inserter(all));
      });
    });
    done({}, std::move(all));
  }
  void add_sockets(const BroadcastOptions& options, std::span<const std::string> rooms) override {
    on_each(options, [&](LocalSockets& local) { local.join(options.target, rooms); });
  }
  void del_sockets(const BroadcastOptions& options, std::span<const std::string> rooms) override {
    on_each(options, [&](LocalSockets& local) { local.leave(options.target, rooms); });
  }
  void disconnect_sockets(const BroadcastOptions& options, bool close_connection) override {
    on_each(options,
            [&](LocalSockets& local) { local.disconnect(options.target, close_connection); });
  }
  void server_side_emit(std::string_view event, std::span<const Value> args) override {
    for (BusAdapter* other : others()) {
      other->nsp_->local_sockets().server_side_event(std::string(event),
                                                     Array(args.begin(), args.end()), {});
    }
  }
  void server_side_emit_with_ack(std::string_view event, std::span<const Value> args,
                                 detail::Completion<std::vector<Value>> done) override {
    struct Answer : Ack::Target {
      std::vector<Value>* all;
      void answer(std::span<const Value> values) override { all->push_back(values[0]); }
    };
    std::vector<Value> answers;
    for (BusAdapter* other : others()) {
      auto answer = std::make_shared<Answer>();
      answer->all = &answers;
      other->nsp_->local_sockets().server_side_event(std::string(event),
                                                     Array(args.begin(), args.end()), Ack(answer));
    }
    const bool complete = answers.size() == others().size();
    done(complete ? std::error_code() : Errc::ack_timeout, std::move(answers));
  }

  void persist_session(SavedSession session) override {
    bus_->sessions[session.private_id] = std::move(session);
  }
  void restore_session(std::string_view private_id, std::string_view /*offset*/,
                       detail::Completion<std::optional<SavedSession>> done) override {
    auto found = bus_->sessions.extract(std::string(private_id));
    done({}, found.empty() ? std::nullopt : std::optional(std::move(found.mapped())));
  }
  void missed_events(const SavedSession& /*session*/, std::string_view offset,
                     detail::Completion<std::vector<MissedEvent>> done) override {
    const Value args[] = {"while you were away"};
    done({}, {{.offset = std::string(offset) + "+",
               .message = EncodedMessage(sio::encode_event("/", "missed", args, {}))}});
  }

 private:
  template <typename F>
  void on_each(const BroadcastOptions& options, F&& function) {
    function(nsp_->local_sockets());
    if (options.flags.local) return;
    for (BusAdapter* other : others()) function(other->nsp_->local_sockets());
  }
  [[nodiscard]] std::vector<BusAdapter*> others() const {
    auto list = bus_->adapters;
    std::erase(list, this);
    return list;
  }

  Namespace* nsp_;
  Bus* bus_;
};

struct Member {
  explicit Member(Bus& bus, bool recovery = false) : io(options(bus, recovery)) {
    io.on_connection([this](SocketPtr joined) { socket = std::move(joined); });
  }
  static ServerOptions options(Bus& bus, bool recovery) {
    ServerOptions options;
    options.adapter = [&bus](Namespace& nsp) { return std::make_unique<BusAdapter>(nsp, bus); };
    if (recovery) options.connection_state_recovery.emplace();
    return options;
  }

  Server io;
  SocketPtr socket;
};

struct Cluster {
  Cluster() {
    client_a.join();
    client_b.join();
  }
  Bus bus;
  Member a{bus};
  Member b{bus};
  TestClient client_a{a.io};
  TestClient client_b{b.io};
};

}  // namespace

TEST_CASE_FIXTURE(Cluster, "a broadcast reaches the clients of every server, unless it is local") {
  a.io.emit("e");
  CHECK(client_a.received() == Packets{R"(2["e"])"});
  CHECK(client_b.received() == Packets{R"(2["e"])"});
  a.io.local().emit("e");
  CHECK(client_a.received().size() == 1);
  CHECK(client_b.received().empty());
  a.socket->broadcast().emit("e");
  CHECK(client_a.received().empty());
  CHECK(client_b.received().size() == 1);
}

TEST_CASE_FIXTURE(Cluster, "acknowledgements come from every server") {
  std::vector<Value> answers;
  std::error_code result = Errc::ack_timeout;
  a.io.emit_with_ack("q", [&](std::error_code error, std::vector<Value> all) {
    result = error;
    answers = std::move(all);
  });
  const auto id = client_b.received().at(0).substr(1, 1);
  CHECK(client_a.received().at(0) == "2" + id + R"(["q"])");
  client_b.send("3" + id + R"(["b"])");
  CHECK(answers.empty());
  client_a.send("3" + id + R"(["a"])");
  CHECK_FALSE(result);
  CHECK(answers == std::vector<Value>{"b", "a"});
}

TEST_CASE_FIXTURE(Cluster, "sockets of other servers are found, moved, asked and sent away") {
  std::vector<RemoteSocket> found;
  a.io.fetch_sockets([&](std::error_code, std::vector<RemoteSocket> all) { found = all; });
  REQUIRE(found.size() == 2);
  const auto other = std::ranges::find(found, b.socket->id(), &RemoteSocket::id);
  REQUIRE(other != found.end());

  other->join("red");
  CHECK(b.socket->in_room("red"));
  CHECK_FALSE(a.socket->in_room("red"));
  a.io.to("red").emit("to red");
  CHECK(client_b.received() == Packets{R"(2["to red"])"});
  CHECK(client_a.received().empty());

  Value answer;
  other->emit_with_ack("q", [&](std::error_code, Value value) { answer = std::move(value); });
  client_b.send("3" + client_b.received().at(0).substr(1, 1) + "[42]");
  CHECK(answer == Value(42));

  other->disconnect();
  CHECK_FALSE(b.socket->connected());
  CHECK(a.socket->connected());
}

TEST_CASE_FIXTURE(Cluster, "an event between servers reaches the others, never the sender") {
  Packets log;
  a.io.on("hello", [&](std::string name) { log.push_back("a hears " + name); });
  b.io.on("hello", [&](std::string name) {
    log.push_back("b hears " + name);
    return "b knows " + name;
  });
  a.io.server_side_emit("hello", "one");
  CHECK(log == Packets{"b hears one"});
  std::vector<Value> answers;
  a.io.server_side_emit_with_ack(
      "hello", "two", [&](std::error_code, std::vector<Value> all) { answers = std::move(all); });
  CHECK(answers == std::vector<Value>{"b knows two"});
  CHECK_THROWS_AS(a.io.server_side_emit("connection"), std::invalid_argument);
}

TEST_CASE("a client comes back to another server") {
  Bus bus;
  Member a(bus, true);
  Member b(bus, true);
  TestClient before(a.io);
  before.send("0");
  const auto greeting = parse_json(before.received().at(0).substr(1), 8);
  REQUIRE(greeting);
  const std::string pid = (*greeting)["pid"].as_string();
  const std::string sid = (*greeting)["sid"].as_string();
  a.socket->join("red");
  a.socket->data() = "kept";
  before.lose();

  TestClient after(b.io);
  after.send(R"(0{"pid":")" + pid + R"(","offset":"7"})");
  CHECK(after.received() == Packets{R"(2["missed","while you were away"])",
                                    R"(0{"sid":")" + sid + R"(","pid":")" + pid + R"("})"});
  CHECK(b.socket->recovered());
  CHECK(b.socket->in_room("red"));
  CHECK(b.socket->data() == Value("kept"));
}

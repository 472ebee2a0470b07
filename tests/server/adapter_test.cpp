// SPDX-License-Identifier: MIT
//
// When an adapter of the application's is called, and when it is not. What such an adapter can do
// is shown by cluster_adapter_test.cpp.
#include "patchbay/adapter.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <asio/io_context.hpp>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "../support/dummy_session.hpp"

using namespace patchbay;
using namespace patchbay::test;

namespace {

using Log = std::vector<std::string>;

// Writes down what it is told, and does nothing.
class NotingAdapter final : public Adapter {
 public:
  NotingAdapter(Namespace& nsp, Log& log) : name_(nsp.name()), log_(&log) {}

  void init() override { note("init"); }
  void close() override { note("close"); }
  void server_count(detail::Completion<std::size_t> done) override { done({}, 1); }
  void broadcast(const OutgoingEvent& event, const BroadcastOptions& options) override {
    note("broadcast " + std::string(event.name) + flags(options));
  }
  void broadcast_with_ack(const OutgoingEvent& event, const BroadcastOptions& options,
                          std::shared_ptr<BroadcastAckSink> /*sink*/) override {
    note("broadcast_with_ack " + std::string(event.name) + flags(options));
  }
  void fetch_sockets(const BroadcastOptions& options,
                     detail::Completion<std::vector<SocketDetails>> done) override {
    note("fetch_sockets" + flags(options));
    done({}, {});
  }
  void add_sockets(const BroadcastOptions& options, std::span<const std::string> rooms) override {
    note("add_sockets " + rooms.front() + flags(options));
  }
  void del_sockets(const BroadcastOptions& options, std::span<const std::string> rooms) override {
    note("del_sockets " + rooms.front() + flags(options));
  }
  void disconnect_sockets(const BroadcastOptions& options, bool close_connection) override {
    note(std::string("disconnect_sockets ") + (close_connection ? "true" : "false") +
         flags(options));
  }
  void server_side_emit(std::string_view event, std::span<const Value> /*args*/) override {
    note("server_side_emit " + std::string(event));
  }
  void server_side_emit_with_ack(std::string_view event, std::span<const Value> /*args*/,
                                 detail::Completion<std::vector<Value>> done) override {
    note("server_side_emit_with_ack " + std::string(event));
    done({}, {});
  }
  void persist_session(SavedSession /*session*/) override { note("persist_session"); }
  void restore_session(std::string_view private_id, std::string_view offset,
                       detail::Completion<std::optional<SavedSession>> done) override {
    note("restore_session " + std::string(private_id) + " " + std::string(offset));
    done({}, std::nullopt);
  }
  void missed_events(const SavedSession& /*session*/, std::string_view /*offset*/,
                     detail::Completion<std::vector<MissedEvent>> done) override {
    note("missed_events");
    done({}, {});
  }

 private:
  static std::string flags(const BroadcastOptions& options) {
    std::string text;
    for (const std::string& room : options.target.rooms) text += " +" + room;
    for (const std::string& room : options.target.except) text += " -" + room;
    if (options.flags.volatile_) text += " volatile";
    if (options.flags.local) text += " local";
    if (!options.flags.compress) text += " uncompressed";
    return text;
  }
  void note(const std::string& text) { log_->push_back(name_ + ": " + text); }

  std::string name_;
  Log* log_;
};

struct Fixture {
  ServerOptions options(bool recovery = false) {
    ServerOptions made;
    if (recovery) made.connection_state_recovery.emplace();
    made.adapter = [this](Namespace& nsp) { return std::make_unique<NotingAdapter>(nsp, log); };
    return made;
  }
  Log take() { return std::exchange(log, {}); }

  Log log;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "every namespace has an adapter, which ends with the server") {
  {
    Server io(options());
    CHECK(take() == Log{"/: init"});
    io.of("/other");
    CHECK(take() == Log{"/other: init"});
  }
  Log ends = take();
  std::ranges::sort(ends);
  CHECK(ends == Log{"/: close", "/other: close"});
}

TEST_CASE_FIXTURE(Fixture, "an adapter is told to whom and how something goes") {
  Server io(options());
  (void)take();
  io.emit("e");
  io.to("r").except("x").volatile_().emit("e");
  io.local().compress(false).emit("e");
  io.of("/").emit_with_ack("q", [](std::error_code, std::vector<Value>) {});
  io.in("r").fetch_sockets([](std::error_code, std::vector<RemoteSocket>) {});
  io.in("r").sockets_join("a");
  io.local().sockets_leave("b");
  io.except("x").disconnect_sockets(true);
  io.server_side_emit("hello", 1);
  io.server_side_emit_with_ack("hello", 1, [](std::error_code, std::vector<Value>) {});
  CHECK(take() == Log{"/: broadcast e", "/: broadcast e +r -x volatile",
                      "/: broadcast e local uncompressed", "/: broadcast_with_ack q",
                      "/: fetch_sockets +r", "/: add_sockets a +r", "/: del_sockets b local",
                      "/: disconnect_sockets true -x", "/: server_side_emit hello",
                      "/: server_side_emit_with_ack hello"});
}

TEST_CASE_FIXTURE(Fixture, "an adapter that lets go of a question ends it") {
  Server io(options());
  std::error_code outcome;
  int calls = 0;
  io.emit_with_ack("q", [&](std::error_code error, const std::vector<Value>& responses) {
    outcome = error;
    calls += responses.empty() ? 1 : 1000;
  });
  CHECK(calls == 0);
  io.engine().loop(0).io_context().poll();
  CHECK(calls == 1);
  CHECK(outcome == Errc::ack_timeout);
}

TEST_CASE_FIXTURE(Fixture, "without recovery no session is given to an adapter, nor asked for") {
  Server io(options());
  TestClient client(io);
  client.join();
  client.lose();
  TestClient back(io);
  back.send(R"(0{"pid":"x","offset":"y"})");
  CHECK(back.received().size() == 1);
  CHECK(take() == Log{"/: init"});
}

TEST_CASE_FIXTURE(Fixture, "with recovery an adapter is given sessions, and asked for them") {
  Server io(options(true));
  TestClient client(io);
  client.join();
  (void)take();
  client.lose();
  CHECK(take() == Log{"/: persist_session"});
  TestClient back(io);
  back.send(R"(0{"pid":"x","offset":"y"})");
  CHECK(back.received().size() == 1);
  CHECK(take() == Log{"/: restore_session x y"});
}

TEST_CASE("names that a server-side event must not have throw") {
  Server io;
  for (const char* name : {"connect", "connection", "new_namespace"}) {
    CHECK_THROWS_AS(io.server_side_emit(name), std::invalid_argument);
    CHECK_THROWS_AS(io.on(name, [] {}), std::invalid_argument);
    CHECK_THROWS_AS(io.server_side_emit_with_ack(name, [](std::error_code, std::vector<Value>) {}),
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

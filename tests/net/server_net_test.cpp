// SPDX-License-Identifier: MIT
#include "patchbay/server.hpp"

#include <doctest/doctest.h>

#include <asio/use_future.hpp>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "../support/loop_thread.hpp"
#include "../support/net_client.hpp"
#include "patchbay/asio.hpp"

#ifdef __SANITIZE_THREAD__
// Exceptions that futures carry between threads are counted inside libstdc++.so, which is not
// instrumented: the sanitizer does not see that the last owner comes after the others.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
  return "race:std::__exception_ptr::exception_ptr::_M_release\n";
}
#endif

using namespace patchbay;
using namespace patchbay::test;

namespace {

constexpr std::chrono::seconds kPatience(10);

// A server that runs in a thread of its own for as long as this lives.
class RunningServer {
 public:
  RunningServer() {
    io.on_error([this](const HandlerError& error) {
      errors.set_value(error.event + ": " + error.message);
    });
  }
  ~RunningServer() { stop(); }
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;

  // Set up everything else before.
  void start() {
    port = io.listen(0, "127.0.0.1");
    thread_.start(io.engine().loop(0), [this] { io.run(); });
  }
  void stop() {
    thread_.stop([this] { io.close(); });
  }

  // A socket as it joins; start() first.
  SocketPtr join(NetClient& client) {
    client.join();
    auto future = joined_.get_future();
    REQUIRE(future.wait_for(kPatience) == std::future_status::ready);
    SocketPtr socket = future.get();
    joined_ = {};
    return socket;
  }
  void hand_over(SocketPtr socket) { joined_.set_value(std::move(socket)); }

  Server io;
  std::uint16_t port = 0;
  std::promise<std::string> errors;  // the first one

 private:
  LoopThread thread_;
  std::promise<SocketPtr> joined_;
};

// One client that has joined.
struct Fixture : RunningServer {
  explicit Fixture(ConnectionHandler set_up = [](SocketPtr) {}) {
    io.on_connection([this, set_up = std::move(set_up)](SocketPtr joining) {
      set_up(joining);
      hand_over(std::move(joining));
    });
    start();
    client.emplace(port);
    socket = join(*client);
  }
  ~Fixture() {
    client.reset();  // else the server gives it time to say goodbye
    stop();
  }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  std::optional<NetClient> client;
  SocketPtr socket;
};

template <typename T>
T get(std::future<T>& future) {
  REQUIRE(future.wait_for(kPatience) == std::future_status::ready);
  return future.get();
}

template <typename T>
std::error_code error_of(std::future<T>& future) {
  REQUIRE(future.wait_for(kPatience) == std::future_status::ready);
  try {
    future.get();
  } catch (const std::system_error& error) {
    return error.code();
  }
  return {};
}

}  // namespace

// --- Beginning and end

TEST_CASE("a port in use throws, and the text names it") {
  Server first;
  const std::uint16_t port = first.listen(0, "127.0.0.1");
  CHECK(port != 0);
  Server second;
  try {
    second.listen(port, "127.0.0.1");
    FAIL("the port was given twice");
  } catch (const std::system_error& error) {
    CHECK(error.code().value() == EADDRINUSE);
    CHECK(std::string(error.what()).find(std::to_string(port)) != std::string::npos);
  }
}

TEST_CASE("an address that is none throws") {
  Server io;
  CHECK_THROWS_AS(io.listen(0, "no address"), std::system_error);
}

TEST_CASE("a server that was closed before it ran returns at once") {
  Server io;
  io.listen(0, "127.0.0.1");
  io.close();
  io.run();
}

TEST_CASE("close makes run return, and clients see it") {
  std::promise<std::string> reason;
  Fixture server([&reason](const SocketPtr& socket) {
    socket->on("disconnect", [&reason](std::string text) { reason.set_value(std::move(text)); });
  });
  server.io.close();
  CHECK_FALSE(server.client->receive());
  CHECK(server.client->saw_close_frame());
  auto future = reason.get_future();
  CHECK(get(future) == "server shutting down");
  server.stop();
  CHECK_FALSE(server.socket->connected());
}

TEST_CASE("a server may be closed from its own handlers") {
  Fixture server;
  std::promise<void> ready;
  server.socket->loop().post([&] {
    server.socket->on("quit", [&server] { server.io.close(); });
    ready.set_value();
  });
  ready.get_future().wait();
  server.client->send(R"(2["quit"])");
  CHECK_FALSE(server.client->receive());
  server.stop();
}

TEST_CASE("a server may be destroyed while clients are connected") {
  std::optional<NetClient> client;
  SocketPtr socket;
  {
    Fixture server;
    client.emplace(server.port);
    socket = server.join(*client);
  }
  CHECK_FALSE(client->receive());
  CHECK_FALSE(socket->connected());
}

TEST_CASE("a client that goes is noticed") {
  std::promise<std::string> reason;
  Fixture server([&reason](const SocketPtr& socket) {
    socket->on("disconnect", [&reason](std::string text) { reason.set_value(std::move(text)); });
  });
  server.client.reset();
  auto future = reason.get_future();
  CHECK(get(future) == "transport close");
}

// --- Calls from other threads

TEST_CASE_FIXTURE(Fixture, "what one thread emits, in whatever way, arrives in that order") {
  constexpr int kRounds = 500;
  socket->join("room");
  for (int i = 0; i < kRounds; ++i) {
    socket->emit("n", 4 * i);
    io.emit("n", 4 * i + 1);
    io.to("room").emit("n", 4 * i + 2);
    io.to(socket->id()).emit("n", 4 * i + 3);
  }
  for (int i = 0; i < 4 * kRounds; ++i) {
    const auto packet = client->receive();
    REQUIRE(packet);
    REQUIRE(*packet == R"(2["n",)" + std::to_string(i) + "]");
  }
}

TEST_CASE_FIXTURE(Fixture, "several threads at once lose nothing and mix up nothing") {
  constexpr int kThreads = 3;
  constexpr int kCount = 300;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < kCount; ++i) {
        socket->join("room" + std::to_string(t));
        io.to("room" + std::to_string(t)).emit("n", t, i);
        socket->leave("room" + std::to_string(t));
      }
    });
  }
  std::vector<int> next(kThreads, 0);
  for (int i = 0; i < kThreads * kCount; ++i) {
    const auto packet = client->receive();
    REQUIRE(packet);
    const auto thread = static_cast<std::size_t>(packet->at(6) - '0');
    REQUIRE(*packet ==
            R"(2["n",)" + std::to_string(thread) + "," + std::to_string(next[thread]++) + "]");
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_CASE_FIXTURE(Fixture,
                  "disconnect comes after what was emitted before, and ends what comes after") {
  socket->emit("before");
  socket->disconnect();
  socket->emit("after");
  CHECK(client->receive() == R"(2["before"])");
  CHECK(client->receive() == "1");
  client->join();
}

TEST_CASE_FIXTURE(Fixture, "closing the connection delivers what was emitted before") {
  socket->emit("before");
  socket->disconnect(true);
  CHECK(client->receive() == R"(2["before"])");
  CHECK(client->receive() == "1");
  CHECK_FALSE(client->receive());
  CHECK(client->saw_close_frame());
}

TEST_CASE("an acknowledgement may be given from another thread, also when the client has gone") {
  std::promise<Ack> acks[2];
  std::promise<void> gone;
  Fixture server([&](const SocketPtr& socket) {
    socket->on("e", [&acks](int i, Ack ack) { acks[i].set_value(std::move(ack)); });
    socket->on("disconnect", [&gone] { gone.set_value(); });
  });
  server.client->send(R"(25["e",0])");
  auto first = acks[0].get_future();
  get(first)("done");
  CHECK(server.client->receive() == R"(35["done"])");

  server.client->send(R"(26["e",1])");
  auto second = acks[1].get_future();
  const Ack late = get(second);
  server.client.reset();
  auto end = gone.get_future();
  REQUIRE(end.wait_for(kPatience) == std::future_status::ready);
  late("nobody listens");
}

TEST_CASE("a middleware may decide in another thread") {
  RunningServer server;
  std::vector<std::thread> threads;
  std::atomic<int> attempts{0};
  server.io.use([&](SocketPtr, Next next) {
    threads.emplace_back([&attempts, next = std::move(next)] {
      if (attempts++ == 0) return next(ConnectError{.message = "no", .data = {}});
      next();
    });
  });
  server.start();
  NetClient client(server.port);
  client.send("0");
  CHECK(client.receive() == R"(4{"message":"no"})");
  client.join();
  server.stop();
  for (std::thread& thread : threads) thread.join();
}

// --- Asking the client

TEST_CASE_FIXTURE(Fixture, "an answer may be awaited as a future") {
  auto future = socket->emit_with_ack<int>("q", 1, asio::use_future);
  CHECK(client->receive() == R"(20["q",1])");
  client->send("30[42]");
  CHECK(get(future) == 42);
}

TEST_CASE_FIXTURE(Fixture, "a future tells errors as exceptions") {
  SUBCASE("an answer of the wrong kind") {
    auto future = socket->emit_with_ack<int>("q", asio::use_future);
    client->receive();
    client->send(R"(30["text"])");
    CHECK(error_of(future) == Errc::bad_arguments);
  }
  SUBCASE("the client goes") {
    auto future = socket->emit_with_ack("q", asio::use_future);
    client->receive();
    client.reset();
    CHECK(error_of(future) == Errc::ack_disconnected);
  }
  SUBCASE("the time is up") {
    auto future = socket->timeout(Millis(20)).emit_with_ack("q", asio::use_future);
    CHECK(error_of(future) == Errc::ack_timeout);
  }
  SUBCASE("the server is closed") {
    auto future = socket->emit_with_ack("q", asio::use_future);
    stop();
    CHECK(error_of(future) == Errc::ack_disconnected);
  }
}

TEST_CASE_FIXTURE(Fixture, "a time limit takes its time, and an answer after it is ignored") {
  std::promise<std::error_code> outcome;
  const auto start = std::chrono::steady_clock::now();
  socket->timeout(Millis(50)).emit_with_ack("q", [&outcome](std::error_code error, int) {
    outcome.set_value(error);
  });
  auto future = outcome.get_future();
  CHECK(get(future) == Errc::ack_timeout);
  // The loop's clock counts whole milliseconds.
  CHECK(std::chrono::steady_clock::now() - start >= Millis(49));
  client->receive();
  client->send("30[1]");  // to set the outcome again would be an error
  auto next = socket->emit_with_ack<std::string>("q", asio::use_future);
  CHECK(client->receive() == R"(21["q"])");
  client->send(R"(31["alive"])");
  CHECK(get(next) == "alive");
  CHECK(errors.get_future().wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
}

TEST_CASE_FIXTURE(Fixture, "an answer in time stops the clock") {
  std::atomic<int> calls{0};
  socket->timeout(Millis(30)).emit_with_ack("q", [&calls](std::error_code error, int value) {
    calls += error ? 1000 : value;
  });
  client->receive();
  client->send("30[1]");
  // By the time that this is up, the other would be, too.
  auto later = socket->timeout(Millis(60)).emit_with_ack("q", asio::use_future);
  CHECK(error_of(later) == Errc::ack_timeout);
  CHECK(calls == 1);
}

// --- Coroutines

TEST_CASE("a coroutine handler asks the client and returns the acknowledgement") {
  Fixture server([](const SocketPtr& socket) {
    socket->on("sum", [socket = socket.get()](int a, int b) -> asio::awaitable<int> {
      const int c = co_await socket->emit_with_ack<int>("third", asio::use_awaitable);
      const int d = co_await socket->timeout(Millis(10'000))
                        .emit_with_ack<int>("fourth", asio::use_awaitable);
      co_return a + b + c + d;
    });
  });
  server.client->send(R"(29["sum",1,2])");
  CHECK(server.client->receive() == R"(20["third"])");
  server.client->send("30[3]");
  CHECK(server.client->receive() == R"(21["fourth"])");
  server.client->send("31[4]");
  CHECK(server.client->receive() == "39[10]");
}

TEST_CASE("coroutines of one socket run side by side") {
  Fixture server([](const SocketPtr& socket) {
    socket->on("echo", [socket = socket.get()](std::string text) -> asio::awaitable<std::string> {
      co_return text + co_await socket->emit_with_ack<std::string>("more", asio::use_awaitable);
    });
  });
  server.client->send(R"(21["echo","a"])");
  server.client->send(R"(22["echo","b"])");
  CHECK(server.client->receive() == R"(20["more"])");
  CHECK(server.client->receive() == R"(21["more"])");
  server.client->send(R"(31["2"])");
  CHECK(server.client->receive() == R"(32["b2"])");
  server.client->send(R"(30["1"])");
  CHECK(server.client->receive() == R"(31["a1"])");
}

TEST_CASE("an exception in a coroutine goes to the listener, and the connection lives") {
  Fixture server([](const SocketPtr& socket) {
    socket->on("bad", []() -> asio::awaitable<void> {
      throw std::runtime_error("broken");
      co_return;
    });
    socket->on("good", []() -> asio::awaitable<int> { co_return 1; });
  });
  server.client->send(R"(2["bad"])");
  auto error = server.errors.get_future();
  CHECK(get(error) == "bad: broken");
  server.client->send(R"(20["good"])");
  CHECK(server.client->receive() == "30[1]");
}

TEST_CASE("a coroutine outlives its socket, and learns that the client has gone") {
  Fixture server([](const SocketPtr& socket) {
    socket->on("wait", [socket = socket.get()]() -> asio::awaitable<void> {
      const SocketPtr keep = socket->shared_from_this();
      std::string outcome;
      for (int i = 0; i < 2; ++i) {  // the second one fails at once
        try {
          co_await keep->emit_with_ack("q", asio::use_awaitable);
        } catch (const std::system_error& error) {
          outcome += error.code() == Errc::ack_disconnected ? "gone" : "other";
        }
      }
      throw std::runtime_error(outcome);
    });
  });
  server.client->send(R"(2["wait"])");
  CHECK(server.client->receive() == R"(20["q"])");
  server.client.reset();
  auto error = server.errors.get_future();
  CHECK(get(error) == "wait: gonegone");
}

TEST_CASE("a coroutine that waits when the server is destroyed goes with it") {
  const auto held = std::make_shared<int>(0);
  {
    Fixture server([held](const SocketPtr& socket) {
      socket->on("wait", [held, socket = socket.get()]() -> asio::awaitable<void> {
        const auto kept = held;
        co_await socket->emit_with_ack("q", asio::use_awaitable);
      });
    });
    server.client->send(R"(2["wait"])");
    CHECK(server.client->receive() == R"(20["q"])");
    CHECK(held.use_count() > 1);
    server.stop();
  }
  CHECK(held.use_count() == 1);
}

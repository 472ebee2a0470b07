// SPDX-License-Identifier: MIT
//
// A server on several threads: what reaches all of them, and in which order.
#include <doctest/doctest.h>

#include <algorithm>
#include <asio/use_future.hpp>
#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../support/sharded_server.hpp"
#include "patchbay/asio.hpp"

using namespace patchbay;
using namespace patchbay::test;

namespace {

template <typename T>
T get(std::future<T> future) {
  REQUIRE(future.wait_for(ShardedServer::kPatience) == std::future_status::ready);
  return future.get();
}

// On one thread, on two and on four: it has to be the same.
template <typename F>
void on_threads(F&& body) {
  for (const std::size_t threads : {1, 2, 4}) {
    CAPTURE(threads);
    ShardedServer f(threads);
    body(f);
  }
}

// Threads that end before this does. To be made after the server that they use.
class Threads {
 public:
  Threads() = default;
  ~Threads() {
    for (std::thread& thread : threads_) thread.join();
  }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

  template <typename F>
  void start(F&& function) {
    const std::lock_guard lock(mutex_);
    threads_.emplace_back(std::forward<F>(function));
  }

 private:
  std::mutex mutex_;
  std::vector<std::thread> threads_;
};

ServerOptions recovering() {
  ServerOptions options;
  options.connection_state_recovery.emplace();
  return options;
}

}  // namespace

TEST_CASE("clients live on all loops, and everything of theirs happens there") {
  ShardedServer f(4);
  std::atomic<int> wrong{0};
  f.io.on_connection([&](const SocketPtr& socket) {
    const auto check = [&wrong, &loop = socket->loop()] { wrong += loop.in_loop_thread() ? 0 : 1; };
    check();
    socket->on("echo", [check](int number) {
      check();
      return number;
    });
    socket->on("disconnect", check);
  });
  f.start();
  std::set<std::size_t> loops;
  {
    const auto clients = f.connect(8);
    for (const auto& client : clients) {
      loops.insert(f.socket(client->sid)->loop().index());
      client->net.send(R"(21["echo",7])");
      CHECK(client->net.receive() == "31[7]");
    }
    CHECK(f.io.sockets().socket_count() == 8);
    CHECK(f.io.engine().session_count() == 8);
  }
  CHECK(loops == std::set<std::size_t>{0, 1, 2, 3});
  f.stop();
  CHECK(wrong == 0);
}

TEST_CASE("a broadcast reaches the clients of all loops, whoever sends it") {
  on_threads([](ShardedServer& f) {
    f.io.on_connection([&f](const SocketPtr& socket) {
      socket->on("all", [&f] { f.io.emit("all", "from a loop"); });
      socket->on("others", [socket = socket.get()] { socket->broadcast().emit("others"); });
    });
    f.start();
    const auto clients = f.connect(8);
    f.io.emit("all", "from outside");
    for (const auto& client : clients) CHECK(client->next() == Array{"all", "from outside"});
    clients[3]->net.send(R"(2["all"])");
    for (const auto& client : clients) CHECK(client->next() == Array{"all", "from a loop"});
    clients[5]->net.send(R"(2["others"])");
    for (const auto& client : clients) {
      if (client != clients[5]) CHECK(client->next() == Array{"others"});
    }
  });
}

TEST_CASE("rooms have members on all loops, and joining and sending are done in order") {
  on_threads([](ShardedServer& f) {
    f.start();
    const auto clients = f.connect(8);
    for (const auto& client : clients) {
      const SocketPtr socket = f.socket(client->sid);
      socket->join("room");
      socket->join("other");
      f.io.to("room").except("other").emit("nobody");
      socket->leave("other");
    }
    f.io.to("room").emit("hello", 1);
    f.io.in("room").sockets_leave("room");
    f.io.to("room").emit("nobody");
    f.io.sockets_join("new");
    f.io.to({"new", "room"}).emit("hello", 2);
    for (const auto& client : clients) {
      // What is sent while it is the only one that has not joined "other" goes to earlier ones.
      Array event = client->next();
      while (event[0] == Value("nobody")) event = client->next();
      CHECK(event == Array{"hello", 1});
      CHECK(client->next() == Array{"hello", 2});
    }
  });
}

TEST_CASE("acknowledgements come from the clients of all loops") {
  on_threads([](ShardedServer& f) {
    f.start();
    const auto clients = f.connect(8);
    auto all = f.io.timeout(Millis(15'000)).emit_with_ack("question", asio::use_future);
    for (std::size_t i = 0; i < clients.size(); ++i) {
      const auto packet = clients[i]->net.receive();
      REQUIRE(packet);
      const std::string id = packet->substr(1, packet->find('[') - 1);
      clients[i]->net.send("3" + id + "[" + std::to_string(i) + "]");
    }
    std::vector<std::int64_t> answers;
    for (const Value& value : get(std::move(all))) answers.push_back(value.as_integer());
    std::ranges::sort(answers);
    CHECK(answers == std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7});
  });
}

TEST_CASE("sockets of all loops are fetched and disconnected") {
  on_threads([](ShardedServer& f) {
    f.start();
    const auto clients = f.connect(8);
    for (const auto& client : clients) f.socket(client->sid)->join("all");
    f.socket(clients[2]->sid)->join("one");
    std::set<std::string> ids;
    for (const auto& socket : get(f.io.in("all").fetch_sockets(asio::use_future))) {
      ids.insert(socket.id());
    }
    std::set<std::string> expected;
    for (const auto& client : clients) expected.insert(client->sid);
    CHECK(ids == expected);

    f.io.in("one").disconnect_sockets();
    CHECK(clients[2]->net.receive() == "1");
    f.io.emit("last");
    f.io.in("all").disconnect_sockets(true);
    for (const auto& client : clients) {
      if (client != clients[2]) {
        CHECK(client->next() == Array{"last"});
        CHECK(client->net.receive() == "1");
        CHECK_FALSE(client->net.receive());
      }
      f.wait_for_end(client->sid);
    }
    CHECK(f.io.sockets().socket_count() == 0);
  });
}

TEST_CASE("a room is told of when it gets its first socket anywhere, and loses its last") {
  for (const std::size_t threads : {2, 4}) {
    std::atomic<int> created{0};
    std::atomic<int> removed{0};
    std::atomic<int> joined{0};
    ShardedServer f(threads);
    f.io.sockets().on_room_event([&](const RoomEvent& event) {
      if (event.room != "room") return;
      created += event.kind == RoomEvent::Kind::create ? 1 : 0;
      removed += event.kind == RoomEvent::Kind::remove ? 1 : 0;
      joined += event.kind == RoomEvent::Kind::join ? 1 : 0;
    });
    f.start();
    auto clients = f.connect(8);
    f.io.sockets_join("room");
    f.io.emit("joined");
    for (const auto& client : clients) CHECK(client->next() == Array{"joined"});
    CHECK(created == 1);
    CHECK(joined == 8);
    CHECK(removed == 0);
    f.io.sockets_leave("room");
    f.io.emit("left");
    for (const auto& client : clients) CHECK(client->next() == Array{"left"});
    CHECK(removed == 1);
    CHECK(created == 1);
  }
}

TEST_CASE("namespaces that clients wish for are one for all loops, and go with their last client") {
  for (const std::size_t threads : {1, 2, 4}) {
    ServerOptions options;
    options.cleanup_empty_child_namespaces = true;
    ShardedServer f(threads, options);
    std::atomic<int> made{0};
    std::atomic<int> joined{0};
    f.io.on_new_namespace([&](Namespace& nsp) { made += nsp.name() == "/wish" ? 1 : 0; });
    f.io.of(std::regex("^/wish$")).on_connection([&](const SocketPtr& socket) {
      ++joined;
      socket->nsp().emit("count", socket->nsp().name());
    });
    f.start();
    for (int round = 1; round <= 3; ++round) {
      std::vector<std::unique_ptr<ShardClient>> clients;
      for (int i = 0; i < 8; ++i) clients.push_back(std::make_unique<ShardClient>(f.port));
      for (const auto& client : clients) client->net.send("0/wish,");
      for (const auto& client : clients) {
        auto packet = client->net.receive();
        REQUIRE(packet);
        CHECK(packet->starts_with("0/wish,{"));
      }
      CHECK(made == round);
      CHECK(joined == 8 * round);
      clients.clear();
      // Nobody is in it any more once the last loop has seen its clients go.
      const auto deadline = std::chrono::steady_clock::now() + ShardedServer::kPatience;
      while (f.io.engine().session_count() > 0) {
        REQUIRE(std::chrono::steady_clock::now() < deadline);
        std::this_thread::yield();
      }
      f.settle();
    }
  }
}

TEST_CASE("closing tells the clients of all loops") {
  on_threads([](ShardedServer& f) {
    std::atomic<int> told{0};
    f.io.on_connection([&told](const SocketPtr& socket) {
      socket->on("disconnect", [&told](const std::string& reason) {
        told += reason == "server shutting down" ? 1 : 0;
      });
    });
    f.start();
    auto clients = f.connect(8);
    std::atomic<int> done{0};
    f.io.close([&done] { ++done; });
    for (const auto& client : clients) {
      CHECK_FALSE(client->net.receive());
      CHECK(client->net.saw_close_frame());
    }
    clients.clear();
    f.stop();
    CHECK(told == 8);
    CHECK(done == 1);
  });
}

TEST_CASE("a server with several threads that never runs has all its sockets in one place") {
  Server io([] {
    ServerOptions options;
    options.threads = 4;
    options.connection_state_recovery.emplace();
    return options;
  }());
  io.of("/x").emit("nobody", 1);
  io.to("room").emit("nobody", 2);
  CHECK(io.sockets().socket_count() == 0);
}

// --- The order rule

namespace {

// Each source numbers its events; they have to come complete and in order.
class OrderCheck {
 public:
  void saw(const Array& event) {
    const std::string source = event[1].as_string();
    const std::int64_t number = event[2].as_integer();
    if (number != next_[source]++) ++disorder;
    ++count;
  }
  int disorder = 0;
  std::size_t count = 0;

 private:
  std::map<std::string, std::int64_t> next_;
};

constexpr int kEvents = 200;

// Some to the room, some to each socket, some to be answered, which cannot be recovered.
void emit_mixture(Server& io, const std::vector<SocketPtr>& sockets, const std::string& source) {
  for (int i = 0; i < kEvents; ++i) {
    switch (i % 4) {
      case 0:
        for (const SocketPtr& socket : sockets) socket->emit("e", source, i);
        break;
      case 1:
        io.to("room")
            .timeout(Millis(60'000))
            .emit_with_ack("e", source, i, [](std::error_code, const std::vector<Value>&) {});
        break;
      case 2:
        for (const SocketPtr& socket : sockets) {
          socket->emit_with_ack("e", source, i, [](std::error_code, const Value&) {});
        }
        break;
      default:
        io.to("room").emit("e", source, i);
        break;
    }
  }
}

void check_order(std::size_t threads, ServerOptions options) {
  CAPTURE(threads);
  ShardedServer f(threads, std::move(options));
  f.start();
  const auto clients = f.connect(4);
  std::vector<SocketPtr> sockets;
  for (const auto& client : clients) {
    sockets.push_back(f.socket(client->sid));
    sockets.back()->join("room");
  }
  std::vector<std::thread> sources;
  for (int i = 0; i < 3; ++i) {
    sources.emplace_back([&, i] { emit_mixture(f.io, sockets, "thread " + std::to_string(i)); });
  }
  for (std::size_t i = 0; i < threads; ++i) {
    f.io.engine().loop(i).post(
        [&, i] { emit_mixture(f.io, sockets, "loop " + std::to_string(i)); });
  }
  const std::size_t expected = kEvents * (3 + threads);
  for (const auto& client : clients) {
    OrderCheck check;
    while (check.count < expected) check.saw(client->next());
    CHECK(check.disorder == 0);
  }
  for (std::thread& source : sources) source.join();
  sockets.clear();
}

}  // namespace

TEST_CASE("what one thread emits arrives in that order") {
  for (const std::size_t threads : {1, 2, 4}) check_order(threads, {});
}

TEST_CASE("also when some of it can be recovered and some cannot") {
  for (const std::size_t threads : {1, 2, 4}) check_order(threads, recovering());
}

TEST_CASE("what is emitted before a client has joined comes first") {
  for (const std::size_t threads : {1, 2, 4}) {
    CAPTURE(threads);
    ShardedServer f(threads, recovering());
    Threads helpers;
    f.io.use([&helpers](const SocketPtr& socket, const Next& next) {
      // The thread goes on while the socket joins.
      helpers.start([socket, next] {
        socket->emit("e", "early", 0);
        socket->emit("e", "early", 1);
        next();
        for (int i = 2; i < kEvents; ++i) socket->emit("e", "early", i);
      });
    });
    f.start();
    for (int round = 0; round < 8; ++round) {
      const auto client = f.connect();
      OrderCheck check;
      while (check.count < kEvents) check.saw(client->next());
      CHECK(check.disorder == 0);
      f.socket(client->sid);
    }
  }
}

// --- Recovery

namespace {

// Emits to the room from several threads until told to stop; numbers go on and on.
class Chatter {
 public:
  Chatter(Server& io, int threads) {
    for (int i = 0; i < threads; ++i) {
      threads_.emplace_back([this, &io, i] {
        const std::string name = "thread " + std::to_string(i);
        for (std::int64_t number = 0; !stop_; ++number) {
          io.to("room").emit("e", name, number);
          std::this_thread::sleep_for(std::chrono::microseconds(300));
        }
        io.to("room").emit("end", name, 0);
      });
    }
  }
  ~Chatter() { stop(); }
  Chatter(const Chatter&) = delete;
  Chatter& operator=(const Chatter&) = delete;
  void stop() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

// Every number from the first on, once and in order.
class ExactlyOnce {
 public:
  // Returns false for the last event of a source.
  bool saw(const Array& event) {
    REQUIRE(event.size() >= 4);
    if (event[0] == Value("end")) return false;
    const std::string source = event[1].as_string();
    const std::int64_t number = event[2].as_integer();
    const auto [place, is_new] = next_.try_emplace(source, number);
    if (!is_new && place->second != number) ++faults;
    place->second = number + 1;
    offset = event.back().as_string();
    return true;
  }
  std::string offset;
  int faults = 0;

 private:
  std::map<std::string, std::int64_t> next_;
};

}  // namespace

TEST_CASE("who comes back on whichever loop has missed nothing, and got nothing twice") {
  for (const std::size_t threads : {1, 2, 4}) {
    CAPTURE(threads);
    ShardedServer f(threads, recovering());
    std::atomic<int> recovered{0};
    f.io.on_connection([&](const SocketPtr& socket) {
      recovered += socket->recovered() ? 1 : 0;
      if (!socket->recovered()) {
        socket->join("room");
        socket->data() = "mine";
      }
    });
    f.start();
    Chatter chatter(f.io, 3);
    auto client = f.connect();
    const std::string sid = client->sid;
    ExactlyOnce check;
    std::set<std::size_t> loops;
    constexpr int kRounds = 12;
    for (int round = 0; round < kRounds; ++round) {
      for (int i = 0; i < 20; ++i) check.saw(client->next());
      const SocketPtr socket = f.socket(sid);
      loops.insert(socket->loop().index());
      const std::string auth =
          R"({"pid":")" + client->pid + R"(","offset":")" + check.offset + R"("})";
      client.reset();
      f.wait_for_end(sid);
      client = std::make_unique<ShardClient>(f.port);
      client->join({}, auth);
      CHECK(client->sid == sid);
      CHECK(recovered == round + 1);
    }
    CHECK(loops.size() == std::min<std::size_t>(threads, 4));
    chatter.stop();
    for (int ended = 0; ended < 3;) ended += check.saw(client->next()) ? 0 : 1;
    CHECK(check.faults == 0);
    auto socket = f.socket(sid);
    std::promise<bool> kept;
    socket->loop().post(
        [&] { kept.set_value(socket->in_room("room") && socket->data() == Value("mine")); });
    CHECK(kept.get_future().get());
  }
}

TEST_CASE("a session is given back once, though two loops ask for it") {
  ShardedServer f(4, recovering());
  std::atomic<int> recovered{0};
  f.io.on_connection([&](const SocketPtr& socket) { recovered += socket->recovered() ? 1 : 0; });
  f.start();
  for (int round = 1; round <= 20; ++round) {
    auto client = f.connect();
    f.socket(client->sid)->emit("e");
    const std::string auth = R"(0{"pid":")" + client->pid + R"(","offset":")" +
                             client->next().back().as_string() + R"("})";
    const std::string sid = client->sid;
    client.reset();
    f.wait_for_end(sid);
    std::vector<std::unique_ptr<ShardClient>> claims;
    for (int i = 0; i < 4; ++i) claims.push_back(std::make_unique<ShardClient>(f.port));
    for (const auto& claim : claims) claim->net.send(auth);
    int same = 0;
    for (const auto& claim : claims) {
      const auto reply = claim->net.receive();
      REQUIRE(reply);
      same += payload_of(*reply)["sid"] == Value(sid) ? 1 : 0;
    }
    CHECK(same == 1);
    CHECK(recovered == round);
  }
}

TEST_CASE("what has been forgotten while a middleware took its time makes the client new") {
  for (const std::size_t threads : {1, 2, 4}) {
    CAPTURE(threads);
    ServerOptions options = recovering();
    options.connection_state_recovery->max_events = 5;
    options.connection_state_recovery->skip_middlewares = false;
    ShardedServer f(threads, options);
    Threads helpers;
    f.io.use([&](const SocketPtr& socket, const Next& next) {
      if (!socket->recovered()) {
        next();
        return;
      }
      helpers.start([&f, next] {
        for (int i = 0; i < 10; ++i) f.io.emit("flood", i);
        next();
      });
    });
    std::atomic<int> connections{0};
    std::atomic<int> recovered{0};
    f.io.on_connection([&](const SocketPtr& socket) {
      ++connections;
      recovered += socket->recovered() ? 1 : 0;
    });
    f.start();
    auto client = f.connect();
    const std::string sid = client->sid;
    f.socket(sid)->emit("e");
    const std::string auth = R"({"pid":")" + client->pid + R"(","offset":")" +
                             client->next().back().as_string() + R"("})";
    client.reset();
    f.wait_for_end(sid);
    client = std::make_unique<ShardClient>(f.port);
    client->join({}, auth);
    CHECK(client->sid != sid);
    f.socket(client->sid)->emit("hello");
    Array event = client->next();
    while (event[0] == Value("flood")) event = client->next();
    CHECK(event[0] == Value("hello"));
    CHECK(connections == 2);
    CHECK(recovered == 0);
  }
}

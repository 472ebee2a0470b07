// SPDX-License-Identifier: MIT
//
// Several shards behind one port: connections go to the shard of their session.
#include <doctest/doctest.h>

#include <algorithm>
#include <asio/io_context.hpp>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "../support/raw_connection.hpp"
#include "patchbay/engineio/engine.hpp"
#include "patchbay/engineio/id.hpp"

using namespace patchbay;
using namespace patchbay::engineio;
using namespace patchbay::test;

namespace {

constexpr std::chrono::seconds kPatience(10);
constexpr int kText = 1;

class Echo final : public SessionHandler {
 public:
  Echo(Session& session, std::atomic<int>& closed) : session_(&session), closed_(&closed) {}
  void on_message(bool /*binary*/, std::string_view data) override {
    session_->send(eio::EncodedPacket::text(eio::PacketType::message, data));
  }
  void on_close(eio::CloseReason, Errc) override { ++*closed_; }

 private:
  Session* session_;
  std::atomic<int>* closed_;
};

EngineOptions with_threads(std::size_t threads) {
  EngineOptions options;
  options.threads = threads;
  return options;
}

// Runs for as long as this lives. Every request of a session's is checked to be looked at on the
// session's loop, unless it is not `watched`: then there is no middleware.
class ShardedEngine {
 public:
  explicit ShardedEngine(EngineOptions options, bool watched = true) : engine(std::move(options)) {
    engine.on_session([this](const std::shared_ptr<Session>& session) {
      return std::make_shared<Echo>(*session, closed);
    });
    if (watched) watch();
    port = engine.listen(0, "127.0.0.1");
    std::promise<void> running;
    engine.loop(0).post([&running] { running.set_value(); });
    thread_ = std::thread([this] { engine.run(); });
    running.get_future().wait();
  }
  ~ShardedEngine() {
    stop();
    CHECK(wrong_loop == 0);
  }
  ShardedEngine(const ShardedEngine&) = delete;
  ShardedEngine& operator=(const ShardedEngine&) = delete;

  void stop() {
    if (!thread_.joinable()) return;
    engine.stop();
    thread_.join();
  }

  // The loops of the sessions that were opened so far, as their ids tell.
  [[nodiscard]] const std::vector<std::size_t>& loops() const noexcept { return loops_; }
  [[nodiscard]] std::size_t sessions_on(std::size_t loop) const {
    return static_cast<std::size_t>(std::ranges::count(loops_, loop));
  }

  // The id of a new polling session.
  std::string open(RawConnection& connection) {
    const auto response = connection.request("GET", kPath);
    REQUIRE(response.status == 200);
    const auto begin = response.body.find(R"("sid":")") + 7;
    std::string sid = response.body.substr(begin, response.body.find('"', begin) - begin);
    loops_.push_back(IdGenerator::domain_of(sid).value_or(0));
    return sid;
  }
  static std::string path_of(const std::string& sid) { return std::string(kPath) + "&sid=" + sid; }
  // The same over a connection of its own.
  std::string open() {
    RawConnection connection(port);
    return open(connection);
  }
  RawResponse get(const std::string& sid) const {
    return RawConnection(port).request("GET", path_of(sid));
  }
  RawResponse post(const std::string& sid, std::string_view body) const {
    return RawConnection(port).request("POST", path_of(sid), body);
  }

  static constexpr std::string_view kPath = "/engine.io/?EIO=4&transport=polling";
  Engine engine;
  std::uint16_t port = 0;
  std::atomic<int> closed{0};
  std::atomic<int> looked_at{0};
  std::atomic<int> wrong_loop{0};

 private:
  void watch() {
    engine.use([this](const RequestInfo& request, const EngineNext& next) {
      const std::string* const sid = request.query.find("sid");
      const auto domain = sid ? IdGenerator::domain_of(*sid) : std::nullopt;
      if (domain && *domain < engine.loop_count()) {
        ++looked_at;
        if (!engine.loop(*domain).in_loop_thread()) ++wrong_loop;
      }
      next();
    });
  }

  std::thread thread_;
  std::vector<std::size_t> loops_;
};

std::string request_text(std::string_view method, const std::string& target,
                         std::string_view body = {}) {
  std::string text(method);
  text += " " + target + " HTTP/1.1\r\nHost: localhost\r\n";
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return text.append("\r\n").append(body);
}

std::string upgrade_text(const std::string& sid) {
  return "GET /engine.io/?EIO=4&transport=websocket&sid=" + sid +
         " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
}

std::string frame_text(std::string_view payload) {
  std::string frame{'\x81', static_cast<char>(0x80U | payload.size())};
  return frame.append(4, '\0').append(payload);
}

}  // namespace

// --- Options, beginning and end

TEST_CASE("threads: 1 to 64, and 1 with an io_context of the application's") {
  CHECK_THROWS_AS(Engine(with_threads(0)), std::invalid_argument);
  CHECK_THROWS_AS(Engine(with_threads(65)), std::invalid_argument);
  asio::io_context io_context;
  EngineOptions options = with_threads(2);
  options.io_context = &io_context;
  CHECK_THROWS_AS(Engine(std::move(options)), std::invalid_argument);
}

TEST_CASE("an engine with several threads that never runs goes without more ado") {
  Engine engine(with_threads(4));
  CHECK(engine.loop_count() == 4);
  const std::uint16_t port = engine.listen(0, "127.0.0.1");
  const RawConnection waiting(port);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(engine.loop(i).index() == i);
    CHECK(engine.loop(i).in_loop_thread());
  }
}

TEST_CASE("each loop has a thread of its own while the engine runs") {
  ShardedEngine f(with_threads(3));
  std::vector<std::thread::id> threads;
  for (std::size_t i = 0; i < 3; ++i) {
    std::promise<std::thread::id> promise;
    f.engine.loop(i).post([&] {
      for (std::size_t other = 0; other < 3; ++other) {
        CHECK(f.engine.loop(other).in_loop_thread() == (other == i));
      }
      promise.set_value(std::this_thread::get_id());
    });
    threads.push_back(promise.get_future().get());
    CHECK_FALSE(f.engine.loop(i).in_loop_thread());
  }
  std::ranges::sort(threads);
  CHECK(std::ranges::adjacent_find(threads) == threads.end());
}

TEST_CASE("a stop that comes first is carried out by all loops at once") {
  Engine engine(with_threads(4));
  int done = 0;
  engine.stop([&] { ++done; });
  engine.run();
  CHECK(done == 1);
}

TEST_CASE("stopping ends the sessions of all shards, and calls back once, on the first loop") {
  ShardedEngine f(with_threads(4));
  std::vector<std::unique_ptr<RawConnection>> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(std::make_unique<RawConnection>(f.port));
    clients.back()->write_upgrade("/engine.io/?EIO=4&transport=websocket");
    REQUIRE(clients.back()->read_response().status == 101);
    REQUIRE(clients.back()->read_frame());
  }
  std::atomic<int> done{0};
  std::atomic<bool> on_first_loop{false};
  std::promise<void> all;
  f.engine.stop([&] {
    ++done;
    on_first_loop = f.engine.loop(0).in_loop_thread() && f.closed == 8;
    all.set_value();
  });
  for (const auto& client : clients) {
    const auto frame = client->read_frame();
    REQUIRE(frame);
    CHECK(frame->opcode == 8);
  }
  clients.clear();
  REQUIRE(all.get_future().wait_for(kPatience) == std::future_status::ready);
  f.stop();
  CHECK(done == 1);
  CHECK(on_first_loop);
}

TEST_CASE("an exception out of any loop ends run(), which throws it") {
  Engine engine(with_threads(3));
  engine.loop(2).post([] { throw std::runtime_error("from the third"); });
  CHECK_THROWS_WITH(engine.run(), "from the third");
}

// --- Spreading

TEST_CASE("connections that come at once are spread evenly") {
  ShardedEngine f(with_threads(4));
  std::vector<std::unique_ptr<RawConnection>> clients;
  for (int i = 0; i < 40; ++i) clients.push_back(std::make_unique<RawConnection>(f.port));
  for (const auto& client : clients) f.open(*client);
  // One on its way counts twice for a moment.
  for (std::size_t loop = 0; loop < 4; ++loop) {
    CHECK(f.sessions_on(loop) >= 8);
    CHECK(f.sessions_on(loop) <= 12);
  }
  CHECK(f.engine.session_count() == 40);
}

TEST_CASE("a new connection goes where the fewest are") {
  ShardedEngine f(with_threads(2));
  std::vector<std::unique_ptr<RawConnection>> clients;
  for (int i = 0; i < 10; ++i) {
    clients.push_back(std::make_unique<RawConnection>(f.port));
    f.open(*clients.back());
  }
  const auto loops = f.loops();
  const std::size_t emptied = loops[0];
  for (std::size_t i = 0; i < loops.size(); ++i) {
    if (loops[i] != emptied) continue;
    // Told to close, so that the server is known to have done so.
    clients[i]->request("GET", "/nothing", {}, "Connection: close\r\n");
    REQUIRE(clients[i]->at_end());
    clients[i].reset();
  }
  // Once the loop has seen them go.
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  std::size_t before = f.sessions_on(emptied);
  std::size_t gained = 0;
  while (gained < 3 && std::chrono::steady_clock::now() < deadline) {
    clients.push_back(std::make_unique<RawConnection>(f.port));
    f.open(*clients.back());
    gained = f.sessions_on(emptied) - before;
  }
  CHECK(gained >= 3);
  CHECK(f.loops().size() - loops.size() <= 6);
}

// --- Going to the owner

TEST_CASE("a polling session is served over any number of connections") {
  ShardedEngine f(with_threads(4));
  std::vector<std::string> sessions;
  for (int i = 0; i < 4; ++i) sessions.push_back(f.open());
  for (int round = 0; round < 8; ++round) {
    for (const std::string& sid : sessions) {
      const std::string message = "4" + std::to_string(round) + " of " + sid;
      CHECK(f.post(sid, message).body == "ok");
      CHECK(f.get(sid).body == message);
    }
  }
  CHECK(f.looked_at == 64);
}

TEST_CASE("a poll that waits is answered on the connection that went to its shard") {
  ShardedEngine f(with_threads(4));
  for (int i = 0; i < 8; ++i) {
    const std::string sid = f.open();
    RawConnection poll(f.port);
    poll.write_request("GET", ShardedEngine::path_of(sid));
    CHECK(f.post(sid, "4late").body == "ok");
    CHECK(poll.read_response().body == "4late");
    // And goes on being used.
    CHECK(poll.request("POST", ShardedEngine::path_of(sid), "4again").body == "ok");
    CHECK(poll.request("GET", ShardedEngine::path_of(sid)).body == "4again");
  }
}

TEST_CASE("a body that comes in pieces comes whole") {
  ShardedEngine f(with_threads(4));
  const std::string sid = f.open();
  const std::string body = "4" + std::string(30'000, 'x') + "end";
  const std::string text = request_text("POST", ShardedEngine::path_of(sid), body);
  const std::size_t head = text.find("\r\n\r\n") + 4;
  // In the middle of the head, behind it, within the body.
  for (const std::size_t cut : {std::size_t{20}, head - 1, head, head + 1, head + 20'000}) {
    for (int connection = 0; connection < 4; ++connection) {  // one of them for each shard
      RawConnection poster(f.port);
      poster.write(std::string_view(text).substr(0, cut));
      f.open();  // the first piece has been read by now, or will be any moment
      poster.write(std::string_view(text).substr(cut));
      CHECK(poster.read_response().body == "ok");
      CHECK(f.get(sid).body == body);
    }
  }
}

TEST_CASE("a connection that alternates between the sessions of two shards is answered in order") {
  ShardedEngine f(with_threads(2));
  RawConnection first(f.port);
  RawConnection second(f.port);
  const std::string a = ShardedEngine::path_of(f.open(first));
  const std::string b = ShardedEngine::path_of(f.open(second));
  REQUIRE(f.sessions_on(0) == 1);
  REQUIRE(f.sessions_on(1) == 1);
  std::string all;
  for (int i = 0; i < 50; ++i) {
    const std::string number = std::to_string(i);
    all += request_text("POST", a, "4a" + number) + request_text("POST", b, "4b" + number) +
           request_text("GET", b) + request_text("GET", "/nothing") + request_text("GET", a);
  }
  RawConnection client(f.port);
  std::thread writer([&] {
    // Wherever the pieces end.
    for (std::size_t at = 0; at < all.size(); at += 777) {
      client.write(std::string_view(all).substr(at, 777));
    }
  });
  for (int i = 0; i < 50; ++i) {
    const std::string number = std::to_string(i);
    CHECK(client.read_response().body == "ok");
    CHECK(client.read_response().body == "ok");
    CHECK(client.read_response().body == "4b" + number);
    CHECK(client.read_response().status == 404);
    CHECK(client.read_response().body == "4a" + number);
  }
  writer.join();
}

TEST_CASE("an upgrade that arrives elsewhere takes its connection along, with what follows it") {
  ShardedEngine f(with_threads(4));
  for (int i = 0; i < 8; ++i) {
    const std::string sid = f.open();
    RawConnection ws(f.port);
    ws.write(upgrade_text(sid) + frame_text("2probe"));
    REQUIRE(ws.read_response().status == 101);
    const auto probe = ws.read_frame();
    REQUIRE(probe);
    CHECK(probe->payload == "3probe");
    ws.write(frame_text("5") + frame_text("4over"));
    const auto echo = ws.read_frame();
    REQUIRE(echo);
    CHECK(echo->payload == "4over");
    ws.write_frame(kText, "1");
  }
}

// --- What goes wrong

TEST_CASE("ids of nobody are refused") {
  ShardedEngine f(with_threads(4));
  for (std::uint8_t domain = 0; domain < 6; ++domain) {
    CHECK(f.get(IdGenerator(domain).next()).status == 400);
    CHECK(f.post(IdGenerator(domain).next(), "4x").status == 400);
  }
  for (const std::string id : {"x", "!!!!!!!!!!!!!!!!!!!!", "%00"}) CHECK(f.get(id).status == 400);
  // The same connection goes on, wherever it has got to.
  RawConnection client(f.port);
  for (std::uint8_t domain = 0; domain < 4; ++domain) {
    const auto refusal = client.request("GET", ShardedEngine::path_of(IdGenerator(domain).next()));
    CHECK(refusal.body == R"({"code":1,"message":"Session ID unknown"})");
  }
  f.open(client);
}

TEST_CASE("a body that is too large by its head closes the session, wherever it arrives") {
  ShardedEngine f(with_threads(4), false);
  for (int i = 0; i < 8; ++i) {
    const std::string sid = f.open();
    RawConnection poster(f.port);
    poster.write("POST " + ShardedEngine::path_of(sid) +
                 " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n");
    CHECK(poster.read_response().status == 413);
    CHECK(f.get(sid).status == 400);
    CHECK(f.closed == i + 1);
  }
}

TEST_CASE("connections that are lost on their way leave nothing behind") {
  ShardedEngine f(with_threads(4));
  const std::string sid = f.open();
  for (int i = 0; i < 200; ++i) {
    RawConnection client(f.port);
    client.write(request_text(
        "GET", ShardedEngine::path_of(IdGenerator(static_cast<std::uint8_t>(i % 4)).next())));
  }
  CHECK(f.post(sid, "4still there").body == "ok");
  CHECK(f.get(sid).body == "4still there");
}

TEST_CASE("stopping in the middle of all this ends it") {
  for (int round = 0; round < 5; ++round) {
    ShardedEngine f(with_threads(4));
    std::vector<std::string> sessions;
    for (int i = 0; i < 4; ++i) sessions.push_back(f.open());
    std::string all;
    for (int i = 0; i < 400; ++i) {
      all += request_text("POST", ShardedEngine::path_of(sessions[static_cast<std::size_t>(i) % 4]),
                          "4x");
    }
    std::vector<std::unique_ptr<RawConnection>> clients;
    for (int i = 0; i < 6; ++i) {
      clients.push_back(std::make_unique<RawConnection>(f.port));
      clients.back()->write(all);
    }
    clients.front()->read_response();  // they are at it
    f.stop();
    CHECK(f.engine.session_count() == 0);
  }
}

// --- Ids of the application's

TEST_CASE("ids of the application's are found on every shard, and are in use on all") {
  EngineOptions options = with_threads(4);
  std::atomic<int> next{0};
  std::atomic<bool> repeat{false};
  options.generate_id = [&](const RequestInfo&, const IdReply& reply) {
    reply.use(repeat ? "id-0" : "id-" + std::to_string(next++));
  };
  ShardedEngine f(std::move(options));
  for (int i = 0; i < 4; ++i) CHECK(f.open() == "id-" + std::to_string(i));
  for (int i = 0; i < 4; ++i) {
    const std::string id = "id-" + std::to_string(i);
    for (int connection = 0; connection < 5; ++connection) {
      CHECK(f.post(id, "4" + id).body == "ok");
      CHECK(f.get(id).body == "4" + id);
    }
  }
  CHECK(f.get("id-9").status == 400);

  repeat = true;
  for (int i = 0; i < 4; ++i) {
    CHECK(RawConnection(f.port).request("GET", ShardedEngine::kPath).status == 400);
  }
  CHECK(f.post("id-0", "1").body == "ok");  // closes it
  CHECK(f.get("id-0").status == 400);
  CHECK(f.open() == "id-0");
}

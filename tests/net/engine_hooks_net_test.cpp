// SPDX-License-Identifier: MIT
#include "patchbay/engineio/engine.hpp"

#include <doctest/doctest.h>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "http_client.hpp"
#include "loop_thread.hpp"

using namespace patchbay;
using namespace patchbay::engineio;
using patchbay::test::HttpClient;
using patchbay::test::LoopThread;

namespace {

constexpr const char* kHandshake = "/engine.io/?EIO=4&transport=polling";

// An engine that runs in a thread of its own.
class RunningEngine {
 public:
  explicit RunningEngine(EngineOptions options = {}) : engine(std::move(options)) {}
  ~RunningEngine() { stop(); }
  RunningEngine(const RunningEngine&) = delete;
  RunningEngine& operator=(const RunningEngine&) = delete;

  // Set up everything else before.
  void start() {
    port = engine.listen(0, "127.0.0.1");
    thread_.start(engine.loop(0), [this] { engine.run(); });
  }
  void stop() {
    thread_.stop([this] { engine.stop(); });
  }

  Engine engine;
  std::uint16_t port = 0;

 private:
  LoopThread thread_;
};

// Keeps what is given to it in a handler of the loop's that never runs: it goes with the engine.
template <typename T>
void keep_in_loop(Loop& loop, T kept) {
  auto timer = std::make_shared<asio::steady_timer>(loop.io_context(), std::chrono::hours(1));
  timer->async_wait([timer, kept](asio::error_code) {});
}

}  // namespace

TEST_CASE("decisions that are still owed when the engine is destroyed") {
  Loop* loop = nullptr;
  std::promise<void> asked;
  EngineOptions options;
  SUBCASE("about a request") {}
  SUBCASE("about a handshake") {
    options.allow_request = [&](const RequestInfo&, const AllowReply& reply) {
      keep_in_loop(*loop, reply);
      asked.set_value();
    };
  }
  SUBCASE("about an id") {
    options.generate_id = [&](const RequestInfo&, const IdReply& reply) {
      keep_in_loop(*loop, reply);
      asked.set_value();
    };
  }
  const bool by_middleware = !options.allow_request && !options.generate_id;
  std::optional<HttpClient> client;
  {
    RunningEngine running(options);
    loop = &running.engine.loop(0);
    if (by_middleware) {
      running.engine.use([&](const RequestInfo&, const EngineNext& next) {
        keep_in_loop(*loop, next);
        asked.set_value();
      });
    }
    running.start();
    client.emplace(running.port);
    client->send("GET", kHandshake);
    asked.get_future().wait();
  }
  CHECK(client->response().empty());
}

TEST_CASE("decisions that come after an engine on a loop of the application's") {
  asio::io_context context;
  std::optional<EngineNext> kept;
  std::optional<HttpClient> client;
  {
    EngineOptions options;
    options.io_context = &context;
    Engine engine(std::move(options));
    engine.use([&](const RequestInfo&, const EngineNext& next) { kept = next; });
    client.emplace(engine.listen(0, "127.0.0.1"));
    client->write("POST /engine.io/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nabc");
    while (!kept) context.run_one();
  }
  SUBCASE("given") {
    (*kept)();
  }
  SUBCASE("dropped") {}
  kept.reset();
  context.restart();
  context.poll();
  CHECK(client->response().empty());
}

TEST_CASE("a middleware may decide in another thread, and look at the request after that") {
  std::vector<std::thread> threads;
  std::string method;
  {
    RunningEngine running;
    running.engine.use([&](const RequestInfo& request, const EngineNext& next) {
      next();
      method = request.method;
    });
    running.engine.use([&](const RequestInfo&, const EngineNext& next) {
      threads.emplace_back([next] {
        http::Headers headers;
        headers.add("x-thread", "yes");
        next(std::move(headers));
      });
    });
    running.start();
    HttpClient client(running.port);
    const std::string response = client.request("GET", kHandshake);
    CHECK(response.starts_with("HTTP/1.1 200 "));
    CHECK(response.find("X-Thread: yes\r\n") != std::string::npos);
    for (std::thread& thread : threads) thread.join();
  }
  CHECK(method == "GET");
}

TEST_CASE("resources of the application lie beside the engine, and exact ones below its path") {
  RunningEngine running;
  const auto answering = [](std::string body) {
    return [body = std::move(body)](const HttpRequest& request) {
      return http::Response{
          .status = 200,
          .headers = {},
          .body = body + ":" + std::string(request.rest) + ":" + std::string(request.body)};
    };
  };
  int seen = 0;
  running.engine.use([&](const RequestInfo&, const EngineNext& next) {
    ++seen;
    next();
  });
  running.engine.http().any("/*", answering("all"));
  running.engine.http().post("/hook", answering("hook"));
  running.engine.http().get("/engine.io/mine", answering("mine"));
  running.engine.http().get("/throws",
                            [](const HttpRequest&) -> http::Response { throw std::bad_alloc(); });
  running.start();
  HttpClient client(running.port);
  CHECK(client.request("GET", "/x/y?q").ends_with("\r\n\r\nall:x/y:"));
  CHECK(client.request("POST", "/hook", "data").ends_with("\r\n\r\nhook::data"));
  CHECK(client.request("GET", "/hook").starts_with("HTTP/1.1 405 "));
  CHECK(client.request("GET", "/engine.io/mine").ends_with("\r\n\r\nmine::"));
  CHECK(client.request("GET", "/throws").starts_with("HTTP/1.1 500 "));
  CHECK(seen == 0);
  CHECK(client.request("GET", "/engine.io/other").find(R"({"code":0,)") != std::string::npos);
  CHECK(client.request("GET", kHandshake).find("\r\n\r\n0{") != std::string::npos);
  CHECK(seen == 2);
}

TEST_CASE("a middleware may stop the engine") {
  RunningEngine running;
  running.engine.use([&](const RequestInfo&, const EngineNext& next) {
    running.engine.stop();
    next();
  });
  running.start();
  HttpClient client(running.port);
  client.send("GET", kHandshake);
  running.stop();
}

TEST_CASE("what functions of the application throw is told to it, and not to the client") {
  EngineOptions options;
  options.allow_request = [](const RequestInfo& request, const AllowReply& reply) {
    if (request.query.find("refuse")) throw std::runtime_error("a secret");
    reply.allow();
  };
  RunningEngine running(std::move(options));
  std::vector<std::string> told;
  running.engine.on_exception([&](const RequestInfo&, std::exception_ptr exception) {
    try {
      std::rethrow_exception(std::move(exception));
    } catch (const std::exception& error) {
      told.emplace_back(error.what());
    }
  });
  running.engine.on_headers(
      [](http::Headers&, const RequestInfo&) { throw std::runtime_error("in a hook"); });
  running.engine.http().get("/throws", [](const HttpRequest&) -> http::Response {
    throw std::runtime_error("in a route");
  });
  running.start();
  HttpClient client(running.port);
  CHECK(client.request("GET", kHandshake).find("\r\n\r\n0{") != std::string::npos);
  const auto refusal = client.request("GET", std::string(kHandshake) + "&refuse=1");
  CHECK(refusal.starts_with("HTTP/1.1 403 "));
  CHECK(refusal.find("secret") == std::string::npos);
  CHECK(client.request("GET", "/throws").starts_with("HTTP/1.1 500 "));
  running.stop();
  CHECK(told == std::vector<std::string>{"in a hook", "a secret", "in a route"});
}

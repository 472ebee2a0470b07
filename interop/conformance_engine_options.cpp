// SPDX-License-Identifier: MIT
//
// Options of the engine that take more than a value: functions, lists, hooks.
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <regex>
#include <stdexcept>
#include <string>
#include <string_view>

#include "conformance_server.hpp"
#include "patchbay/engineio/id.hpp"

namespace patchbay::conformance {

namespace {

constexpr const char* kApp = "http://app.example";

CorsOptions cors_with(engineio::CorsOrigin origin) {
  CorsOptions options;
  options.origin = std::move(origin);
  options.credentials = true;
  return options;
}

bool is_app(const RequestInfo& /*request*/, std::string_view origin) {
  if (origin == "http://throw.example") throw std::runtime_error("asked to throw");
  return origin == kApp;
}

std::optional<CorsOptions> cors_by_query(const RequestInfo& request) {
  const std::string* origin = request.query.find("cors");
  if (!origin) return std::nullopt;
  CorsOptions options;
  options.origin = *origin;
  return options;
}

CorsOptions cors_that_continues() {
  CorsOptions options;
  options.methods = "GET,POST";
  options.preflight_continue = true;
  return options;
}

CorsOptions cors_in_full() {
  CorsOptions options;
  options.methods = "GET";
  options.allowed_headers = "x-mine";
  options.exposed_headers = "x-seen";
  options.max_age = std::chrono::minutes(10);
  options.options_success_status = 200;
  return options;
}

}  // namespace

void apply_cors_preset(ServerOptions& options, std::string_view name) {
  static const std::map<std::string_view, std::function<CorsOptions()>> kPresets{
      {"list",
       [] {
         return cors_with({kApp, std::regex("^https://[a-z]+\\.tenant\\.example$")});
       }},
      {"reflect", [] { return cors_with(true); }},
      {"function", [] { return cors_with(is_app); }},
      {"off", [] { return cors_with(false); }},
      {"continue", cors_that_continues},
      {"full", cors_in_full},
  };
  if (name == "delegate") {
    options.cors_delegate = cors_by_query;
    return;
  }
  const auto preset = kPresets.find(name);
  if (preset == kPresets.end()) {
    throw std::invalid_argument("unknown value of --cors: " + std::string(name));
  }
  options.cors = preset->second();
}

// --- Ids and cookies

namespace {

constexpr Millis kSlowId{50};

// By the query parameter "id": itself, but for a few words.
void id_by_query(const RequestInfo& request, const engineio::IdReply& reply) {
  const std::string* given = request.query.find("id");
  static engineio::IdGenerator usual(0);
  if (!given) return reply.use(usual.next());
  if (*given == "fail") return reply.fail("asked to fail");
  if (*given == "throw") throw std::runtime_error("asked to throw");
  if (*given != "drop") reply.use(*given);
}

void id_later(asio::io_context& context, const std::shared_ptr<int>& last,
              const engineio::IdReply& reply) {
  auto timer = std::make_shared<asio::steady_timer>(context, kSlowId);
  timer->async_wait([timer, last, reply](asio::error_code error) {
    if (!error) reply.use("late-" + std::to_string(++*last));
  });
}

}  // namespace

void apply_id_preset(Settings& settings, std::string_view name) {
  if (name == "query") {
    settings.options.generate_id = id_by_query;
  } else if (name == "late") {
    // The loop is there only once the engine is.
    const auto context = std::make_shared<asio::io_context*>(nullptr);
    settings.engine_setup.emplace_back(
        [context](engineio::Engine& engine) { *context = &engine.loop(0).io_context(); });
    settings.options.generate_id = [context, last = std::make_shared<int>(0)](
                                       const RequestInfo&, const engineio::IdReply& reply) {
      id_later(**context, last, reply);
    };
  } else {
    throw std::invalid_argument("unknown value of --ids: " + std::string(name));
  }
}

void apply_cookie_preset(ServerOptions& options, std::string_view name) {
  auto& cookie = options.cookie.emplace();
  if (name == "full") {
    cookie.name = "sticky";
    cookie.path = "/app";
    cookie.same_site = "None";
    cookie.secure = true;
    cookie.domain = "app.example";
    cookie.max_age = std::chrono::hours(1);
    cookie.expires = std::chrono::system_clock::from_time_t(1'700'000'000);
    cookie.priority = "High";
    cookie.partitioned = true;
  } else if (name == "bare") {
    cookie.path.reset();
    cookie.http_only = false;
    cookie.same_site.clear();
  } else {
    throw std::invalid_argument("unknown value of --cookie-preset: " + std::string(name));
  }
}

// --- Middlewares

namespace {

constexpr Millis kSlowMiddleware{100};

void pass_later(asio::io_context& context, const engineio::EngineNext& next) {
  auto timer = std::make_shared<asio::steady_timer>(context, kSlowMiddleware);
  timer->async_wait([timer, next](asio::error_code error) {
    if (error) return;
    http::Headers headers;
    headers.add("x-late", "yes");
    next(std::move(headers));
  });
}

// By the query parameter "mw".
void decide(asio::io_context& context, const RequestInfo& request,
            const engineio::EngineNext& next) {
  const std::string* given = request.query.find("mw");
  const std::string what = given ? *given : "";
  if (what == "answer") {
    http::Response response{.status = 202, .headers = {}, .body = request.method + " answered"};
    response.headers.add("content-type", "text/x-mine");
    next.respond(std::move(response));
  } else if (what == "fail") {
    next.fail("asked to fail");
  } else if (what == "throw") {
    throw std::runtime_error("asked to throw");
  } else if (what == "late") {
    pass_later(context, next);
  } else if (what == "twice") {
    next();
    next();
    throw std::runtime_error("too late to matter: " + request.url);
  } else if (what != "drop") {
    next();
  }
}

http::Headers order_headers(std::string_view name) {
  http::Headers headers;
  headers.add("x-order", name);
  headers.add("x-" + std::string(name), "yes");
  headers.add("set-cookie", std::string(name) + "=1");
  headers.add("set-cookie", std::string(name) + "=2");
  headers.add("content-type", "text/of-a-middleware");
  return headers;
}

}  // namespace

void add_middlewares(engineio::Engine& engine) {
  engine.use(
      [](const RequestInfo&, const engineio::EngineNext& next) { next(order_headers("first")); });
  engine.use([&context = engine.loop(0).io_context()](const RequestInfo& request,
                                                      const engineio::EngineNext& next) {
    decide(context, request, next);
  });
  engine.use(
      [](const RequestInfo&, const engineio::EngineNext& next) { next(order_headers("second")); });
}

void add_headers_hooks(engineio::Engine& engine) {
  engine.on_initial_headers([](http::Headers& headers, const RequestInfo& request) {
    headers.add("x-initial", request.url);
    headers.add("set-cookie", "one=1");
    headers.add("set-cookie", "two=2");
    headers.set("cache-control", "private");
  });
  engine.on_headers([](http::Headers& headers, const RequestInfo& request) {
    const std::string after = headers.contains("x-initial") ? " after initial" : "";
    headers.add("x-every", request.method + after);
  });
}

}  // namespace patchbay::conformance

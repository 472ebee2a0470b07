// SPDX-License-Identifier: MIT
//
// The user's own HTTP resources on the same port: health checks, pages, files. Deliberately small;
// an application with more than a handful of routes belongs behind its own web framework.
//
//   io.http().get("/health", [](const HttpRequest&) {
//     return http::Response{.status = 200, .headers = {}, .body = "ok\n"};
//   });
//   io.http().post("/hook", on_hook);
//   io.http().get("/files/*", [](const HttpRequest& request) { return read_file(request.rest); });
//   io.http().websocket("/feed", [](const std::shared_ptr<RawWebSocket>& ws) { ... });
//
// Which route answers: one for exactly this path, else the longest prefix. Routes for an exact path
// may lie below the path of the engine ("/socket.io/admin.js"), and come before it there; prefixes
// do not reach into it. A path that has routes, but none for the method, answers 405. Without any
// route a path is answered 404.
//
// Middlewares of the engine (Engine::use) do not see these requests. CORS headers are added below
// the engine's path only; elsewhere they are up to the handler.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "patchbay/engineio/request_info.hpp"
#include "patchbay/engineio/websocket.hpp"
#include "patchbay/protocol/http/response.hpp"

namespace patchbay::engineio {

// The views live for the call.
struct HttpRequest {
  const RequestInfo& info;
  std::string_view path;       // as sent, not decoded: may contain "..", "//" and "%2e"
  std::string_view body;       // at most EngineOptions::max_http_buffer_size bytes
  std::string_view rest = {};  // what follows the prefix, for a route by prefix
};

// Answers at once, on the loop that read the request, possibly several of them at the same time. An
// exception becomes a 500.
using HttpHandler = std::function<http::Response(const HttpRequest&)>;

// Set up before the engine runs; read by all loops afterwards.
class HttpRouter {
 public:
  // A path that ends with "/*" stands for all paths that begin with what is before the '*'; any
  // other stands for itself. An earlier handler for the same path and method is replaced.
  // Throws std::invalid_argument for a path that does not begin with '/', and a null handler.

  // For GET and HEAD.
  void get(std::string path, HttpHandler handler);
  void post(std::string path, HttpHandler handler);
  // For every method that has no handler of its own.
  void any(std::string path, HttpHandler handler);
  // For requests that want a WebSocket, whatever else the path has. Where it has nothing else,
  // other requests are answered 426. Throws like the others, and for times below zero.
  void websocket(std::string path, WebSocketHandler handler, WebSocketOptions options = {});

  struct Match {
    const HttpHandler* handler = nullptr;  // null when there is no route
    std::string_view rest;                 // view of the path looked for

    explicit operator bool() const noexcept { return handler != nullptr; }
  };
  // When the path is known but not the method, a handler that answers 405 or 426.
  [[nodiscard]] Match find(std::string_view method, std::string_view path) const;
  struct WebSocketRoute {
    WebSocketHandler handler;
    WebSocketOptions options;
  };
  // Null when there is none for the path.
  [[nodiscard]] const WebSocketRoute* find_websocket(std::string_view path) const;
  // True when there is a route for exactly this path.
  [[nodiscard]] bool has_exact(std::string_view path) const;

 private:
  struct Route {
    HttpHandler get;
    HttpHandler post;
    HttpHandler any;
    HttpHandler not_allowed;
    std::shared_ptr<const WebSocketRoute> websocket;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>()(text);
    }
  };
  struct Prefix {
    std::string path;  // with the '/' at its end
    Route route;
  };

  void add(std::string path, HttpHandler Route::*method, HttpHandler handler);
  [[nodiscard]] const Route* find_route(std::string_view path, std::string_view& rest) const;
  Route& route_for(std::string path);
  [[nodiscard]] static const HttpHandler* handler_of(const Route& route, std::string_view method);

  std::unordered_map<std::string, Route, Hash, std::equal_to<>> exact_;
  std::vector<Prefix> prefixes_;  // the longest first
};

}  // namespace patchbay::engineio

// SPDX-License-Identifier: MIT
//
// The user's own HTTP resources on the same port: health checks, pages, files. Deliberately small;
// an application with more than a handful of routes belongs behind its own web framework.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "patchbay/engineio/request_info.hpp"
#include "patchbay/protocol/http/response.hpp"

namespace patchbay::engineio {

struct HttpRequest {
  const RequestInfo& info;
  std::string_view path;  // as sent, not decoded
  std::string_view body;
};

// Answers at once, on the loop that read the request, possibly several of them at the same time. An
// exception becomes a 500.
using HttpHandler = std::function<http::Response(const HttpRequest&)>;

// Set up before the engine runs; read by all loops afterwards.
class HttpRouter {
 public:
  // For GET and HEAD of exactly this path. Replaces an earlier handler of the same path.
  void get(std::string path, HttpHandler handler);
  // For every method of exactly this path.
  void any(std::string path, HttpHandler handler);

  // Null when the path is unknown. When the path is known but not the method, a handler that
  // answers 405.
  [[nodiscard]] const HttpHandler* find(std::string_view method, std::string_view path) const;

 private:
  struct Route {
    bool any_method = false;
    HttpHandler handler;
  };
  std::unordered_map<std::string, Route> routes_;
};

}  // namespace patchbay::engineio

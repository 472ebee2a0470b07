// SPDX-License-Identifier: MIT
#include "cors.hpp"

namespace patchbay::engineio::cors {

namespace {

void add_vary(http::Headers& headers, std::string_view name) {
  const auto vary = headers.find("vary");
  headers.set("vary", vary ? std::string(*vary) + ", " + std::string(name) : std::string(name));
}

}  // namespace

void add_headers(http::Headers& headers, const CorsOptions& options) {
  headers.set("access-control-allow-origin", options.origin);
  // With one fixed origin the answer does depend on who asks, as far as caches are concerned.
  if (options.origin != "*") add_vary(headers, "Origin");
  if (options.credentials) headers.set("access-control-allow-credentials", "true");
  if (!options.exposed_headers.empty()) {
    headers.set("access-control-expose-headers", options.exposed_headers);
  }
}

http::Response preflight(const http::Request& request, const CorsOptions& options) {
  http::Response response{.status = 204, .headers = {}, .body = {}};
  response.headers.set("content-length", "0");
  response.headers.set("access-control-allow-methods", options.methods);
  if (!options.allowed_headers.empty()) {
    response.headers.set("access-control-allow-headers", options.allowed_headers);
  } else {
    response.headers.set("vary", "Access-Control-Request-Headers");
    if (const auto asked = request.headers.find("access-control-request-headers")) {
      response.headers.set("access-control-allow-headers", *asked);
    }
  }
  if (options.max_age) {
    response.headers.set("access-control-max-age", std::to_string(options.max_age->count()));
  }
  return response;
}

}  // namespace patchbay::engineio::cors

// SPDX-License-Identifier: MIT
#include "cors.hpp"

namespace patchbay::engineio::cors {

namespace {

// What the answer depends on, as far as caches are concerned. With one fixed origin, too: another
// server behind the same name may give another.
void add_vary(http::Headers& headers, std::string_view name) {
  const std::string others = headers.joined("vary");
  headers.set("vary", others.empty() ? std::string(name) : others + ", " + std::string(name));
}

}  // namespace

void add_headers(http::Headers& headers, const CorsOptions& options) {
  headers.set("access-control-allow-origin", options.origin);
  if (options.origin != "*") add_vary(headers, "Origin");
  if (options.credentials) headers.set("access-control-allow-credentials", "true");
  if (!options.exposed_headers.empty()) {
    headers.set("access-control-expose-headers", options.exposed_headers);
  }
}

http::Response preflight(const http::Request& request, const CorsOptions& options) {
  http::Response response{.status = 204, .headers = {}, .body = {}};
  add_headers(response.headers, options);
  // Against RFC 9110, for browsers that wait for a body otherwise.
  response.headers.set("content-length", "0");
  response.headers.set("access-control-allow-methods", options.methods);
  if (!options.allowed_headers.empty()) {
    response.headers.set("access-control-allow-headers", options.allowed_headers);
  } else {
    add_vary(response.headers, "Access-Control-Request-Headers");
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

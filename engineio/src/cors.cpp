// SPDX-License-Identifier: MIT
#include "cors.hpp"

#include <algorithm>

namespace patchbay::engineio {

// --- CorsOrigin

namespace {

bool matches(const CorsOrigin::Pattern& pattern, std::string_view origin) {
  if (const auto* text = std::get_if<std::string>(&pattern)) return *text == origin;
  return origin.size() <= CorsOrigin::kMaxMatchedBytes &&
         std::regex_search(origin.begin(), origin.end(), std::get<std::regex>(pattern));
}

}  // namespace

bool CorsOrigin::any() const noexcept {
  const std::string* text = fixed();
  return text && *text == "*";
}

bool CorsOrigin::off() const noexcept {
  const bool* reflect = std::get_if<bool>(&rule_);
  return reflect && !*reflect;
}

const std::string* CorsOrigin::fixed() const noexcept {
  return std::get_if<std::string>(&rule_);
}

bool CorsOrigin::needs_request() const noexcept {
  return std::holds_alternative<Function>(rule_);
}

bool CorsOrigin::allows(std::string_view origin, const RequestInfo& request) const {
  if (any()) return true;
  if (const bool* reflect = std::get_if<bool>(&rule_)) return *reflect;
  if (origin.empty()) return false;
  if (const std::string* text = fixed()) return *text == origin;
  if (const auto* function = std::get_if<Function>(&rule_)) return (*function)(request, origin);
  return std::ranges::any_of(std::get<std::vector<Pattern>>(rule_),
                             [&](const Pattern& pattern) { return matches(pattern, origin); });
}

// --- Headers

namespace cors {

namespace {

// What the answer depends on, as far as caches are concerned. With one fixed origin, too: another
// server behind the same name may give another.
void add_vary(http::Headers& headers, std::string_view name) {
  const std::string others = headers.joined("vary");
  headers.set("vary", others.empty() ? std::string(name) : others + ", " + std::string(name));
}

void add_allowed_origin(http::Headers& headers, const CorsOrigin& allowed,
                        const http::Request& request, const RequestInfo& info) {
  constexpr std::string_view kName = "access-control-allow-origin";
  if (allowed.any()) {
    headers.set(kName, "*");
    return;
  }
  add_vary(headers, "Origin");
  if (const std::string* fixed = allowed.fixed()) {
    headers.set(kName, *fixed);
    return;
  }
  const auto origin = request.headers.find("origin");
  if (origin && allowed.allows(*origin, info)) headers.set(kName, *origin);
}

}  // namespace

void add_headers(http::Headers& headers, const CorsOptions& options, const http::Request& request,
                 const RequestInfo& info) {
  add_allowed_origin(headers, options.origin, request, info);
  if (options.credentials) headers.set("access-control-allow-credentials", "true");
  if (!options.exposed_headers.empty()) {
    headers.set("access-control-expose-headers", options.exposed_headers);
  }
}

void add_preflight_headers(http::Headers& headers, const CorsOptions& options,
                           const http::Request& request) {
  headers.set("access-control-allow-methods", options.methods);
  if (!options.allowed_headers.empty()) {
    headers.set("access-control-allow-headers", options.allowed_headers);
  } else {
    add_vary(headers, "Access-Control-Request-Headers");
    if (const auto asked = request.headers.find("access-control-request-headers")) {
      headers.set("access-control-allow-headers", *asked);
    }
  }
  if (options.max_age) {
    headers.set("access-control-max-age", std::to_string(options.max_age->count()));
  }
}

http::Response preflight_response(const CorsOptions& options) {
  http::Response response{.status = options.options_success_status, .headers = {}, .body = {}};
  // Against RFC 9110 when the status is 204, for browsers that wait for a body otherwise.
  response.headers.set("content-length", "0");
  return response;
}

}  // namespace cors

}  // namespace patchbay::engineio

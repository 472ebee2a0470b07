// SPDX-License-Identifier: MIT
#include "patchbay/engineio/http_router.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace patchbay::engineio {

namespace {

HttpHandler method_not_allowed(std::string allow) {
  return [allow = std::move(allow)](const HttpRequest& /*request*/) {
    http::Response response{.status = 405, .headers = {}, .body = "Method not allowed\n"};
    response.headers.add("content-type", "text/plain; charset=UTF-8");
    response.headers.add("allow", allow);
    return response;
  };
}

}  // namespace

void HttpRouter::get(std::string path, HttpHandler handler) {
  add(std::move(path), &Route::get, std::move(handler));
}

void HttpRouter::post(std::string path, HttpHandler handler) {
  add(std::move(path), &Route::post, std::move(handler));
}

void HttpRouter::any(std::string path, HttpHandler handler) {
  add(std::move(path), &Route::any, std::move(handler));
}

void HttpRouter::add(std::string path, HttpHandler Route::*method, HttpHandler handler) {
  if (!path.starts_with('/')) throw std::invalid_argument("a route's path must begin with '/'");
  if (!handler) throw std::invalid_argument("a route needs a handler");
  Route& route = route_for(std::move(path));
  route.*method = std::move(handler);
  std::string allow;
  if (route.get) allow = "GET, HEAD";
  if (route.post) allow += allow.empty() ? "POST" : ", POST";
  route.not_allowed = method_not_allowed(std::move(allow));
}

HttpRouter::Route& HttpRouter::route_for(std::string path) {
  if (!path.ends_with("/*")) return exact_[std::move(path)];
  path.pop_back();
  const auto place = std::ranges::find_if(prefixes_, [&](const Prefix& prefix) {
    return prefix.path == path || prefix.path.size() < path.size();
  });
  if (place != prefixes_.end() && place->path == path) return place->route;
  return prefixes_.insert(place, Prefix{.path = std::move(path), .route = {}})->route;
}

HttpRouter::Match HttpRouter::find(std::string_view method, std::string_view path) const {
  if (const auto found = exact_.find(path); found != exact_.end()) {
    return {.handler = handler_of(found->second, method), .rest = {}};
  }
  for (const Prefix& prefix : prefixes_) {
    if (!path.starts_with(prefix.path)) continue;
    return {.handler = handler_of(prefix.route, method), .rest = path.substr(prefix.path.size())};
  }
  return {};
}

bool HttpRouter::has_exact(std::string_view path) const {
  return exact_.contains(path);
}

const HttpHandler* HttpRouter::handler_of(const Route& route, std::string_view method) {
  if (route.get && (method == "GET" || method == "HEAD")) return &route.get;
  if (route.post && method == "POST") return &route.post;
  return route.any ? &route.any : &route.not_allowed;
}

}  // namespace patchbay::engineio

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

// There is nothing here but a WebSocket.
http::Response upgrade_required(const HttpRequest& /*request*/) {
  http::Response response{.status = 426, .headers = {}, .body = "This is a WebSocket\n"};
  response.headers.add("content-type", "text/plain; charset=UTF-8");
  response.headers.add("upgrade", "websocket");
  return response;
}

void check_path(std::string_view path) {
  if (!path.starts_with('/')) throw std::invalid_argument("a route's path must begin with '/'");
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
  check_path(path);
  if (!handler) throw std::invalid_argument("a route needs a handler");
  Route& route = route_for(std::move(path));
  route.*method = std::move(handler);
  std::string allow;
  if (route.get) allow = "GET, HEAD";
  if (route.post) allow += allow.empty() ? "POST" : ", POST";
  route.not_allowed = method_not_allowed(std::move(allow));
}

void HttpRouter::websocket(std::string path, WebSocketHandler handler, WebSocketOptions options) {
  check_path(path);
  if (!handler) throw std::invalid_argument("a WebSocket's path needs a handler");
  if (options.ping_interval < Millis(0) || options.ping_timeout < Millis(0)) {
    throw std::invalid_argument("the times of WebSocketOptions must not be below zero");
  }
  Route& route = route_for(std::move(path));
  route.websocket = std::make_shared<const WebSocketRoute>(
      WebSocketRoute{.handler = std::move(handler), .options = std::move(options)});
  if (!route.not_allowed) route.not_allowed = upgrade_required;
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
  std::string_view rest;
  const Route* const route = find_route(path, rest);
  if (!route) return {};
  return {.handler = handler_of(*route, method), .rest = rest};
}

const HttpRouter::WebSocketRoute* HttpRouter::find_websocket(std::string_view path) const {
  std::string_view rest;
  const Route* const route = find_route(path, rest);
  return route ? route->websocket.get() : nullptr;
}

const HttpRouter::Route* HttpRouter::find_route(std::string_view path,
                                                std::string_view& rest) const {
  if (const auto found = exact_.find(path); found != exact_.end()) return &found->second;
  for (const Prefix& prefix : prefixes_) {
    if (!path.starts_with(prefix.path)) continue;
    rest = path.substr(prefix.path.size());
    return &prefix.route;
  }
  return nullptr;
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

// SPDX-License-Identifier: MIT
#include "patchbay/engineio/http_router.hpp"

#include <utility>

namespace patchbay::engineio {

namespace {

http::Response method_not_allowed(const HttpRequest& /*request*/) {
  http::Response response{.status = 405, .headers = {}, .body = "Method not allowed\n"};
  response.headers.add("content-type", "text/plain; charset=UTF-8");
  response.headers.add("allow", "GET, HEAD");
  return response;
}

}  // namespace

void HttpRouter::get(std::string path, HttpHandler handler) {
  routes_.insert_or_assign(std::move(path),
                           Route{.any_method = false, .handler = std::move(handler)});
}

void HttpRouter::any(std::string path, HttpHandler handler) {
  routes_.insert_or_assign(std::move(path),
                           Route{.any_method = true, .handler = std::move(handler)});
}

const HttpHandler* HttpRouter::find(std::string_view method, std::string_view path) const {
  const auto found = routes_.find(std::string(path));
  if (found == routes_.end()) return nullptr;
  if (found->second.any_method || method == "GET" || method == "HEAD") {
    return &found->second.handler;
  }
  static const HttpHandler kRefuse = method_not_allowed;
  return &kRefuse;
}

}  // namespace patchbay::engineio

// SPDX-License-Identifier: MIT
#include "patchbay/engineio/http_router.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>

using namespace patchbay;
using namespace patchbay::engineio;

namespace {

HttpHandler answering(std::string body) {
  return [body = std::move(body)](const HttpRequest&) {
    return http::Response{.status = 200, .headers = {}, .body = body};
  };
}

// "nothing", or status and body of the answer.
std::string ask(const HttpRouter& router, std::string_view method, std::string_view path) {
  const HttpHandler* handler = router.find(method, path);
  if (!handler) return "nothing";
  const RequestInfo info;
  const http::Response response = (*handler)({.info = info, .path = path, .body = {}});
  return std::to_string(response.status) + " " + response.body;
}

}  // namespace

TEST_CASE("a router knows exactly the paths it was told") {
  HttpRouter router;
  CHECK(ask(router, "GET", "/") == "nothing");
  router.get("/health", answering("ok"));
  CHECK(ask(router, "GET", "/health") == "200 ok");
  for (const char* path : {"/health/", "/healt", "/Health", "/health?x", "//health", "", "/"}) {
    CAPTURE(std::string(path));
    CHECK(ask(router, "GET", path) == "nothing");
  }
}

TEST_CASE("get answers GET and HEAD, and refuses the rest with what is allowed") {
  HttpRouter router;
  router.get("/page", answering("page"));
  CHECK(ask(router, "HEAD", "/page") == "200 page");
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "get", ""}) {
    CAPTURE(std::string(method));
    const HttpHandler* handler = router.find(method, "/page");
    REQUIRE(handler);
    const RequestInfo info;
    const http::Response response = (*handler)({.info = info, .path = "/page", .body = {}});
    CHECK(response.status == 405);
    CHECK(response.headers.find("allow") == "GET, HEAD");
  }
}

TEST_CASE("any answers every method") {
  HttpRouter router;
  router.any("/hook", answering("hook"));
  for (const char* method : {"GET", "POST", "BREW"})
    CHECK(ask(router, method, "/hook") == "200 hook");
}

TEST_CASE("a later handler of a path replaces the earlier one, and its methods") {
  HttpRouter router;
  router.any("/p", answering("first"));
  router.get("/p", answering("second"));
  CHECK(ask(router, "GET", "/p") == "200 second");
  CHECK(ask(router, "POST", "/p").starts_with("405"));
  router.any("/p", answering("third"));
  CHECK(ask(router, "POST", "/p") == "200 third");
}

TEST_CASE("a handler sees the request") {
  HttpRouter router;
  router.any("/echo", [](const HttpRequest& request) {
    return http::Response{
        .status = 201,
        .headers = {},
        .body = request.info.method + std::string(request.path) + std::string(request.body)};
  });
  RequestInfo info;
  info.method = "POST";
  const http::Response response =
      (*router.find("POST", "/echo"))({.info = info, .path = "/echo", .body = "data"});
  CHECK(response.status == 201);
  CHECK(response.body == "POST/echodata");
}

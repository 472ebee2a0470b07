// SPDX-License-Identifier: MIT
#include "patchbay/engineio/http_router.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
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
  const auto match = router.find(method, path);
  if (!match) return "nothing";
  const RequestInfo info;
  const http::Response response =
      (*match.handler)({.info = info, .path = path, .body = {}, .rest = match.rest});
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
    const HttpHandler* handler = router.find(method, "/page").handler;
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

TEST_CASE("a later handler of a path and method replaces the earlier one") {
  HttpRouter router;
  router.any("/p", answering("first"));
  router.get("/p", answering("second"));
  CHECK(ask(router, "GET", "/p") == "200 second");
  CHECK(ask(router, "POST", "/p") == "200 first");
  router.any("/p", answering("third"));
  CHECK(ask(router, "POST", "/p") == "200 third");
  CHECK(ask(router, "GET", "/p") == "200 second");
}

TEST_CASE("each method has its handler, and 405 names them") {
  HttpRouter router;
  const auto allowed = [&](std::string_view path) {
    const RequestInfo info;
    const auto response =
        (*router.find("PUT", path).handler)({.info = info, .path = path, .body = {}});
    CHECK(response.status == 405);
    return response.headers.joined("allow");
  };
  router.post("/p", answering("post"));
  CHECK(ask(router, "POST", "/p") == "200 post");
  CHECK(ask(router, "GET", "/p").starts_with("405"));
  CHECK(allowed("/p") == "POST");
  router.get("/p", answering("get"));
  CHECK(ask(router, "HEAD", "/p") == "200 get");
  CHECK(ask(router, "POST", "/p") == "200 post");
  CHECK(allowed("/p") == "GET, HEAD, POST");
  router.get("/files/*", answering("file"));
  CHECK(allowed("/files/x") == "GET, HEAD");
}

TEST_CASE("a prefix answers what lies below it, and hands over the rest as it was sent") {
  HttpRouter router;
  router.get("/files/*", [](const HttpRequest& request) {
    return http::Response{.status = 200, .headers = {}, .body = std::string(request.rest)};
  });
  CHECK(ask(router, "GET", "/files/") == "200 ");
  CHECK(ask(router, "GET", "/files/a/b.txt") == "200 a/b.txt");
  CHECK(ask(router, "GET", "/files/../%2e%2e//x") == "200 ../%2e%2e//x");
  CHECK(ask(router, "GET", "/files") == "nothing");
  CHECK(ask(router, "GET", "/filesx/a") == "nothing");
  CHECK(ask(router, "GET", "//files/a") == "nothing");
}

TEST_CASE("an exact path comes before a prefix, and a longer prefix before a shorter one") {
  HttpRouter router;
  router.any("/*", answering("root"));
  router.any("/a/b/*", answering("a/b"));
  router.any("/a/*", answering("a"));
  router.any("/a/b/c", answering("exact"));
  router.any("/a/b/*", answering("a/b again"));
  CHECK(ask(router, "GET", "/a/b/c") == "200 exact");
  CHECK(ask(router, "GET", "/a/b/d") == "200 a/b again");
  CHECK(ask(router, "GET", "/a/c") == "200 a");
  CHECK(ask(router, "GET", "/") == "200 root");
  CHECK(router.has_exact("/a/b/c"));
  CHECK_FALSE(router.has_exact("/a/b/d"));
}

TEST_CASE("only a last segment of its own is a wildcard") {
  HttpRouter router;
  router.any("/a*", answering("star"));
  CHECK(ask(router, "GET", "/a*") == "200 star");
  CHECK(ask(router, "GET", "/ab") == "nothing");
}

TEST_CASE("routes that make no sense throw") {
  HttpRouter router;
  CHECK_THROWS_AS(router.get("health", answering("ok")), std::invalid_argument);
  CHECK_THROWS_AS(router.get("", answering("ok")), std::invalid_argument);
  CHECK_THROWS_AS(router.post("/x", nullptr), std::invalid_argument);
  CHECK(ask(router, "GET", "/x") == "nothing");
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
      (*router.find("POST", "/echo").handler)({.info = info, .path = "/echo", .body = "data"});
  CHECK(response.status == 201);
  CHECK(response.body == "POST/echodata");
}

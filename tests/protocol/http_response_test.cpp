// SPDX-License-Identifier: MIT
#include "patchbay/protocol/http/response.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>

using namespace patchbay::http;

namespace {

std::string written(const Response& response, const WriteOptions& options = {}) {
  std::string out;
  write_response(out, response, options);
  return out;
}

Response with(int status, std::string_view name, std::string_view value, std::string body = {}) {
  Response response{.status = status, .headers = {}, .body = std::move(body)};
  response.headers.add(name, value);
  return response;
}

}  // namespace

TEST_CASE("a response is status line, headers, length and body") {
  CHECK(written(with(200, "content-type", "text/html", "ok")) ==
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nok");
}

TEST_CASE("an empty body has a length, too") {
  const std::string out = written({.status = 400, .headers = {}, .body = {}});
  CHECK(out == "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("the last response on a connection says so, once") {
  const auto out = written(with(400, "connection", "close"), {.keep_alive = false});
  CHECK(out.find("Connection: close\r\n") != std::string::npos);
  CHECK(out.find("Connection") == out.rfind("Connection"));
}

TEST_CASE("HEAD gets the headers of GET and no body") {
  const auto out = written(with(200, "etag", "\"1\"", "body"), {.head_only = true});
  CHECK(out == "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: 4\r\n\r\n");
}

TEST_CASE("statuses without body have none") {
  CHECK(written(with(304, "etag", "\"1\"", "body")) ==
        "HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n");
  CHECK(written(with(204, "content-length", "0", "body")) ==
        "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n");
  CHECK(written({.status = 204, .headers = {}, .body = "body"}) ==
        "HTTP/1.1 204 No Content\r\n\r\n");
  const auto upgrade = written(with(101, "connection", "Upgrade", "body"));
  CHECK(upgrade == "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n");
}

TEST_CASE("a value cannot add a header or end the head") {
  const auto out = written(with(200, "x", "a\r\nSet-Cookie: b\r\n\r\n<html>"));
  CHECK(out.find("\r\nSet-Cookie") == std::string::npos);
  CHECK(out.find("\r\n\r\n") == out.size() - 4);
}

TEST_CASE("a length that is not the body's is not believed") {
  const auto out = written(with(200, "content-length", "99", "ok"));
  CHECK(out.find("Content-Length: 2\r\n") != std::string::npos);
  CHECK(out.find("99") == std::string::npos);
}

TEST_CASE("only the writer says how a body is delimited") {
  CHECK(written(with(200, "transfer-encoding", "chunked", "ok")) ==
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  CHECK(written(with(100, "content-length", "5", "body")) == "HTTP/1.1 100 Continue\r\n\r\n");
}

TEST_CASE("HEAD may state the length that GET would have") {
  CHECK(written(with(200, "content-length", "99"), {.head_only = true}) ==
        "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n");
}

TEST_CASE("a field whose name is no token is left out, and control bytes of values, too") {
  for (const std::string_view name : {"", "a b", "a:b", "a\r\nb", "caf\xc3\xa9"}) {
    CAPTURE(name);
    CHECK(written(with(200, name, "x")) == "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  }
  CHECK(written(with(200, "x", std::string_view("a\0\rb\n", 5))) ==
        "HTTP/1.1 200 OK\r\nX: ab\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("a status without three digits is written as 500") {
  for (const int status : {0, -200, 99, 1000}) {
    CAPTURE(status);
    CHECK(written({.status = status, .headers = {}, .body = {}}) ==
          "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n");
  }
  CHECK(reason_phrase(299) == "Unknown");
}

TEST_CASE("names are written in their usual capitalisation") {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"content-type", "Content-Type"},
      {"sec-websocket-accept", "Sec-WebSocket-Accept"},
      {"www-authenticate", "WWW-Authenticate"},
      {"x-xss-protection", "X-XSS-Protection"},
      {"a--b-", "A--B-"},
  };
  for (const auto& [name, expected] : rows) {
    const std::string out = written(with(200, name, "v"));
    CHECK(out.find("\r\n" + std::string(expected) + ": v\r\n") != std::string::npos);
  }
}

TEST_CASE("responses are appended one behind the other") {
  std::string out = "x";
  write_response(out, {.status = 204, .headers = {}, .body = {}}, {});
  write_response(out, {.status = 204, .headers = {}, .body = {}}, {});
  CHECK(out == "xHTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
}

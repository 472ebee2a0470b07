// SPDX-License-Identifier: MIT
#include "patchbay/protocol/http/response.hpp"

#include <doctest/doctest.h>

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

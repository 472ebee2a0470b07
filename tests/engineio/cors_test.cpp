// SPDX-License-Identifier: MIT
#include "cors.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <utility>

using namespace patchbay;
using namespace patchbay::engineio;

namespace {

CorsOptions with_origin(std::string origin) {
  CorsOptions options;
  options.origin = std::move(origin);
  return options;
}

http::Headers headers_for(const CorsOptions& options) {
  http::Headers headers;
  cors::add_headers(headers, options);
  return headers;
}

http::Request preflight_request() {
  http::Request request;
  request.method = "OPTIONS";
  request.headers.add("Origin", "https://page.example");
  request.headers.add("Access-Control-Request-Headers", "X-One, X-Two");
  return request;
}

}  // namespace

TEST_CASE("by default any origin may read, and nothing more is said") {
  const http::Headers headers = headers_for({});
  CHECK(headers.find("access-control-allow-origin") == "*");
  CHECK(headers.size() == 1);
}

TEST_CASE("a fixed origin makes the answer depend on the request's") {
  const http::Headers headers = headers_for(with_origin("https://a.example"));
  CHECK(headers.find("access-control-allow-origin") == "https://a.example");
  CHECK(headers.find("vary") == "Origin");
}

TEST_CASE("a Vary that is there already is kept") {
  http::Headers headers;
  headers.add("Vary", "Accept-Encoding");
  cors::add_headers(headers, with_origin("https://a.example"));
  CHECK(headers.count("vary") == 1);
  CHECK(headers.find("vary") == "Accept-Encoding, Origin");
}

TEST_CASE("credentials and exposed headers are said when they are set") {
  CorsOptions options;
  options.exposed_headers = "X-Total";
  options.credentials = true;
  const http::Headers headers = headers_for(options);
  CHECK(headers.find("access-control-allow-credentials") == "true");
  CHECK(headers.find("access-control-expose-headers") == "X-Total");
}

TEST_CASE("a preflight is answered without a body, and says so") {
  const http::Response response = cors::preflight(preflight_request(), {});
  CHECK(response.status == 204);
  CHECK(response.body.empty());
  CHECK(response.headers.find("content-length") == "0");
  CHECK(response.headers.find("access-control-allow-origin") == "*");
  CHECK(response.headers.find("access-control-allow-methods") == "GET,HEAD,PUT,PATCH,POST,DELETE");
  CHECK_FALSE(response.headers.contains("access-control-max-age"));
  CHECK_FALSE(response.headers.contains("access-control-allow-credentials"));
}

TEST_CASE("a preflight allows the headers that are asked for, unless some are set") {
  const http::Response mirrored = cors::preflight(preflight_request(), {});
  CHECK(mirrored.headers.find("access-control-allow-headers") == "X-One, X-Two");
  CHECK(mirrored.headers.find("vary") == "Access-Control-Request-Headers");

  CorsOptions options;
  options.allowed_headers = "X-Mine";
  const http::Response fixed = cors::preflight(preflight_request(), options);
  CHECK(fixed.headers.find("access-control-allow-headers") == "X-Mine");
  CHECK_FALSE(fixed.headers.contains("vary"));

  const http::Response unasked = cors::preflight({}, {});
  CHECK_FALSE(unasked.headers.contains("access-control-allow-headers"));
  CHECK(unasked.headers.contains("vary"));
}

TEST_CASE("a preflight tells how long it holds, and everything it depends on") {
  CorsOptions options = with_origin("https://a.example");
  options.methods = "GET";
  options.credentials = true;
  options.max_age = std::chrono::seconds(600);
  const http::Response response = cors::preflight(preflight_request(), options);
  CHECK(response.headers.find("access-control-max-age") == "600");
  CHECK(response.headers.find("access-control-allow-methods") == "GET");
  CHECK(response.headers.find("access-control-allow-credentials") == "true");
  CHECK(response.headers.joined("vary") == "Origin, Access-Control-Request-Headers");
}

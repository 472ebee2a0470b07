// SPDX-License-Identifier: MIT
#include "cors.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <regex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace patchbay;
using namespace patchbay::engineio;

namespace {

constexpr std::string_view kMine = "https://a.example";

CorsOptions with_origin(CorsOrigin origin) {
  CorsOptions options;
  options.origin = std::move(origin);
  return options;
}

http::Request request_from(std::string_view origin) {
  http::Request request;
  if (!origin.empty()) request.headers.add("Origin", origin);
  return request;
}

http::Headers headers_for(const CorsOptions& options, std::string_view origin = kMine) {
  http::Headers headers;
  cors::add_headers(headers, options, request_from(origin), {});
  return headers;
}

http::Request preflight_request() {
  http::Request request = request_from(kMine);
  request.headers.add("Access-Control-Request-Headers", "X-One, X-Two");
  return request;
}

// All headers of the answer to a preflight.
http::Headers preflight_headers(const CorsOptions& options,
                                const http::Request& request = preflight_request()) {
  http::Headers headers;
  cors::add_headers(headers, options, request, {});
  cors::add_preflight_headers(headers, options, request);
  return headers;
}

bool allows(const CorsOrigin& origin, std::string_view asking) {
  return origin.allows(asking, {});
}

// Whether a page of that origin may read the answer; it depends on the origin either way.
bool reflects(const CorsOrigin& origin, std::string_view asking) {
  CorsOptions options = with_origin(origin);
  options.credentials = true;
  const http::Headers headers = headers_for(options, asking);
  CHECK(headers.find("vary") == "Origin");
  CHECK(headers.find("access-control-allow-credentials") == "true");
  const auto allowed = headers.find("access-control-allow-origin");
  CHECK((!allowed || *allowed == asking));
  return allowed.has_value();
}

}  // namespace

// --- Origins

TEST_CASE("hostile origins: a pattern is not found in one that is longer than any origin") {
  const CorsOrigin origin = std::regex("^https://(a|aa)+$");
  CHECK(allows(origin, "https://aaaa"));
  CHECK_FALSE(allows(origin, "https://" + std::string(CorsOrigin::kMaxMatchedBytes, 'a')));
  CHECK_FALSE(allows(std::regex("."), std::string(1'000'000, 'a')));
}

TEST_CASE("hostile origins: what only looks like an allowed origin is not one") {
  const CorsOrigin list{"https://a.example", std::regex("^https://[a-z]+\\.b\\.example$")};
  for (const char* origin :
       {"https://a.example.evil.example", "https://evil.example/https://a.example", "null", "",
        "HTTPS://A.EXAMPLE", "https://a.example ", "http://a.example", "https://x.b.example.evil",
        "https://x.b.example\n", "https://x-b.example"}) {
    CAPTURE(std::string(origin));
    CHECK_FALSE(reflects(list, origin));
  }
}

TEST_CASE("a list allows what one of its strings is or one of its expressions is found in") {
  const CorsOrigin list{"https://a.example", std::regex("^https://[a-z]+\\.b\\.example$")};
  CHECK(reflects(list, "https://a.example"));
  CHECK(reflects(list, "https://x.b.example"));
  CHECK_FALSE(reflects(CorsOrigin(std::vector<CorsOrigin::Pattern>{}), "https://a.example"));
}

TEST_CASE("an expression is searched for, not matched whole") {
  CHECK(reflects(std::regex("\\.example$"), "https://any.example"));
  CHECK_FALSE(reflects(std::regex("\\.example$"), "https://any.example.org"));
}

TEST_CASE("true allows every origin by name, and says nothing where there is none") {
  CHECK(reflects(true, "https://any.example"));
  CHECK(reflects(true, "null"));
  CHECK_FALSE(reflects(true, ""));
}

TEST_CASE("a function decides, by the request") {
  const CorsOrigin origin = [](const RequestInfo& request, std::string_view asking) {
    return request.remote_address == "10.0.0.1" && asking == kMine;
  };
  CHECK(origin.needs_request());
  RequestInfo request;
  CHECK_FALSE(origin.allows(kMine, request));
  request.remote_address = "10.0.0.1";
  CHECK(origin.allows(kMine, request));
  CHECK_FALSE(origin.allows("https://b.example", request));
  CHECK_FALSE(reflects(origin, kMine));
}

TEST_CASE("a function is not asked about requests without an origin") {
  bool asked = false;
  const CorsOrigin origin = [&asked](const RequestInfo&, std::string_view) { return asked = true; };
  CHECK_FALSE(allows(origin, ""));
  CHECK_FALSE(asked);
}

TEST_CASE("only functions need the request, and only false is off") {
  for (const CorsOrigin& origin : {CorsOrigin(), CorsOrigin(true), CorsOrigin("https://a.example"),
                                   CorsOrigin(std::regex("a"))}) {
    CHECK_FALSE(origin.needs_request());
    CHECK_FALSE(origin.off());
  }
  CHECK(CorsOrigin(false).off());
  CHECK_FALSE(allows(false, kMine));
}

// --- Headers

TEST_CASE("by default any origin may read, and nothing more is said") {
  const http::Headers headers = headers_for({});
  CHECK(headers.find("access-control-allow-origin") == "*");
  CHECK(headers.size() == 1);
}

TEST_CASE("a fixed origin is named to everyone, and makes the answer depend on the request's") {
  for (const std::string_view asking : {kMine, std::string_view("https://b.example"), {}}) {
    const http::Headers headers = headers_for(with_origin("https://a.example"), asking);
    CHECK(headers.find("access-control-allow-origin") == "https://a.example");
    CHECK(headers.find("vary") == "Origin");
  }
}

TEST_CASE("a Vary that is there already is kept") {
  http::Headers headers;
  headers.add("Vary", "Accept-Encoding");
  cors::add_headers(headers, with_origin("https://a.example"), request_from(kMine), {});
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
  const http::Response response = cors::preflight_response({});
  CHECK(response.status == 204);
  CHECK(response.body.empty());
  CHECK(response.headers.find("content-length") == "0");
  CorsOptions options;
  options.options_success_status = 200;
  CHECK(cors::preflight_response(options).status == 200);
}

TEST_CASE("a preflight names the methods, and nothing that was not set") {
  const http::Headers headers = preflight_headers({});
  CHECK(headers.find("access-control-allow-origin") == "*");
  CHECK(headers.find("access-control-allow-methods") == "GET,HEAD,PUT,PATCH,POST,DELETE");
  CHECK_FALSE(headers.contains("access-control-max-age"));
  CHECK_FALSE(headers.contains("access-control-allow-credentials"));
}

TEST_CASE("a preflight allows the headers that are asked for, unless some are set") {
  const http::Headers mirrored = preflight_headers({});
  CHECK(mirrored.find("access-control-allow-headers") == "X-One, X-Two");
  CHECK(mirrored.find("vary") == "Access-Control-Request-Headers");

  CorsOptions options;
  options.allowed_headers = "X-Mine";
  const http::Headers fixed = preflight_headers(options);
  CHECK(fixed.find("access-control-allow-headers") == "X-Mine");
  CHECK_FALSE(fixed.contains("vary"));

  const http::Headers unasked = preflight_headers({}, {});
  CHECK_FALSE(unasked.contains("access-control-allow-headers"));
  CHECK(unasked.contains("vary"));
}

TEST_CASE("a preflight tells how long it holds, and everything it depends on") {
  CorsOptions options = with_origin("https://a.example");
  options.methods = "GET";
  options.credentials = true;
  options.max_age = std::chrono::seconds(600);
  const http::Headers headers = preflight_headers(options);
  CHECK(headers.find("access-control-max-age") == "600");
  CHECK(headers.find("access-control-allow-methods") == "GET");
  CHECK(headers.find("access-control-allow-credentials") == "true");
  CHECK(headers.joined("vary") == "Origin, Access-Control-Request-Headers");
}

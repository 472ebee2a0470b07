// SPDX-License-Identifier: MIT
#include "cookie.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

using namespace patchbay::engineio;

namespace {

CookieOptions bare() {
  CookieOptions cookie;
  cookie.path.reset();
  cookie.http_only = false;
  cookie.same_site.clear();
  return cookie;
}

}  // namespace

TEST_CASE("a hostile value cannot add to a cookie") {
  CHECK(cookie_header(bare(), "a; Domain=evil.example") == "io=a%3B%20Domain%3Devil.example");
  CHECK(cookie_header(bare(), "a\r\nSet-Cookie: b=c") == "io=a%0D%0ASet-Cookie%3A%20b%3Dc");
  CHECK(cookie_header(bare(), std::string("\0\x7f\xff\"\\,", 6)) == "io=%00%7F%FF%22%5C%2C");
}

TEST_CASE("the default cookie") {
  CHECK(cookie_header({}, "id") == "io=id; Path=/; HttpOnly; SameSite=Lax");
}

TEST_CASE("characters of ids stay as they are") {
  CHECK(cookie_header(bare(), "azAZ09-_.!~*'()") == "io=azAZ09-_.!~*'()");
}

TEST_CASE("each attribute is there when it is set") {
  const auto with = [](auto set) {
    CookieOptions cookie = bare();
    set(cookie);
    return cookie_header(cookie, "v");
  };
  using Cookie = CookieOptions;
  CHECK(with([](Cookie&) {}) == "io=v");
  CHECK(with([](Cookie& c) { c.max_age = std::chrono::seconds(0); }) == "io=v; Max-Age=0");
  CHECK(with([](Cookie& c) { c.domain = "a.example"; }) == "io=v; Domain=a.example");
  CHECK(with([](Cookie& c) { c.path = "/x"; }) == "io=v; Path=/x");
  CHECK(with([](Cookie& c) { c.http_only = true; }) == "io=v; HttpOnly");
  CHECK(with([](Cookie& c) { c.secure = true; }) == "io=v; Secure");
  CHECK(with([](Cookie& c) { c.partitioned = true; }) == "io=v; Partitioned");
  CHECK(with([](Cookie& c) { c.priority = "Low"; }) == "io=v; Priority=Low");
  CHECK(with([](Cookie& c) { c.same_site = "Strict"; }) == "io=v; SameSite=Strict");
  CHECK(with([](Cookie& c) { c.name = "n"; }) == "n=v");
  // The time of RFC 9110 section 5.6.7.
  CHECK(with([](Cookie& c) { c.expires = std::chrono::system_clock::from_time_t(784'111'777); }) ==
        "io=v; Expires=Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST_CASE("what is no cookie is found, and named") {
  const auto fault = [](auto set) {
    CookieOptions cookie;
    set(cookie);
    return find_cookie_fault(cookie);
  };
  using Cookie = CookieOptions;
  CHECK(fault([](Cookie&) {}).empty());
  CHECK(fault([](Cookie& c) { c.name = ""; }).starts_with("cookie.name"));
  CHECK(fault([](Cookie& c) { c.name = "a b"; }).starts_with("cookie.name"));
  CHECK(fault([](Cookie& c) { c.path = "/; Secure"; }).starts_with("cookie.path"));
  CHECK(fault([](Cookie& c) { c.domain = "a\r\nb"; }).starts_with("cookie.domain"));
  CHECK(fault([](Cookie& c) { c.priority = "Urgent"; }).starts_with("cookie.priority"));
  CHECK(fault([](Cookie& c) { c.same_site = "lax"; }).starts_with("cookie.same_site"));
}

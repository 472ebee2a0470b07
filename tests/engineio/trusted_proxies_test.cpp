// SPDX-License-Identifier: MIT
#include "trusted_proxies.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

using namespace patchbay;
using namespace patchbay::engineio;

namespace {

const std::vector<std::string> kProxies{"10.0.0.0/8", "127.0.0.1", "fd00::/8"};

http::Headers headers(const std::string& name, const std::vector<std::string>& values) {
  http::Headers result;
  for (const std::string& value : values) result.add(name, value);
  return result;
}

std::string by_x_forwarded_for(const std::string& peer, const std::vector<std::string>& values) {
  const TrustedProxies proxies(kProxies, ForwardedHeader::x_forwarded_for);
  return proxies.client_of(peer, headers("x-forwarded-for", values));
}

std::string by_forwarded(const std::string& value) {
  const TrustedProxies proxies(kProxies, ForwardedHeader::forwarded);
  return proxies.client_of("10.1.2.3", headers("forwarded", {value}));
}

}  // namespace

TEST_CASE("proxies are addresses and networks") {
  const TrustedProxies proxies(kProxies, ForwardedHeader::x_forwarded_for);
  for (const char* address : {"10.0.0.1", "10.255.255.255", "127.0.0.1", "fd12::1"}) {
    CAPTURE(address);
    CHECK(proxies.contains(address));
  }
  for (const char* address :
       {"11.0.0.1", "127.0.0.2", "fe00::1", "::1", "", "10.0.0", "nonsense"}) {
    CAPTURE(address);
    CHECK_FALSE(proxies.contains(address));
  }
  CHECK(TrustedProxies({}, ForwardedHeader::forwarded).empty());
}

TEST_CASE("what is neither an address nor a network is refused by name") {
  for (const char* text : {"10.0.0.0/33", "10.0.0", "example.com", "", "::1/129", "10.0.0.1/"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(TrustedProxies({text}, ForwardedHeader::forwarded), std::invalid_argument);
  }
}

TEST_CASE("a stranger's header is not believed") {
  CHECK(by_x_forwarded_for("192.0.2.9", {"203.0.113.7"}) == "192.0.2.9");
}

TEST_CASE("the client is the last address that no trusted proxy has") {
  CHECK(by_x_forwarded_for("127.0.0.1", {"203.0.113.7"}) == "203.0.113.7");
  CHECK(by_x_forwarded_for("127.0.0.1", {"1.1.1.1, 203.0.113.7, 10.0.0.5"}) == "203.0.113.7");
  CHECK(by_x_forwarded_for("127.0.0.1", {"1.1.1.1", "203.0.113.7", "10.0.0.5"}) == "203.0.113.7");
  CHECK(by_x_forwarded_for("127.0.0.1", {"10.0.0.4, 10.0.0.5"}) == "10.0.0.4");
  CHECK(by_x_forwarded_for("127.0.0.1", {}) == "127.0.0.1");
}

TEST_CASE("addresses are read with ports and brackets, and what is none ends the search") {
  CHECK(by_x_forwarded_for("127.0.0.1", {"203.0.113.7:4711"}) == "203.0.113.7");
  CHECK(by_x_forwarded_for("127.0.0.1", {"[2001:db8::1]:80"}) == "2001:db8::1");
  CHECK(by_x_forwarded_for("127.0.0.1", {"2001:DB8:0::1"}) == "2001:db8::1");
  CHECK(by_x_forwarded_for("127.0.0.1", {"::ffff:203.0.113.7"}) == "203.0.113.7");
  for (const char* text : {"unknown", "", ",,", "[", "203.0.113.7.1", "1.1.1.1, unknown"}) {
    CAPTURE(text);
    CHECK(by_x_forwarded_for("127.0.0.1", {text}) == "127.0.0.1");
  }
}

TEST_CASE("the standard header is read when it is the one that proxies write") {
  CHECK(by_forwarded("for=203.0.113.7") == "203.0.113.7");
  CHECK(by_forwarded("for=1.1.1.1, For=\"203.0.113.7:80\";proto=https;by=10.0.0.1") ==
        "203.0.113.7");
  CHECK(by_forwarded("proto=https; for=\"[2001:db8::1]:4711\"") == "2001:db8::1");
  for (const char* text : {"for=_hidden", "proto=https", "for", "for=\"", ";;;", "for=unknown"}) {
    CAPTURE(text);
    CHECK(by_forwarded(text) == "10.1.2.3");
  }
}

TEST_CASE("the header that proxies do not write is not looked at") {
  const TrustedProxies proxies(kProxies, ForwardedHeader::x_forwarded_for);
  CHECK(proxies.client_of("127.0.0.1", headers("forwarded", {"for=203.0.113.7"})) == "127.0.0.1");
}

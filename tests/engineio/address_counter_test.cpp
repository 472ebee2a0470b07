// SPDX-License-Identifier: MIT
#include "address_counter.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <vector>

using namespace patchbay::engineio;

TEST_CASE("an address has so many places, which come back") {
  AddressCounter counter(2);
  REQUIRE(counter.enabled());
  auto first = counter.claim("192.0.2.1");
  const auto second = counter.claim("192.0.2.1");
  CHECK(first);
  CHECK(second);
  CHECK_FALSE(counter.claim("192.0.2.1"));
  CHECK(counter.claim("192.0.2.2"));
  first.reset();
  CHECK(counter.claim("192.0.2.1"));
}

TEST_CASE("of IPv6 a network of 64 bits counts as one address") {
  AddressCounter counter(1);
  const auto place = counter.claim("2001:db8:1:2::1");
  CHECK(place);
  CHECK_FALSE(counter.claim("2001:db8:1:2:ffff::7"));
  CHECK(counter.claim("2001:db8:1:3::1"));
}

TEST_CASE("a limit of nothing counts nothing") {
  CHECK_FALSE(AddressCounter(0).enabled());
}

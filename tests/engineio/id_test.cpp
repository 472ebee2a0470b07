// SPDX-License-Identifier: MIT
#include "patchbay/engineio/id.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

using namespace patchbay::engineio;

TEST_CASE("an id is 20 characters that need no escaping in a URL") {
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  IdGenerator generator(0);
  for (int i = 0; i < 1000; ++i) {
    const std::string id = generator.next();
    CHECK(id.size() == 20);
    CHECK(id.find_first_not_of(kAllowed) == std::string::npos);
  }
}

TEST_CASE("the counter is at the end") {
  IdGenerator generator(0);
  CHECK(generator.next().ends_with("AAAA"));
  CHECK(generator.next().ends_with("AAAB"));
  for (int i = 2; i < 63; ++i) static_cast<void>(generator.next());
  CHECK(generator.next().ends_with("AAA_"));
  CHECK(generator.next().ends_with("AABA"));
}

TEST_CASE("the rest of an id is another one each time, and at each generator") {
  // Longer than what is fetched of random bytes at once.
  constexpr int kCount = 1000;
  std::unordered_set<std::string> prefixes;
  IdGenerator first(0);
  IdGenerator second(0);
  for (int i = 0; i < kCount; ++i) {
    prefixes.insert(first.next().substr(0, 14));
    prefixes.insert(second.next().substr(0, 14));
  }
  CHECK(prefixes.size() == 2 * kCount);
}

TEST_CASE("an id tells the domain of its generator") {
  for (int domain = 0; domain < 256; ++domain) {
    IdGenerator generator(static_cast<std::uint8_t>(domain));
    for (int i = 0; i < 20; ++i) CHECK(IdGenerator::domain_of(generator.next()) == domain);
  }
}

TEST_CASE("what is no id has no domain") {
  IdGenerator generator(255);
  const std::string id = generator.next();
  REQUIRE(IdGenerator::domain_of(id) == 255);
  CHECK_FALSE(IdGenerator::domain_of("").has_value());
  CHECK_FALSE(IdGenerator::domain_of(id.substr(1)).has_value());
  CHECK_FALSE(IdGenerator::domain_of(id + "A").has_value());
  for (const char bad : {'+', '/', '=', ' ', '\0', '\x80'}) {
    std::string damaged = id;
    damaged[14] = bad;
    CHECK_FALSE(IdGenerator::domain_of(damaged).has_value());
    damaged = id;
    damaged[15] = bad;
    CHECK_FALSE(IdGenerator::domain_of(damaged).has_value());
  }
}

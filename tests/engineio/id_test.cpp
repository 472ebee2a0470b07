// SPDX-License-Identifier: MIT
#include "patchbay/engineio/id.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>

using patchbay::engineio::IdGenerator;

TEST_CASE("ids are 20 characters of the URL-safe alphabet, and differ") {
  IdGenerator ids(0);
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) {
    const std::string id = ids.next();
    REQUIRE(id.size() == 20);
    REQUIRE(std::ranges::all_of(id, [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
    }));
    REQUIRE(seen.insert(id).second);
  }
}

TEST_CASE("the counter starts at zero and stands at the end") {
  IdGenerator ids(0);
  CHECK(ids.next().ends_with("AAAA"));
  CHECK(ids.next().ends_with("AAAB"));
}

TEST_CASE("an id tells whose it is") {
  for (int domain : {0, 1, 2, 63, 64, 255}) {
    IdGenerator ids(static_cast<std::uint8_t>(domain));
    for (int i = 0; i < 3; ++i) CHECK(IdGenerator::domain_of(ids.next()) == domain);
  }
  CHECK(IdGenerator::domain_of("short") == 0);
  CHECK(IdGenerator::domain_of("AAAAAAAAAAAAAA!!AAAA") == 0);
}

// SPDX-License-Identifier: MIT
#include "json.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <utility>

using patchbay::bench::Json;

TEST_CASE("what is not a number is null") {
  Json json;
  json.add("nan", std::numeric_limits<double>::quiet_NaN());
  json.add("infinite", std::numeric_limits<double>::infinity());
  CHECK(std::move(json).take() == R"({"nan":null,"infinite":null})");
}

TEST_CASE("objects within objects, commas in between only") {
  Json json;
  json.open("empty");
  json.close();
  json.add("text", "a");
  json.open("inner");
  json.add("count", std::uint64_t{18'446'744'073'709'551'615U});
  json.add("small", 0.00012345678);
  json.add("large", 12'345'678.9);
  json.close();
  json.add("last", std::int64_t{-1});
  CHECK(std::move(json).take() ==
        R"({"empty":{},"text":"a","inner":{"count":18446744073709551615,"small":0.000123457,)"
        R"("large":12345679},"last":-1})");
}

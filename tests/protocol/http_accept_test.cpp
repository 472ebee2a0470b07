// SPDX-License-Identifier: MIT
#include "patchbay/protocol/http/accept.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string_view>

using namespace patchbay::http;

namespace {

constexpr std::array<std::string_view, 2> kOffered{"gzip", "deflate"};

// Empty when nothing fits.
std::string_view chosen(std::string_view accept_encoding) {
  return choose_encoding(accept_encoding, kOffered).value_or("");
}

}  // namespace

TEST_CASE("the coding with the greatest weight is chosen") {
  const struct {
    std::string_view field;
    std::string_view coding;
  } rows[] = {
      {"gzip", "gzip"},
      {"deflate", "deflate"},
      {"gzip, deflate, br, zstd", "gzip"},
      {"gzip;q=0.1, deflate", "deflate"},
      {"gzip;q=0.1, deflate;q=0.09", "gzip"},
      {"gzip;q=0.123,deflate;q=0.124", "deflate"},
      {"GZIP ; Q=0.5 , Deflate ; q = 0.6", "deflate"},
      {"gzip;level=9;q=0.5, deflate;q=0.6", "deflate"},
      {"deflate, gzip", "deflate"},
      {"identity;q=1, gzip;q=0.5", "gzip"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.field);
    CHECK(chosen(row.field) == row.coding);
  }
}

TEST_CASE("a star stands for what is not named") {
  CHECK(chosen("*") == "gzip");
  CHECK(chosen("*, deflate") == "deflate");
  CHECK(chosen("gzip;q=0, *") == "deflate");
  CHECK(chosen("gzip;q=0.5, *;q=0.6") == "deflate");
  CHECK(chosen("*;q=0.5, br") == "gzip");
  CHECK(chosen("*;q=0") == "");
}

TEST_CASE("content goes as it is when no coding fits") {
  for (const std::string_view field :
       {"",          " ",          ",",          ";",
        "br",        "identity",   "gzip;q=0",   "gzip;q=0.000, deflate;q=0",
        "gzipped",   "x-gzip",     ";q=1",       "q=1",
        "gzip;q=",   "gzip;q=-1",  "gzip;q=nan", "gzip;q=inf",
        "gzip;q=2",  "gzip;q=0,5", "gzip;q=1x",  "gzip;q=0.1234",
        "gzip;q=.5", "gzip;q=1e0"}) {
    CAPTURE(field);
    CHECK(chosen(field) == "");
  }
}

TEST_CASE("weights above one count as one") {
  CHECK(chosen("deflate;q=1.000, gzip;q=1.999") == "deflate");
}

TEST_CASE("nothing is chosen when nothing is offered") {
  CHECK_FALSE(choose_encoding("gzip, *", {}).has_value());
}

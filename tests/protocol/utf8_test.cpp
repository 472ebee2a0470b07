// SPDX-License-Identifier: MIT
#include "patchbay/protocol/utf8.hpp"

#include <doctest/doctest.h>

using namespace patchbay;

#define REPLACED "\xef\xbf\xbd"

TEST_CASE("well-formed text is valid and stays as it is") {
  for (const std::string_view text : {"", "ascii", "\xc3\xa4", "\xe2\x82\xac", "\xed\x9f\xbf",
                                      "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"}) {
    CHECK(is_valid_utf8(text));
    CHECK(replace_invalid_utf8(text) == text);
  }
}

TEST_CASE("what is not UTF-8 is found, and replaced as browsers do") {
  const struct {
    std::string_view text;
    std::string_view repaired;
  } rows[] = {
      {"a\x80"
       "b",
       "a" REPLACED "b"},       // continuation alone
      {"a\xc3", "a" REPLACED},  // cut off
      {"\xe2\x82"
       "b",
       REPLACED "b"},                                             // one for the part that was right
      {"\xc0\xaf", REPLACED REPLACED},                            // overlong
      {"\xe0\x80\x80", REPLACED REPLACED REPLACED},               // overlong
      {"\xed\xa0\x80", REPLACED REPLACED REPLACED},               // surrogate
      {"\xf4\x90\x80\x80", REPLACED REPLACED REPLACED REPLACED},  // above U+10FFFF
      {"\xff"
       "a",
       REPLACED "a"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK_FALSE(is_valid_utf8(row.text));
    CHECK(replace_invalid_utf8(row.text) == row.repaired);
  }
}

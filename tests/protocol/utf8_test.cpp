// SPDX-License-Identifier: MIT
#include "patchbay/protocol/utf8.hpp"

#include <doctest/doctest.h>

#include <string>

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
      {"\xf0\x8f\xbf\xbf", REPLACED REPLACED REPLACED REPLACED},  // overlong
      {"\xc3\xc0", REPLACED REPLACED},                            // lead byte behind lead byte
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

TEST_CASE("one wrong byte is found wherever it stands in a long text") {
  for (std::size_t at = 0; at < 130; ++at) {
    std::string text(130, 'a');
    text[at] = '\xff';
    CAPTURE(at);
    CHECK_FALSE(is_valid_utf8(text));
    const std::string repaired = text.substr(0, at) + REPLACED + text.substr(at + 1);
    CHECK(replace_invalid_utf8(text) == repaired);
  }
}

TEST_CASE("NUL is text") {
  const std::string_view text("a\0b", 3);
  CHECK(is_valid_utf8(text));
  CHECK(replace_invalid_utf8(text) == text);
}

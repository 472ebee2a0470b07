// SPDX-License-Identifier: MIT
#include "patchbay/protocol/eio/jsonp.hpp"

#include <doctest/doctest.h>

#include <string>

#include "patchbay/protocol/utf8.hpp"

using namespace patchbay;
using namespace patchbay::eio;

TEST_CASE("a payload is wrapped into a script") {
  const struct {
    std::string index;
    std::string payload;
    std::string script;
  } rows[] = {
      {"0", "2:4a", R"(___eio[0]("2:4a");)"},
      {"42", "", R"(___eio[42]("");)"},
      {"", "1:6", R"(___eio[]("1:6");)"},
      {"1", "4\"\\\n\x01", R"(___eio[1]("4\"\\\n\u0001");)"},
      {"1", "\xe2\x80\xa8", R"(___eio[1]("\u2028");)"},
      {"1",
       "4a\xe2\x80\xa9\xe2\x80\xa8"
       "b\xe2\x80\xa6",
       R"(___eio[1]("4a\u2029\u2028b)"
       "\xe2\x80\xa6\");"},
      {"1", "\xe2\x80", "___eio[1](\"\xef\xbf\xbd\");"},
      {"1", "\xf0\x9f\x98\x80", "___eio[1](\"\xf0\x9f\x98\x80\");"},
      // Nothing of the index but its digits gets into the script.
      {"1](alert);//", "x", R"(___eio[1]("x");)"},
      {"-1e5\n", "x", R"(___eio[15]("x");)"},
      {"\xd9\xa3", "x", R"(___eio[]("x");)"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.script);
    CHECK(jsonp::encode(row.index, row.payload) == row.script);
  }
}

TEST_CASE("a payload comes in the field d of a form") {
  const struct {
    std::string form;
    std::string payload;
  } rows[] = {
      {"", ""},
      {"d", ""},
      {"d=", ""},
      {"&&&", ""},
      {"D=x", ""},
      {"dd=x", ""},
      {"a=d=x", ""},
      {"d=2:4a", "2:4a"},
      {"d=2%3A4a", "2:4a"},
      {"a=1&d=x&b=2", "x"},
      {"d=x&d=y", "x"},
      {"d=a=b", "a=b"},
      {"d=a+b%2B%26", "a b+&"},
      {"d=%", "%"},
      {"d=%4", "%4"},
      {"d=%zz", "%zz"},
      {"d=%e2%82%ac", "\xe2\x82\xac"},
      {"d=%c3", "\xef\xbf\xbd"},
      {"d=%00", std::string(1, '\0')},
  };
  for (const auto& row : rows) {
    CAPTURE(row.form);
    const std::string payload = jsonp::decode(row.form);
    CHECK(payload == row.payload);
    CHECK(is_valid_utf8(payload));
  }
}

TEST_CASE("escaped newlines become newlines, twice escaped ones become escapes") {
  const struct {
    std::string form;
    std::string payload;
  } rows[] = {
      {R"(d=\n)", "\n"},
      {R"(d=a\nb\nc)", "a\nb\nc"},
      {R"(d=\n\n)", "\n\n"},
      {R"(d=\\n)", R"(\n)"},
      {R"(d=\\n\n\\n)", "\\n\n\\n"},
      {R"(d=\\\n)", R"(\\n)"},
      {R"(d=n\\)", R"(n\\)"},
      {R"(d=\t\)", R"(\t\)"},
      {"d=%5Cn", "\n"},
      {"d=%5C%5Cn", "\\n"},
      {"d=a\nb", "a\nb"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.form);
    CHECK(jsonp::decode(row.form) == row.payload);
  }
}

// SPDX-License-Identifier: MIT
#include "pattern.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace patchbay;

namespace {

bool found(std::string_view pattern, std::string_view text) {
  const auto compiled = Pattern::compile(pattern);
  REQUIRE_MESSAGE(compiled, compiled.error());
  return compiled->found_in(text);
}

std::string fault(std::string_view pattern) {
  return Pattern::compile(pattern).error();
}

}  // namespace

TEST_CASE("patterns that make other engines count for ever take no time") {
  const std::string many(10'000, 'a');
  for (const char* pattern : {"^(a+)+$", "^(a*)*$", "^(a|a)*$", "^(a|aa)+$", "^((a?){20})+b$",
                              "(.*)*(.*)*(.*)*=", "^(([a-z])+.)+[A-Z]([a-z])+$"}) {
    CAPTURE(pattern);
    CHECK_FALSE(found(pattern, many + "!"));
  }
  CHECK(found("^(a*)*$", many));
  CHECK(found("^(a+)+$", many));
}

TEST_CASE("what cannot be a pattern says so") {
  for (const char* pattern :
       {"(",       ")",     "a)",      "(a",   "[",           "[a",     "*",       "+a",
        "?",       "a**",   "^*",      "a{",   "a{x}",        "a{2,1}", "a{1001}", "{",
        "}",       "]",     "\\",      "\\1",  "\\b",         "\\p{L}", "\\c",     "(?=a)",
        "(?<n>a)", "[z-a]", "[a-\\d]", "\\x1", "\\u{110000}", "\\u{41"}) {
    CAPTURE(pattern);
    CHECK_FALSE(fault(pattern).empty());
  }
  CHECK(fault(std::string(100, '(') + std::string(100, ')')) == "nested too deeply");
  CHECK(fault("((a{1000}){1000}){1000}") == "the pattern is too large");
}

TEST_CASE("a pattern is searched for, and anchors hold it") {
  struct Case {
    const char* pattern;
    const char* text;
    bool found;
  };
  for (const auto& [pattern, text, expected] : std::vector<Case>{
           {"", "", true},
           {"", "x", true},
           {"b", "abc", true},
           {"^b", "abc", false},
           {"b$", "abc", false},
           {"^abc$", "abc", true},
           {"^$", "", true},
           {"^$", "x", false},
           {"a|b", "xb", true},
           {"^a|b$", "ax", true},
           {"^a|b$", "xb", true},
           {"^a|b$", "xbx", false},
           {"^(a|b)$", "ab", false},
           {"a*", "b", true},
           {"a*$", "b", true},
           {"^a*$", "b", false},
           {"^a+$", "", false},
           {"^a?b$", "b", true},
           {"^a{2}$", "aa", true},
           {"^a{2}$", "aaa", false},
           {"^a{2,}$", "aaaa", true},
           {"^a{0}$", "", true},
           {"^a{1,3}?$", "aaa", true},
           {"^a{1,3}$", "aaaa", false},
           {"^(?:ab)+$", "abab", true},
           {"^[a-c]+$", "abcabc", true},
           {"^[a-c]+$", "abcd", false},
           {"^[^a-c]+$", "xyz", true},
           {"^[^a-c]+$", "xaz", false},
           {"^[-a]+$", "a-a", true},
           {"^[a-]+$", "a-a", true},
           {"^[a\\-z]+$", "a-z", true},
           {"^[\\]]$", "]", true},
           {"^[\\d_]+$", "1_2", true},
           {"^[^\\d]+$", "12", false},
           {"[]", "a", false},
           {"^[^]$", "a", true},
           {"^\\d{3}-\\d{4}$", "555-1234", true},
           {"^\\w+$", "a_1", true},
           {"^\\W$", "a", false},
           {"^\\S+\\s\\S+$", "a b", true},
           {"^.$", "\n", false},
           {"^\\x41\\u0042\\u{43}$", "ABC", true},
           {"^\\/\\.\\*$", "/.*", true},
           {"^a\\tb$", "a\tb", true},
       }) {
    CAPTURE(pattern);
    CAPTURE(text);
    CHECK(found(pattern, text) == expected);
  }
}

TEST_CASE("characters are code points") {
  CHECK(found("^.$", "é"));
  CHECK(found("^.$", "😀"));
  CHECK(found("^[α-ω]+$", "λόγος") == false);  // accents are letters of their own
  CHECK(found("^[α-ω]+$", "λογος"));
  CHECK(found("^[^a]$", "😀"));
  CHECK(found("\\u{1f600}", "x😀y"));
  CHECK_FALSE(found("^é$", "e"));
}

TEST_CASE("a text goes on behind U+0000, and need not be UTF-8") {
  CHECK_FALSE(found("^[a-z]+$", std::string_view("abc\0<script>", 12)));
  CHECK(found("^a\\0b$", std::string_view("a\0b", 3)));
  for (const char* text : {"\xff", "\xc3", "a\xf0\x9f", "\x80\x80"}) {
    CHECK_FALSE(found("^[a-z]+$", text));
  }
}

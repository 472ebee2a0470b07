// SPDX-License-Identifier: MIT
//
// Strings are read and written in blocks of 16 and 64 bytes, and plain JSON has a reader of its
// own: what happens at every border, and that both readers agree.
#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "patchbay/protocol/json.hpp"

using namespace patchbay;
using namespace std::string_view_literals;

namespace {

constexpr std::size_t kDepth = 64;
// Beyond a long block, and then a short block and a rest.
constexpr std::size_t kLongest = 64 + 16 + 5;

constexpr std::string_view kMultibyte[] = {"\xc3\xa9", "\xe2\x80\xa8", "\xe2\x80\xa9",
                                           "\xf0\x9f\x98\x80"};

// `part` among x's: `before` of them, and some behind it.
std::string among(std::size_t before, std::string_view part, std::size_t behind = 20) {
  return std::string(before, 'x').append(part).append(behind, 'x');
}

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

// White space keeps the reader of plain JSON away.
Result<Value> parse_spaced(std::string_view text) {
  return parse_json(" " + std::string(text), kDepth);
}

std::string verdict(const Result<Value>& result) {
  return result ? to_json(*result) : "error " + std::to_string(static_cast<int>(result.error()));
}

// Calls the function with every position that the special part of a string can have.
template <typename Function>
void at_every_position(Function&& function) {
  for (std::size_t before = 0; before <= kLongest; ++before) {
    CAPTURE(before);
    function(before);
  }
}

}  // namespace

TEST_CASE("a string ends at its quote, wherever that stands") {
  at_every_position([](std::size_t length) {
    const std::string text(length, 'x');
    for (const std::size_t behind : {0, 1, 15, 16, 17, 64, 65}) {
      CAPTURE(behind);
      const auto value =
          parse_json("[" + quoted(text) + "," + quoted(among(behind, "")) + "]", kDepth);
      REQUIRE(value);
      CHECK((*value)[std::size_t{0}].as_string() == text);
    }
    const auto alone = parse_json(quoted(text), kDepth);
    REQUIRE(alone);
    CHECK(alone->as_string() == text);
    CHECK(parse_json("\"" + text, kDepth).error() == Errc::json_syntax);
  });
}

TEST_CASE("control characters are refused at every position, all others taken") {
  at_every_position([](std::size_t before) {
    for (int c = 0; c < 0x80; ++c) {
      if (c == '"' || c == '\\') continue;
      CAPTURE(c);
      const std::string text = among(before, std::string(1, static_cast<char>(c)));
      const auto value = parse_json(quoted(text), kDepth);
      if (c < 0x20) {
        CHECK(value.error() == Errc::json_syntax);
      } else {
        REQUIRE(value);
        CHECK(value->as_string() == text);
      }
    }
    for (const std::string_view character : kMultibyte) {
      const std::string text = among(before, character);
      const auto value = parse_json(quoted(text), kDepth);
      REQUIRE(value);
      CHECK(value->as_string() == text);
    }
  });
}

TEST_CASE("escapes are read at every position, and bad ones refused") {
  const struct {
    std::string_view escape;
    std::string_view value;
  } rows[] = {
      {R"(\n)", "\n"},
      {R"(\")", "\""},
      {R"(\\)", "\\"},
      {R"(\/)", "/"},
      {R"(\u0000)", "\0"sv},
      {R"(\u2028)", "\xe2\x80\xa8"},
      {R"(\ud83d\ude00)", "\xf0\x9f\x98\x80"},
      {R"(\ud83d)", "\xef\xbf\xbd"},
  };
  at_every_position([&](std::size_t before) {
    for (const auto& row : rows) {
      CAPTURE(row.escape);
      const auto value = parse_json(quoted(among(before, row.escape)), kDepth);
      REQUIRE(value);
      CHECK(value->as_string() == among(before, row.value));
      const auto key = parse_json("{" + quoted(among(before, row.escape)) + ":1}", kDepth);
      REQUIRE(key);
      CHECK(key->as_object().begin()->first == among(before, row.value));
    }
    for (const std::string_view bad : {R"(\x)", R"(\u12)", R"(\u00g0)", R"(\')", "\\\n"}) {
      CAPTURE(bad);
      CHECK(parse_json(quoted(among(before, bad)), kDepth).error() == Errc::json_syntax);
    }
    CHECK(parse_json("\"" + among(before, "\\", 0), kDepth).error() == Errc::json_syntax);
  });
}

TEST_CASE("escapes are written at every position") {
  const struct {
    std::string_view text;
    std::string_view escape;
  } rows[] = {
      {"\n", R"(\n)"},       {"\"", R"(\")"},         {"\\", R"(\\)"},
      {"\0"sv, R"(\u0000)"}, {"\x1a", R"(\u001a)"},   {"\x1f", R"(\u001f)"},
      {"\x7f", "\x7f"},      {"\\\"\n", R"(\\\"\n)"}, {"\xe2\x80\xa8", "\xe2\x80\xa8"},
  };
  at_every_position([&](std::size_t before) {
    for (const auto& row : rows) {
      CAPTURE(row.escape);
      for (const std::size_t behind : {0, 1, 16, 70}) {
        CHECK(to_json(among(before, row.text, behind)) ==
              quoted(among(before, row.escape, behind)));
      }
    }
  });
}

TEST_CASE("what is not UTF-8 is repaired at every position, what is stays as it is") {
  at_every_position([](std::size_t before) {
    for (const std::size_t behind : {0, 1, 16, 70}) {
      CHECK(to_json(among(before, "\xff", behind)) ==
            quoted(among(before, "\xef\xbf\xbd", behind)));
      CHECK(to_json(among(before, "\n\x80", behind)) ==
            quoted(among(before, "\\n\xef\xbf\xbd", behind)));
      for (const std::string_view character : kMultibyte) {
        const std::string text = among(before, character, behind);
        CHECK(to_json(text) == quoted(text));
      }
    }
  });
}

TEST_CASE("text grows from the stack to the heap in the middle of anything") {
  constexpr std::size_t kStack = 6 * 1024;
  for (std::size_t size = kStack - 40; size < kStack + 10; ++size) {
    CAPTURE(size);
    const std::string filler(size, 'x');
    const Value value(Array{filler, "\x01\x02\x03", std::string(50, '\n'), 1234567890, -1.5, true,
                            Object{{"key", Array{nullptr, filler}}}});
    const auto again = parse_json(to_json(value), kDepth);
    REQUIRE(again);
    CHECK(*again == value);
  }
  const std::string escapes(3 * kStack, '\x1f');
  const std::string written = to_json(escapes);
  CHECK(written.size() == 6 * escapes.size() + 2);
  const auto again = parse_json(written, kDepth);
  REQUIRE(again);
  CHECK(again->as_string() == escapes);
}

TEST_CASE("both readers say the same") {
  const std::string_view texts[] = {
      "",
      "[",
      "]",
      "{",
      "}",
      "[]",
      "{}",
      "[[],{},[[]],{\"a\":{}}]",
      "[1,]",
      "[,1]",
      "[1,,2]",
      "{,}",
      "{\"a\":1,}",
      "{\"a\"}",
      "{\"a\":}",
      "{\"a\",1}",
      "{1:2}",
      "[1}",
      "{\"a\":1]",
      "[1]]",
      "{\"a\":1}}",
      "[1],",
      "1,2",
      "[\"a\":1]",
      "true",
      "[true,false,null]",
      "[truefalse]",
      "[true1]",
      "[tru]",
      "[nul",
      "[nulll]",
      "0",
      "-0",
      "-",
      "--1",
      "01",
      "-01",
      "00",
      "0.0",
      "-0.0",
      "1.",
      ".1",
      "1.e1",
      "1e",
      "1e+",
      "1e5",
      "1E-5",
      "1.25e+2",
      "-0e595123372036854775808",
      "0.0e400",
      "12345678901234567890123456789012",
      "123456789012345678901234567890123",
      "0.123456789012345678901234567890",
      "-0.1234567890123456789012345678901",
      "[1e400]",
      "[1e-400]",
      "[9223372036854775807,9223372036854775808,-9223372036854775808]",
      "[1 ]",
      "[1\n]",
      "1x",
      "1\0"sv,
      "[1]\0"sv,
      "[\"\0\"]"sv,
      "\"\"",
      "\"",
      "\"a",
      "{\"a\":1,\"a\":2,\"b\":3,\"a\":4}",
      "{\"\":1,\"\":2}",
      "\xff",
      "[\"\xc3\xa9\"]",
      "[\"a\\u0041\",1]",
      "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18]",
      "[[1],[2],[3],[4],[5],[6],[7],[8],[9],[10],[11],[12],[13],[14],[15],[16],[17],[18,[19]]]",
  };
  for (const std::string_view text : texts) {
    CAPTURE(text);
    CHECK(verdict(parse_json(text, kDepth)) == verdict(parse_spaced(text)));
    const std::string inside = "[\"a\"," + std::string(text) + "]";
    CHECK(verdict(parse_json(inside, kDepth)) == verdict(parse_spaced(inside)));
  }
  // Rows of digits around the largest double.
  for (const std::size_t digits : {32, 33, 307, 308, 309, 310}) {
    CAPTURE(digits);
    for (const char digit : {'1', '9'}) {
      const std::string number(digits, digit);
      CHECK(verdict(parse_json(number, kDepth)) == verdict(parse_spaced(number)));
      CHECK(verdict(parse_json("[" + number + "]", kDepth)) ==
            verdict(parse_spaced("[" + number + "]")));
    }
  }
  for (const std::size_t depth : {kDepth - 1, kDepth, kDepth + 1}) {
    CAPTURE(depth);
    const std::string arrays = std::string(depth, '[') + std::string(depth, ']');
    CHECK(verdict(parse_json(arrays, kDepth)) == verdict(parse_spaced(arrays)));
    CHECK(parse_json(arrays, kDepth).has_value() == (depth <= kDepth));
  }
}

TEST_CASE("both readers build the same values of every size") {
  for (std::size_t size = 0; size < 70; ++size) {
    CAPTURE(size);
    Array array;
    Object object;
    for (std::size_t i = 0; i < size; ++i) {
      array.emplace_back(Array{i, "text of more than a few bytes", Object{{"i", i}}});
      object.set("key " + std::to_string(i), Array{1.5, "short", true});
    }
    for (const Value& value : {Value(array), Value(object)}) {
      const std::string text = to_json(value);
      const auto plain = parse_json(text, kDepth);
      const auto spaced = parse_spaced(text);
      REQUIRE(plain);
      REQUIRE(spaced);
      CHECK(*plain == value);
      CHECK(to_json(*plain) == text);
      CHECK(to_json(*spaced) == text);
    }
  }
}

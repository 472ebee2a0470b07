// SPDX-License-Identifier: MIT
#include "patchbay/protocol/json.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "patchbay/protocol/utf8.hpp"

using namespace patchbay;
using namespace std::string_view_literals;

namespace {

constexpr std::size_t kDepth = 64;

std::string repeated(std::string_view text, std::size_t count) {
  std::string result;
  result.reserve(text.size() * count);
  for (std::size_t i = 0; i < count; ++i) result += text;
  return result;
}

std::string nested(std::size_t depth) {
  return repeated("[", depth) + repeated("]", depth);
}

Value parsed(std::string_view text) {
  CAPTURE(text);
  auto value = parse_json(text, kDepth);
  REQUIRE(value);
  return *std::move(value);
}

// An object with the given number of members; `key` makes each member's key from its number.
template <typename Key>
std::string object_text(std::size_t members, Key key) {
  std::string text = "{";
  for (std::size_t i = 0; i < members; ++i) {
    if (i > 0) text += ',';
    text += '"' + key(i) + "\":" + std::to_string(i);
  }
  return text + '}';
}

}  // namespace

// --- Reading: what is refused --------------------------------------------------------------------

TEST_CASE("what is not JSON is a syntax error") {
  const std::string_view rows[] = {
      "",
      " ",
      "[",
      "]",
      "[1",
      "[1,]",
      "[,1]",
      "[1 2]",
      "{",
      "{\"a\"}",
      "{\"a\":}",
      "{\"a\":1,}",
      "{a:1}",
      "{1:1}",
      "{'a':1}",
      "'a'",
      "\"a",
      "\"\\",
      "\"\\x41\"",
      "\"\\u12\"",
      "\"\\u12g4\"",
      "\"\\ud800",
      "\"\\ud800\\u\"",
      "\"line\nbreak\"",
      "\"\t\"",
      "nul",
      "nullx",
      "True",
      "undefined",
      "NaN",
      "-NaN",
      "Infinity",
      "-Infinity",
      "Inf",
      "[1] // comment",
      "/* comment */ 1",
      "# comment\n1",
      "1 2",
      "[] []",
      "{}x",
      "\"a\"\"b\"",
      "01",
      "-01",
      "+1",
      ".5",
      "5.",
      "-",
      "1e",
      "1e+",
      "0x10",
      "1_000",
      "1,",
      "\xef\xbb\xbf[]",  // byte order mark
      "\xc2\xa0[]",      // no-break space
      "\v[]",
      "\f[]",
      "\0"sv,
      "[]\0"sv,
      "[]\0 junk"sv,
      "[\0]"sv,
      "1\0"sv,
      "\"a\0b\""sv,
      "\"a\"\0"sv,
      "\0[]"sv,
  };
  for (const std::string_view text : rows) {
    CAPTURE(text);
    CHECK(parse_json(text, kDepth).error() == Errc::json_syntax);
  }
}

TEST_CASE("numbers that no double can hold are refused") {
  for (const std::string_view text : {"1e309", "-1e309", "1.8e308", "1.7976931348623159e308",
                                      "10e308", "1e99999999999999999999", "0.0001e313"}) {
    CAPTURE(text);
    CHECK(parse_json(text, kDepth).error() == Errc::json_number_range);
    CHECK(parse_json("[0," + std::string(text) + "]", kDepth).error() == Errc::json_number_range);
  }
  CHECK(parse_json(std::string(1'000'000, '7'), kDepth).error() == Errc::json_number_range);
}

TEST_CASE("the depth limit allows exactly as many levels as it says") {
  CHECK(parse_json(nested(kDepth), kDepth));
  CHECK(parse_json(nested(kDepth + 1), kDepth).error() == Errc::json_too_deep);
  const std::string objects = repeated("{\"a\":", kDepth) + "1" + repeated("}", kDepth);
  CHECK(parse_json(objects, kDepth));
  CHECK(parse_json("[" + objects + "]", kDepth).error() == Errc::json_too_deep);
  CHECK(parse_json("1", 0));
  CHECK(parse_json("[]", 0).error() == Errc::json_too_deep);
  CHECK(parse_json("[[],[],[[]]]", 3));
}

TEST_CASE("depth costs no stack") {
  const std::string open(std::size_t{1} << 20, '[');
  CHECK(parse_json(open, kDepth).error() == Errc::json_too_deep);
  CHECK(parse_json(open, open.size()).error() == Errc::json_syntax);
  CHECK(parse_json(repeated("{\"\":", 200'000), 200'000).error() == Errc::json_syntax);
}

// --- Reading: what comes out ---------------------------------------------------------------------

TEST_CASE("JSON becomes the value it says") {
  const Value value =
      parsed(" \r\n\t{ \"a\" : [ 1 , -2.5 , true , false , null , \"x\" ] , \"\" : { } } \n");
  CHECK(value == Value(Object{{"a", Array{1, -2.5, true, false, nullptr, "x"}}, {"", Object()}}));
}

TEST_CASE("integers that fit are exact, all other numbers are doubles") {
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
  const struct {
    std::string_view text;
    Value value;
  } rows[] = {
      {"0", 0},
      {"-0", 0},
      {"4294967295", 4294967295},
      {"-2147483648", -2147483648LL},
      {"9007199254740993", 9007199254740993},
      {"9223372036854775807", kMax},
      {"-9223372036854775808", kMin},
      {"9223372036854775808", 9223372036854775808.0},
      {"-9223372036854775809", -9223372036854775808.0},
      {"18446744073709551615", 18446744073709551616.0},
      {"18446744073709551616", 18446744073709551616.0},
      {"123456789012345678901234567890", 123456789012345678901234567890.0},
      {"1.0", 1.0},
      {"1e3", 1000.0},
      {"1E+3", 1000.0},
      {"1e-3", 0.001},
      {"0.1", 0.1},
      {"1.7976931348623157e308", std::numeric_limits<double>::max()},
      {"0.00001e313", 1e308},
      {"5e-324", std::numeric_limits<double>::denorm_min()},
      {"3e-324", std::numeric_limits<double>::denorm_min()},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const Value value = parsed(row.text);
    CHECK(value.type() == row.value.type());
    CHECK(value == row.value);
  }
}

TEST_CASE("numbers too small for a double are zero, however they are written") {
  for (const std::string& text :
       {std::string("2e-324"), std::string("1e-400"), std::string("-1.5e-99999999999999999999"),
        "0." + std::string(400, '0') + "1", "0." + std::string(400, '0') + "2e77",
        "0." + std::string(1'000'000, '0') + "1e-2147483639"}) {
    CAPTURE(text.substr(0, 40));
    const auto value = parse_json(text, kDepth);
    REQUIRE(value);
    CHECK(*value == Value(0.0));
  }
  CHECK(parsed("0." + std::string(400, '0') + "9e401") == Value(9.0));
}

TEST_CASE("escapes become UTF-8") {
  const struct {
    std::string_view text;
    std::string_view value;
  } rows[] = {
      {R"("\"\\\/\b\f\n\r\t")", "\"\\/\b\f\n\r\t"},
      {R"("\u0041\u00e9\u20AC")", "A\xc3\xa9\xe2\x82\xac"},
      {R"("a\u0000b")", "a\0b"sv},
      {R"("\ud83d\ude00")", "\xf0\x9f\x98\x80"},
      {R"("\uD83D\uDE00")", "\xf0\x9f\x98\x80"},
      {R"("\udbff\udfff")", "\xf4\x8f\xbf\xbf"},
      {R"("\ud7ff\ue000\uffff")", "\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"},
      {"\"\x7f\"", "\x7f"},
      {"\"\xed\x9f\xbf\"", "\xed\x9f\xbf"},  // U+D7FF as it is
      {"\"\xed\x95\x9c\xea\xb8\x80\"", "\xed\x95\x9c\xea\xb8\x80"},
      {"\"\xf0\x9f\x98\x80\"", "\xf0\x9f\x98\x80"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(parsed(row.text).as_string() == row.value);
  }
}

TEST_CASE("the escape of a lone surrogate becomes U+FFFD, in values and in keys") {
  const struct {
    std::string_view text;
    std::string_view value;
  } rows[] = {
      {R"(\ud800)", "\xef\xbf\xbd"},
      {R"(\uDBFF)", "\xef\xbf\xbd"},
      {R"(\udc00)", "\xef\xbf\xbd"},
      {R"(\uDFFF)", "\xef\xbf\xbd"},
      {R"(a\ud83dz)", "a\xef\xbf\xbdz"},
      {R"(\ude00\ud83d)", "\xef\xbf\xbd\xef\xbf\xbd"},
      {R"(\ud83d\ud83d\ude00)", "\xef\xbf\xbd\xf0\x9f\x98\x80"},
      {R"(\ud83d\ude00\ude00)", "\xf0\x9f\x98\x80\xef\xbf\xbd"},
      {R"(\ud83d\n)", "\xef\xbf\xbd\n"},
      {R"(\ud83d\u0041)",
       "\xef\xbf\xbd"
       "A"},
      {R"(\ud83d\\ude00)", "\xef\xbf\xbd\\ude00"},
      {R"(\\ud83d)", R"(\ud83d)"},
      {R"(\\\ud83d)", "\\\xef\xbf\xbd"},
      {R"(\"\ud83d\")", "\"\xef\xbf\xbd\""},
      {"\\ud83d\xf0\x9f\x98\x80", "\xef\xbf\xbd\xf0\x9f\x98\x80"},
      {"\xed\x9f\xbf\\ud83d", "\xed\x9f\xbf\xef\xbf\xbd"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const std::string text = '"' + std::string(row.text) + '"';
    CHECK(parsed(text).as_string() == row.value);
    const Value object = parsed("{" + text + ":1}");
    REQUIRE(object.as_object().size() == 1);
    CHECK(object.as_object().begin()->first == row.value);
  }
}

TEST_CASE("of a key that comes twice the last value counts, in the first place") {
  CHECK(to_json(parsed(R"({"a":1,"b":2,"a":{"c":3},"\u0061":4})")) == R"({"a":4,"b":2})");
  CHECK(to_json(parsed(R"({"__proto__":1,"constructor":2,"__proto__":3})")) ==
        R"({"__proto__":3,"constructor":2})");
}

TEST_CASE("duplicate keys are merged in objects of every size") {
  for (std::size_t distinct = 1; distinct < 40; ++distinct) {
    CAPTURE(distinct);
    const std::size_t members = 3 * distinct;
    const Value value = parsed(
        object_text(members, [&](std::size_t i) { return "k" + std::to_string(i % distinct); }));
    Object expected;
    for (std::size_t i = 0; i < distinct; ++i) {
      expected.set("k" + std::to_string(i), 2 * distinct + i);
    }
    CHECK(to_json(value) == to_json(expected));
  }
}

TEST_CASE("large objects keep the order of their keys and the values of nested ones") {
  constexpr std::size_t kMembers = 1000;
  const std::string text = object_text(kMembers, [](std::size_t i) {
    return std::to_string(i * 7919 % kMembers);  // in no order
  });
  CHECK(to_json(parsed(text)) == text);
  const std::string outer = R"({"first":)" + text + R"(,"second":)" + text + "}";
  CHECK(to_json(parsed(outer)) == outer);
}

TEST_CASE("the time to read an object is about linear in its keys, whatever they are") {
  using Clock = std::chrono::steady_clock;
  constexpr std::size_t kMembers = 100'000;
  // With a search per key each of these would take minutes.
  const std::string texts[] = {
      object_text(kMembers, [](std::size_t i) { return std::to_string(i); }),
      object_text(kMembers, [](std::size_t) { return std::string("same"); }),
      object_text(kMembers, [](std::size_t i) { return std::to_string(i / 2); }),
  };
  const std::size_t sizes[] = {kMembers, 1, kMembers / 2};
  for (std::size_t i = 0; i < std::size(texts); ++i) {
    CAPTURE(i);
    const auto start = Clock::now();
    const auto value = parse_json(texts[i], kDepth);
    CHECK(Clock::now() - start < std::chrono::seconds(10));
    REQUIRE(value);
    REQUIRE(value->as_object().size() == sizes[i]);
    CHECK((value->as_object().end() - 1)->second == Value(kMembers - 1));
  }
}

// --- Writing -------------------------------------------------------------------------------------

TEST_CASE("doubles are written as JavaScript writes them") {
  const struct {
    double value;
    std::string_view text;
  } rows[] = {
      {0.0, "0"},
      {-0.0, "0"},
      {1.0, "1"},
      {-1.0, "-1"},
      {0.1, "0.1"},
      {0.1 + 0.2, "0.30000000000000004"},
      {1.0 / 3, "0.3333333333333333"},
      {2.0 / 3, "0.6666666666666666"},
      {4.35, "4.35"},
      {100.0, "100"},
      {123456.789, "123456.789"},
      {1700000000.123, "1700000000.123"},
      {0.000001, "0.000001"},
      {0.000001234, "0.000001234"},
      {1e-7, "1e-7"},
      {-1e-7, "-1e-7"},
      {1.5e-7, "1.5e-7"},
      {5e-324, "5e-324"},
      {2.2250738585072014e-308, "2.2250738585072014e-308"},
      {1e20, "100000000000000000000"},
      {5e20, "500000000000000000000"},
      {999999999999999900000.0, "999999999999999900000"},
      {123456789012345680000.0, "123456789012345680000"},
      {1e21, "1e+21"},
      {1234567890123456800000.0, "1.2345678901234568e+21"},
      {1e23, "1e+23"},
      {1e100, "1e+100"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {-1.7976931348623157e308, "-1.7976931348623157e+308"},
      {9007199254740992.0, "9007199254740992"},
      {9007199254740994.0, "9007199254740994"},
      {9223372036854775808.0, "9223372036854776000"},
      {18446744073709551616.0, "18446744073709552000"},
      {std::numeric_limits<double>::infinity(), "null"},
      {-std::numeric_limits<double>::infinity(), "null"},
      {std::numeric_limits<double>::quiet_NaN(), "null"},
      {std::bit_cast<double>(0xd9dad95468700f7eULL), "-7.099461931155563e+124"},
      {std::bit_cast<double>(0xef4e5257191ec6ffULL), "-1.4366118480080647e+228"},
      {std::bit_cast<double>(0xd9ae4022c2556889ULL), "-9.998646834050851e+123"},
      {std::bit_cast<double>(0x45f71493e9aae625ULL), "1.1428851584899442e+29"},
      {std::bit_cast<double>(0x58b07c294c899f79ULL), "1.6628282264279742e+119"},
      {std::bit_cast<double>(0x674027930534db24ULL), "2.249278087052891e+189"},
      {std::bit_cast<double>(0x41fbd6b0d4526b1eULL), "7472876869.151152"},
      {std::bit_cast<double>(0x40f780da4ecc7648ULL), "96269.64423795894"},
      {std::bit_cast<double>(0x419b23fe8481d1e0ULL), "113835937.12677717"},
      {std::bit_cast<double>(0x41b04d54b592596cULL), "273503413.57167697"},
      {std::bit_cast<double>(0x40ba14cccccccccdULL), "6676.8"},
      {std::bit_cast<double>(0x40a9df7126e978d5ULL), "3311.721"},
      {std::bit_cast<double>(0x3f4cbafea898e433ULL), "0.0008767837"},
      {std::bit_cast<double>(0x3f10aa8540c66a9aULL), "0.00006357611"},
      {std::bit_cast<double>(0x42bd00d4ac689c05ULL), "31889405274268.02"},
      {std::bit_cast<double>(0x4154bb5b4c89f2c3ULL), "5434733.195919695"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(to_json(row.value) == row.text);
    if (row.text != "null") CHECK(parsed(row.text).as_double() == row.value);
  }
}

TEST_CASE("integers are written in full") {
  CHECK(to_json(0) == "0");
  CHECK(to_json(-7) == "-7");
  CHECK(to_json(std::numeric_limits<std::int64_t>::max()) == "9223372036854775807");
  CHECK(to_json(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
}

TEST_CASE("all control characters, the quote and the backslash are escaped, and nothing else") {
  const std::string_view escapes[] = {
      R"(\u0000)", R"(\u0001)", R"(\u0002)", R"(\u0003)", R"(\u0004)", R"(\u0005)", R"(\u0006)",
      R"(\u0007)", R"(\b)",     R"(\t)",     R"(\n)",     R"(\u000b)", R"(\f)",     R"(\r)",
      R"(\u000e)", R"(\u000f)", R"(\u0010)", R"(\u0011)", R"(\u0012)", R"(\u0013)", R"(\u0014)",
      R"(\u0015)", R"(\u0016)", R"(\u0017)", R"(\u0018)", R"(\u0019)", R"(\u001a)", R"(\u001b)",
      R"(\u001c)", R"(\u001d)", R"(\u001e)", R"(\u001f)",
  };
  for (int c = 0; c < 0x80; ++c) {
    CAPTURE(c);
    const char character = static_cast<char>(c);
    std::string expected(1, character);
    if (c < 0x20) expected = escapes[c];
    if (character == '"' || character == '\\') expected = std::string("\\") + character;
    CHECK(to_json(std::string(1, character)) == '"' + expected + '"');
  }
  for (const std::string_view text : {"\xc3\xa9", "\xe2\x80\xa8\xe2\x80\xa9", "\xed\x9f\xbf",
                                      "\xf0\x9f\x98\x80", "</script>", "'"}) {
    CHECK(to_json(text) == '"' + std::string(text) + '"');
  }
}

TEST_CASE("values are written without white space, keys escaped and in order") {
  const Value value(Object{{"b", Array{1, 2.5, "x", nullptr, true}},
                           {"a\"\n", Object{}},
                           {"", Array{}},
                           {"bin", Bytes("data")}});
  CHECK(to_json(value) == R"({"b":[1,2.5,"x",null,true],"a\"\n":{},"":[],"bin":null})");
}

TEST_CASE("text is appended, and what was there before is left alone") {
  std::string out = "\xff";
  write_json(out, Array{"a\xff", 1});
  CHECK(out == "\xff[\"a\xef\xbf\xbd\",1]");
  write_json_string(out, "q\"\xff");
  CHECK(out == "\xff[\"a\xef\xbf\xbd\",1]\"q\\\"\xef\xbf\xbd\"");
}

TEST_CASE("what is not UTF-8 becomes U+FFFD") {
  const struct {
    std::string_view text;
    std::string_view written;
  } rows[] = {
      {"\xff", "\xef\xbf\xbd"},
      {"a\xc3", "a\xef\xbf\xbd"},                // cut short just before the closing quote
      {"\xc3\"", "\xef\xbf\xbd\\\""},            // ... and before an escape
      {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},  // overlong
      {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},  // a surrogate
      {"\xf0\x9f\x98", "\xef\xbf\xbd"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const std::string expected = '"' + std::string(row.written) + '"';
    CHECK(to_json(row.text) == expected);
    std::string object = "{";
    object.append(expected).append(":").append(expected).append("}");
    CHECK(to_json(Object{{std::string(row.text), row.text}}) == object);
    std::string out;
    write_json_string(out, row.text);
    CHECK(out == expected);
    CHECK(is_valid_utf8(out));
  }
}

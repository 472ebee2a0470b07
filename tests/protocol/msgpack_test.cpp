// SPDX-License-Identifier: MIT
//
// Vectors marked notepack were written by notepack.io 2.2.0 and 3.0.1.
#include "patchbay/protocol/msgpack.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../support/hex.hpp"
#include "patchbay/protocol/json.hpp"

using namespace patchbay;
using patchbay::test::from_hex;
using patchbay::test::to_hex;

namespace {

constexpr std::size_t kDepth = 64;

std::string repeated(std::string_view text, std::size_t count) {
  std::string result;
  result.reserve(text.size() * count);
  for (std::size_t i = 0; i < count; ++i) result += text;
  return result;
}

Errc error_of(std::string_view hex, std::size_t depth = kDepth) {
  return parse_msgpack(from_hex(hex), depth).error();
}

Value parsed(std::string_view hex) {
  CAPTURE(hex);
  auto value = parse_msgpack(from_hex(hex), kDepth);
  REQUIRE(value);
  return *std::move(value);
}

std::string written(const Value& value) {
  std::string out;
  append_msgpack(out, value);
  return to_hex(out);
}

Value bytes(std::string_view hex) {
  return Bytes(from_hex(hex));
}

}  // namespace

// --- Reading: what is refused --------------------------------------------------------------------

TEST_CASE("MessagePack that is not exactly one known value is refused") {
  const struct {
    std::string_view hex;
    Errc error;
  } rows[] = {
      {"", Errc::msgpack_truncated},
      // The byte that begins nothing.
      {"c1", Errc::msgpack_syntax},
      {"91 c1", Errc::msgpack_syntax},
      {"81 a1 61 c1", Errc::msgpack_syntax},
      // Something behind the value.
      {"c0 c0", Errc::msgpack_syntax},
      {"90 00", Errc::msgpack_syntax},
      {"91 01 00", Errc::msgpack_syntax},
      {"a1 61 62", Errc::msgpack_syntax},
      {"80 80", Errc::msgpack_syntax},
      // Keys that are not strings.
      {"81 01 c0", Errc::msgpack_bad_key},
      {"81 c0 c0", Errc::msgpack_bad_key},
      {"81 c3 c0", Errc::msgpack_bad_key},
      {"81 c4 01 61 c0", Errc::msgpack_bad_key},
      {"81 90 c0", Errc::msgpack_bad_key},
      {"81 80 c0", Errc::msgpack_bad_key},
      {"81 d4 00 00 c0", Errc::msgpack_bad_key},
      {"81 c1 c0", Errc::msgpack_bad_key},
      {"82 a1 61 01 02 03", Errc::msgpack_bad_key},
      // Strings that are not UTF-8.
      {"a1 80", Errc::msgpack_invalid_utf8},
      {"a2 c3 28", Errc::msgpack_invalid_utf8},
      {"a1 c3", Errc::msgpack_invalid_utf8},
      {"a2 c0 80", Errc::msgpack_invalid_utf8},
      {"a3 ed a0 80", Errc::msgpack_invalid_utf8},
      {"d9 01 ff", Errc::msgpack_invalid_utf8},
      {"da 00 01 ff", Errc::msgpack_invalid_utf8},
      {"db 00 00 00 01 ff", Errc::msgpack_invalid_utf8},
      {"81 a1 ff c0", Errc::msgpack_invalid_utf8},
      {"92 a1 c3 a1 a9", Errc::msgpack_invalid_utf8},  // a character torn in two
      // Extensions without a meaning.
      {"d4 01 00", Errc::msgpack_unknown_extension},
      {"d5 7f 00 00", Errc::msgpack_unknown_extension},
      {"d6 80 00 00 00 00", Errc::msgpack_unknown_extension},
      {"d7 02 00 00 00 00 00 00 00 00", Errc::msgpack_unknown_extension},
      {"c7 00 fe", Errc::msgpack_unknown_extension},
      {"c8 00 01 05 00", Errc::msgpack_unknown_extension},
      {"c9 00 00 00 00 05", Errc::msgpack_unknown_extension},
      // Timestamps of another size, or with a second of more than a second.
      {"d4 ff 00", Errc::msgpack_syntax},
      {"d5 ff 00 00", Errc::msgpack_syntax},
      {"c7 00 ff", Errc::msgpack_syntax},
      {"c7 0b ff 00 00 00 00 00 00 00 00 00 00 00", Errc::msgpack_syntax},
      {"d7 ff ee 6b 28 00 00 00 00 00", Errc::msgpack_syntax},
      {"c7 0c ff 3b 9a ca 00 00 00 00 00 00 00 00 00", Errc::msgpack_syntax},
  };
  for (const auto& row : rows) {
    CAPTURE(row.hex);
    CHECK(error_of(row.hex) == row.error);
  }
}

TEST_CASE("what announces more than there is is refused at once") {
  const std::string_view rows[] = {
      // Sizes of four gigabytes with nothing, or little, behind them.
      "db ff ff ff ff",
      "c6 ff ff ff ff",
      "c9 ff ff ff ff 00",
      "dd ff ff ff ff",
      "df ff ff ff ff",
      "df 80 00 00 00",
      "db ff ff ff ff 61 61",
      "dd ff ff ff ff c0 c0",
      "df ff ff ff ff a1 61 c0",
      "dc ff ff c0",
      "de ff ff a1 61 c0",
      "da ff ff 61",
      "c5 ff ff 61",
      "c8 ff ff 00 61",
      // One too many.
      "92 c0",
      "81 a1 61",
      "82 a1 61 c0",
      "82 a1 61 c0 a1",
      "a2 61",
      // What is behind a size cannot belong to it and to what has been announced before.
      "92 a2 61 61",
      "92 c4 02 61 61",
      "93 ce 00 00 00 00",
      "92 d7 00 00 00 00 00 00 00 00 00",
      "92 91 c0",
      "92 81 a1 61",
      // Had it been read on, the next byte would be another error.
      "93 92 92 c1",
      "dd 00 00 00 03 dd 00 00 00 02 dd 00 00 00 02 c1 c1 c1 c1",
      "82 a1 61 82 a1 61 c1",
  };
  for (const std::string_view row : rows) {
    CAPTURE(row);
    CHECK(error_of(row) == Errc::msgpack_truncated);
  }
}

TEST_CASE("every beginning of a value is too short") {
  const std::string_view rows[] = {
      "cd 01 00",
      "cf 00 1f ff ff ff ff ff ff",
      "ca 3f c0 00 00",
      "cb 3f f8 00 00 00 00 00 00",
      "d0 df",
      "d3 ff e0 00 00 00 00 00 01",
      "da 00 03 61 62 63",
      "db 00 00 00 03 61 62 63",
      "c4 03 01 02 ff",
      "c5 00 03 01 02 ff",
      "c6 00 00 00 03 01 02 ff",
      "c7 03 00 01 02 03",
      "c8 00 03 00 01 02 03",
      "c9 00 00 00 03 00 01 02 03",
      "d4 00 00",
      "d7 00 00 00 01 8d 5f 83 e8 95",
      "d6 ff 65 ba 3e 70",
      "c7 0c ff 3b 8b 87 c0 ff ff ff ff ff ff ff ff",
      "dc 00 02 c0 c0",
      "dd 00 00 00 02 c0 c0",
      "de 00 01 a1 61 c0",
      "df 00 00 00 01 a1 61 c0",
      "82 a1 61 92 01 c4 01 00 a1 62 81 a1 63 a3 78 79 7a",
  };
  for (const std::string_view row : rows) {
    const std::string whole = from_hex(row);
    CAPTURE(row);
    CHECK(parse_msgpack(whole, kDepth).error() == Errc::none);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      CAPTURE(size);
      // A copy of exactly that size: a sanitizer then sees every byte read behind it.
      const std::vector<char> begin(whole.data(), whole.data() + size);
      CHECK(parse_msgpack({begin.data(), begin.size()}, kDepth).error() == Errc::msgpack_truncated);
    }
  }
}

TEST_CASE("MessagePack may be nested up to the limit") {
  const auto arrays = [](std::size_t depth) { return repeated("91", depth - 1) + "90"; };
  const auto maps = [](std::size_t depth) { return repeated("81a161", depth - 1) + "80"; };
  CHECK(error_of(arrays(kDepth)) == Errc::none);
  CHECK(error_of(maps(kDepth)) == Errc::none);
  CHECK(error_of(arrays(kDepth + 1)) == Errc::msgpack_too_deep);
  CHECK(error_of(maps(kDepth + 1)) == Errc::msgpack_too_deep);
  CHECK(error_of(repeated("91", 1'000'000)) == Errc::msgpack_too_deep);
  CHECK(error_of(repeated("81a161", 100'000)) == Errc::msgpack_too_deep);
  CHECK(error_of("01", 0) == Errc::none);
  CHECK(error_of("90", 0) == Errc::msgpack_too_deep);
  CHECK(error_of("92 90 90", 2) == Errc::none);
}

TEST_CASE("a map of very many keys is read quickly, whatever the keys") {
  constexpr std::size_t kKeys = 100'000;
  const auto map = [](bool same) {
    std::string data = from_hex("df 00 01 86 a0");
    for (std::size_t i = 0; i < kKeys; ++i) {
      append_msgpack(data, same ? "key" : "key " + std::to_string(i));
      append_msgpack(data, static_cast<double>(i));
    }
    return data;
  };
  const auto begin = std::chrono::steady_clock::now();
  const auto different = parse_msgpack(map(false), kDepth);
  const auto same = parse_msgpack(map(true), kDepth);
  // Each takes some 50 ms; comparing all pairs would take minutes.
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
  REQUIRE(different);
  CHECK(different->as_object().size() == kKeys);
  REQUIRE(same);
  CHECK(to_json(*same) == R"({"key":99999})");
}

// --- Reading: what is understood -----------------------------------------------------------------

TEST_CASE("integers keep all their bits as long as 64 with a sign hold them") {
  const struct {
    std::string_view hex;
    Value value;
  } rows[] = {
      {"00", 0},
      {"7f", 127},
      {"ff", -1},
      {"e0", -32},
      {"cc 00", 0},
      {"cc ff", 255},
      {"cd ff ff", 65535},
      {"ce ff ff ff ff", 4294967295},
      {"cf 7f ff ff ff ff ff ff ff", std::numeric_limits<std::int64_t>::max()},
      {"d0 7f", 127},
      {"d0 80", -128},
      {"d1 80 00", -32768},
      {"d2 80 00 00 00", std::numeric_limits<std::int32_t>::min()},
      {"d3 80 00 00 00 00 00 00 00", std::numeric_limits<std::int64_t>::min()},
      {"d3 00 00 00 00 00 00 00 05", 5},
  };
  for (const auto& row : rows) {
    CAPTURE(row.hex);
    const Value value = parsed(row.hex);
    CHECK(value.is_integer());
    CHECK(value == row.value);
  }
}

TEST_CASE("larger integers become doubles") {
  CHECK(parsed("cf 80 00 00 00 00 00 00 00").get_if<double>());
  CHECK(parsed("cf 80 00 00 00 00 00 00 00") == Value(0x1p63));
  CHECK(parsed("cf ff ff ff ff ff ff ff ff") == Value(0x1p64));
}

TEST_CASE("floats of both sizes are doubles, also those that are no number") {
  CHECK(parsed("ca 3f c0 00 00") == Value(1.5));
  CHECK(parsed("cb bf f8 00 00 00 00 00 00") == Value(-1.5));
  CHECK(parsed("cb 40 14 00 00 00 00 00 00").get_if<double>());
  CHECK(parsed("cb 7f f0 00 00 00 00 00 00") == Value(HUGE_VAL));
  CHECK(std::isnan(parsed("ca 7f c0 00 00").as_double()));
  CHECK(std::isnan(parsed("cb 7f f8 00 00 00 00 00 00").as_double()));
}

TEST_CASE("every form of strings, binary, arrays and maps") {
  const struct {
    std::string_view hex;
    Value value;
  } rows[] = {
      {"c0", nullptr},
      {"c2", false},
      {"c3", true},
      {"a0", ""},
      {"a6 c3 a9 f0 9f 98 80", "\xc3\xa9\xf0\x9f\x98\x80"},
      {"a1 00", std::string(1, '\0')},
      {"d9 01 61", "a"},
      {"da 00 01 61", "a"},
      {"db 00 00 00 01 61", "a"},
      {"c4 00", Bytes()},
      {"c4 02 00 ff", bytes("00ff")},
      {"c5 00 01 ff", bytes("ff")},
      {"c6 00 00 00 01 ff", bytes("ff")},
      {"90", Array{}},
      {"92 01 91 02", Array{1, Array{2}}},
      {"dc 00 01 01", Array{1}},
      {"dd 00 00 00 01 01", Array{1}},
      {"dc 00 00", Array{}},
      {"80", Object{}},
      {"82 a1 61 01 a1 62 81 a1 63 c0", Object{{"a", 1}, {"b", Object{{"c", nullptr}}}}},
      {"81 d9 01 61 01", Object{{"a", 1}}},
      {"81 da 00 01 61 01", Object{{"a", 1}}},
      {"81 db 00 00 00 01 61 01", Object{{"a", 1}}},
      {"de 00 01 a1 61 01", Object{{"a", 1}}},
      {"df 00 00 00 01 a1 61 01", Object{{"a", 1}}},
      {"df 00 00 00 00", Object{}},
      {"81 a0 90", Object{{"", Array{}}}},
      {"81 a9 5f 5f 70 72 6f 74 6f 5f 5f 01", Object{{"__proto__", 1}}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.hex);
    CHECK(parsed(row.hex) == row.value);
  }
}

TEST_CASE("of equal keys the last one wins, in the place of the first") {
  CHECK(to_json(parsed("83 a1 61 01 a1 62 02 a1 61 03")) == R"({"a":3,"b":2})");
}

TEST_CASE("notepack's ArrayBuffer is binary, of whatever size") {
  CHECK(parsed("c7 03 00 01 02 03") == bytes("010203"));
  CHECK(parsed("c7 00 00") == Value(Bytes()));
  CHECK(parsed("c7 01 00 09") == bytes("09"));
  CHECK(parsed("c7 08 00 01 02 03 04 05 06 07 08") == bytes("0102030405060708"));
  CHECK(parsed("c8 00 01 00 09") == bytes("09"));
  CHECK(parsed("c9 00 00 00 01 00 09") == bytes("09"));
  // Encoders that choose the smallest form.
  CHECK(parsed("d5 00 01 02") == bytes("0102"));
  CHECK(parsed("d6 00 01 02 03 04") == bytes("01020304"));
}

TEST_CASE("notepack's undefined is what JSON makes of it") {
  CHECK(to_json(parsed("82 a1 61 d4 00 00 a1 62 01")) == R"({"b":1})");
  CHECK(to_json(parsed("81 a1 61 91 d4 00 00")) == R"({"a":[null]})");
  CHECK(to_json(parsed("91 81 a1 61 d4 00 00")) == R"([{}])");
  CHECK(parsed("d4 00 00").is_null());
  CHECK(to_json(parsed("82 a1 61 d4 00 00 a1 62 80")) == R"({"b":{}})");
}

TEST_CASE("dates become the text that JSON carries") {
  const struct {
    std::string_view hex;
    std::string_view text;
  } rows[] = {
      // notepack 2.2
      {"d7 00 00 00 01 8d 5f 83 e8 95", "2024-01-31T12:34:56.789Z"},
      {"d7 00 ff ff ff ff ff ff ff ff", "1969-12-31T23:59:59.999Z"},
      {"d7 00 00 00 00 00 00 00 00 00", "1970-01-01T00:00:00.000Z"},
      {"d7 00 00 1e b2 08 c2 dc 00 00", "+275760-09-13T00:00:00.000Z"},
      {"d7 00 ff e1 4d f7 3d 24 00 00", "-271821-04-20T00:00:00.000Z"},
      {"d7 00 00 00 e6 77 d2 1f dc 00", "+010000-01-01T00:00:00.000Z"},
      {"d7 00 ff ff c7 6f 79 ac fe 20", "-000001-03-04T05:06:07.008Z"},
      {"d7 00 00 00 00 dd 9a a6 e0 00", "2000-02-29T00:00:00.000Z"},
      // notepack 3.0
      {"d7 ff bc 1c bd 00 65 ba 3e 70", "2024-01-31T12:34:56.789Z"},
      {"c7 0c ff 3b 8b 87 c0 ff ff ff ff ff ff ff ff", "1969-12-31T23:59:59.999Z"},
      {"c7 0c ff 00 00 00 00 00 00 07 db a8 21 80 00", "+275760-09-13T00:00:00.000Z"},
      {"c7 0c ff 00 00 00 00 ff ff f8 24 57 de 80 00", "-271821-04-20T00:00:00.000Z"},
      {"c7 0c ff 00 7a 12 00 ff ff ff f1 84 fc 55 3f", "-000001-03-04T05:06:07.008Z"},
      {"d6 ff 38 bb 0c 00", "2000-02-29T00:00:00.000Z"},
      {"d6 ff 65 ba 3e 70", "2024-01-31T12:34:56.000Z"},
      {"d6 ff ff ff ff ff", "2106-02-07T06:28:15.000Z"},
      // All 34 bits of the seconds, and a nanosecond short of the next.
      {"d7 ff ee 6b 27 ff ff ff ff ff", "2514-05-30T01:53:03.999Z"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.hex);
    CHECK(parsed(row.hex) == Value(row.text));
  }
}

TEST_CASE("a date that JavaScript does not know is null") {
  const std::string_view rows[] = {
      "d7 00 00 1e b2 08 c2 dc 00 01",
      "d7 00 ff e1 4d f7 3d 23 ff ff",
      "d7 00 7f ff ff ff ff ff ff ff",
      "d7 00 80 00 00 00 00 00 00 00",
      "c7 0c ff 00 00 00 00 00 00 07 db a8 21 80 01",
      "c7 0c ff 00 00 00 00 7f ff ff ff ff ff ff ff",
      "c7 0c ff 00 00 00 00 80 00 00 00 00 00 00 00",
      "c7 0c ff 00 0f 42 40 00 00 07 db a8 21 80 00",  // a millisecond past the last
  };
  for (const std::string_view row : rows) CHECK(parsed(row).is_null());
}

// --- Writing -------------------------------------------------------------------------------------

TEST_CASE("values are written in their smallest form, as notepack does") {
  const struct {
    Value value;
    std::string_view hex;
  } rows[] = {
      {nullptr, "c0"},
      {true, "c3"},
      {false, "c2"},
      {0, "00"},
      {127, "7f"},
      {128, "cc80"},
      {255, "ccff"},
      {256, "cd0100"},
      {65535, "cdffff"},
      {65536, "ce00010000"},
      {4294967295, "ceffffffff"},
      {4294967296, "cf0000000100000000"},
      {9007199254740991, "cf001fffffffffffff"},
      {-1, "ff"},
      {-32, "e0"},
      {-33, "d0df"},
      {-128, "d080"},
      {-129, "d1ff7f"},
      {-32768, "d18000"},
      {-32769, "d2ffff7fff"},
      {-2147483648LL, "d280000000"},
      {-2147483649LL, "d3ffffffff7fffffff"},
      {-9007199254740991, "d3ffe0000000000001"},
      {1.5, "cb3ff8000000000000"},
      {0.1, "cb3fb999999999999a"},
      {5.0, "05"},
      {-5.0, "fb"},
      {-0.0, "00"},
      {HUGE_VAL, "cb7ff0000000000000"},
      {std::nan(""), "cb7ff8000000000000"},
      {"", "a0"},
      {"\xc3\xa9\xf0\x9f\x98\x80", "a6c3a9f09f9880"},
      {Array{}, "90"},
      {Array{1, Array{2}}, "92019102"},
      {Object{}, "80"},
      {Object{{"a", 1}, {"b", Object{{"c", nullptr}}}}, "82a16101a16281a163c0"},
      {Bytes(from_hex("0102ff")), "c4030102ff"},
      {Bytes(), "c400"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.hex);
    CHECK(written(row.value) == row.hex);
  }
}

TEST_CASE("doubles beyond the integers that are exact to JavaScript stay doubles") {
  CHECK(written(0x1p53) == "cf0020000000000000");
  CHECK(written(-0x1p53) == "d3ffe0000000000000");
  CHECK(written(0x1p54) == "cb4350000000000000");
  CHECK(written(1.5e300) == "cb7e41eb2d66005835");
  CHECK(written(std::numeric_limits<std::int64_t>::max()) == "cf7fffffffffffffff");
  CHECK(written(std::numeric_limits<std::int64_t>::min()) == "d38000000000000000");
}

TEST_CASE("sizes are written in as few bytes as they need") {
  const struct {
    std::size_t size;
    std::string_view string, binary, array, map;
  } rows[] = {
      {15, "af", "c40f", "9f", "8f"},
      {16, "b0", "c410", "dc0010", "de0010"},
      {31, "bf", "c41f", "dc001f", "de001f"},
      {32, "d920", "c420", "dc0020", "de0020"},
      {255, "d9ff", "c4ff", "dc00ff", "de00ff"},
      {256, "da0100", "c50100", "dc0100", "de0100"},
      {65535, "daffff", "c5ffff", "dcffff", "deffff"},
      {65536, "db00010000", "c600010000", "dd00010000", "df00010000"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.size);
    const std::string text(row.size, 'x');
    Object map;
    for (std::size_t i = 0; i < row.size; ++i) map.append_unchecked(std::to_string(i), nullptr);
    const auto check = [](const Value& value, std::string_view head) {
      const std::string hex = written(value);
      CHECK(hex.substr(0, head.size()) == head);
      CHECK(parsed(hex) == value);
    };
    CHECK(written(text) == std::string(row.string) + to_hex(text));
    CHECK(written(Bytes(text)) == std::string(row.binary) + to_hex(text));
    check(text, row.string);
    check(Bytes(text), row.binary);
    check(Array(row.size), row.array);
    // Comparing objects takes time that grows with the square of their size.
    if (row.size < 1000) check(std::move(map), row.map);
  }
}

TEST_CASE("strings and keys of the application's that are not UTF-8 are repaired") {
  CHECK(written("a\xff") == "a461efbfbd");
  CHECK(written(Object{{"\xff", 1}}) == "81a3efbfbd01");
  CHECK(written("\xed\xa0\x80") == "a9efbfbdefbfbdefbfbd");
  // The size is that of the repaired text.
  CHECK(written(std::string(11, '\xff')).substr(0, 4) == "d921");
}

TEST_CASE("what is written is appended") {
  std::string out = "x";
  append_msgpack(out, 1);
  append_msgpack(out, "a");
  CHECK(out ==
        "x\x01\xa1"
        "a");
}

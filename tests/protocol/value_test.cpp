// SPDX-License-Identifier: MIT
#include "patchbay/protocol/value.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

using namespace patchbay;

TEST_CASE("each C++ type becomes the JavaScript type one expects") {
  using Type = Value::Type;
  CHECK(Value().type() == Type::null);
  CHECK(Value(nullptr).type() == Type::null);
  CHECK(Value(true).type() == Type::boolean);
  CHECK(Value(1).type() == Type::integer);
  CHECK(Value(std::uint8_t{1}).type() == Type::integer);
  CHECK(Value(1.0).type() == Type::number);
  CHECK(Value(1.0F).type() == Type::number);
  CHECK(Value("text").type() == Type::string);
  CHECK(Value(std::string("text")).type() == Type::string);
  CHECK(Value(std::string_view("text")).type() == Type::string);
  CHECK(Value(Bytes("text")).type() == Type::binary);
  CHECK(Value(Array{1, "two"}).type() == Type::array);
  CHECK(Value(Object{{"key", 1}}).type() == Type::object);
}

TEST_CASE("a pointer is no value, except to text") {
  static_assert(!std::is_constructible_v<Value, int*>);
  static_assert(!std::is_constructible_v<Value, const void*>);
  static_assert(!std::is_constructible_v<Value, const unsigned char*>);
  char text[] = "text";
  char* const pointer = text;
  CHECK(Value(pointer) == Value("text"));
}

TEST_CASE("unsigned integers beyond int64 become doubles") {
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  CHECK(Value(static_cast<std::uint64_t>(kMax)).as_integer() == kMax);
  const Value beyond(static_cast<std::uint64_t>(kMax) + 1);
  CHECK_FALSE(beyond.is_integer());
  CHECK(beyond.as_double() == 9223372036854775808.0);
}

TEST_CASE("the content is there as the type it has, and as no other") {
  const Value integer(7);
  CHECK(integer.as_integer() == 7);
  CHECK(integer.as_double() == 7.0);
  CHECK_THROWS_AS((void)integer.as_string(), std::bad_variant_access);
  CHECK_THROWS_AS((void)Value("7").as_integer(), std::bad_variant_access);
  CHECK_THROWS_AS((void)Value("7").as_double(), std::bad_variant_access);
  CHECK_THROWS_AS((void)Value(1.0).as_integer(), std::bad_variant_access);
  CHECK(integer.get_if<std::string>() == nullptr);
  REQUIRE(integer.get_if<std::int64_t>() != nullptr);
}

TEST_CASE("what is not there reads as null") {
  const Value value(Object{{"list", Array{1, Object{{"deep", "x"}}}}});
  CHECK(value["list"][std::size_t{1}]["deep"].as_string() == "x");
  CHECK(value["list"][std::size_t{2}].is_null());
  CHECK(value["absent"]["and"][std::size_t{0}]["further"].is_null());
  CHECK(Value("text")[std::size_t{0}].is_null());
  CHECK(Value(1)["key"].is_null());
}

TEST_CASE("integers and doubles compare by their exact value") {
  constexpr std::int64_t kTwoTo53 = std::int64_t{1} << 53;
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
  const struct {
    Value a;
    Value b;
    bool equal;
  } rows[] = {
      {1, 1.0, true},
      {0, -0.0, true},
      {1, 1.5, false},
      {-1, 1.0, false},
      {kTwoTo53, static_cast<double>(kTwoTo53), true},
      {kTwoTo53 + 1, static_cast<double>(kTwoTo53), false},
      {kMax, 9223372036854775808.0, false},
      {kMin, -9223372036854775808.0, true},
      {kMin, 9223372036854775808.0, false},
      {1, std::numeric_limits<double>::infinity(), false},
      {1, std::nan(""), false},
      {std::nan(""), std::nan(""), false},
      {1, true, false},
      {0, nullptr, false},
      {1, "1", false},
      {"a", Bytes("a"), false},
      {Array{}, Object{}, false},
  };
  for (const auto& row : rows) {
    CAPTURE(&row - rows);
    CHECK((row.a == row.b) == row.equal);
    CHECK((row.b == row.a) == row.equal);
  }
}

TEST_CASE("binary is found at any depth") {
  CHECK(Value(Bytes()).has_binary());
  CHECK(Value(Array{1, Array{Object{{"a", 1}, {"b", Bytes("x")}}}}).has_binary());
  CHECK_FALSE(Value(Array{1, Array{Object{{"a", "x"}}}}).has_binary());
  CHECK_FALSE(Value().has_binary());
}

TEST_CASE("copies do not share content") {
  Value original(Array{Object{{"a", 1}}});
  Value copy = original;
  copy.as_array()[0].as_object().set("a", 2);
  CHECK(original.as_array()[0]["a"] == Value(1));
}

TEST_CASE("every kind of value is copied, moved and assigned over every other") {
  const std::string text = "text that is too long to stand in the string itself";
  const Value kinds[] = {nullptr,
                         true,
                         7,
                         2.5,
                         "short",
                         text,
                         Bytes("abc"),
                         Bytes(text),
                         Array{text},
                         Array{},
                         Object{{text, text}}};
  for (const Value& from : kinds) {
    CAPTURE(&from - kinds);
    Value copy(from);
    CHECK(copy == from);
    CHECK(copy.type() == from.type());
    const Value moved(std::move(copy));
    CHECK(moved == from);
    for (const Value& over : kinds) {
      Value assigned(over);
      assigned = from;
      CHECK(assigned == from);
      CHECK(assigned.type() == from.type());
      Value source(from);
      Value target(over);
      target = std::move(source);
      CHECK(target == from);
      CHECK(target.type() == from.type());
    }
  }
}

TEST_CASE("a value may be assigned itself, or what it holds") {
  Value value(Array{"first", Array{"inner", 2}, Object{{"key", "of more than fifteen bytes"}}});
  const Value same = value;
  Value& alias = value;
  value = alias;
  CHECK(value == same);
  value = std::move(alias);
  CHECK(value == same);
  Value copied = value;
  copied = copied[std::size_t{2}];
  CHECK(copied == same[std::size_t{2}]);
  copied = std::move(copied.as_object()["key"]);
  CHECK(copied == Value("of more than fifteen bytes"));
  value = std::move(value.as_array()[1]);
  CHECK(value == same[std::size_t{1}]);
  value = std::move(value.as_array()[0]);
  CHECK(value == Value("inner"));
}

// --- Object --------------------------------------------------------------------------------------

namespace {

std::vector<std::string> keys(const Object& object) {
  std::vector<std::string> result;
  for (const auto& entry : object) result.push_back(entry.first);
  return result;
}

using Keys = std::vector<std::string>;

}  // namespace

TEST_CASE("keys stay in the order of their first insertion") {
  Object object{{"b", 1}, {"a", 2}};
  object.set("c", 3);
  object.set("b", 4);
  object["d"] = 5;
  object["a"] = 6;
  object.append_unchecked("0", 7);
  CHECK(keys(object) == Keys{"b", "a", "c", "d", "0"});
  CHECK(*object.find("b") == Value(4));
  CHECK(*object.find("a") == Value(6));
  CHECK(object.size() == 5);
}

TEST_CASE("of a key given twice the last value counts") {
  const Object object{{"a", 1}, {"b", 2}, {"a", 3}};
  CHECK(keys(object) == Keys{"a", "b"});
  CHECK(*object.find("a") == Value(3));
}

TEST_CASE("erased keys are gone, and come back at the end") {
  Object object{{"a", 1}, {"b", 2}};
  CHECK(object.erase("a"));
  CHECK_FALSE(object.erase("a"));
  CHECK_FALSE(object.contains("a"));
  object.set("a", 3);
  CHECK(keys(object) == Keys{"b", "a"});
}

TEST_CASE("a key looked up through operator[] is added as null") {
  Object object;
  CHECK(object["a"].is_null());
  CHECK(object.contains("a"));
  CHECK(object.find("b") == nullptr);
}

TEST_CASE("keys may hold any bytes") {
  const std::string odd("\0\xff", 2);
  Object object;
  object.set("", 1);
  object.set(odd, 2);
  CHECK(*object.find("") == Value(1));
  CHECK(*object.find(odd) == Value(2));
  CHECK_FALSE(object.contains(std::string_view("\0", 1)));
}

TEST_CASE("objects are equal when their members are, in whatever order") {
  const Object object{{"a", 1}, {"b", Array{2.0}}};
  CHECK(object == Object{{"b", Array{2}}, {"a", 1}});
  CHECK_FALSE(object == Object{{"a", 1}});
  CHECK_FALSE(object == Object{{"a", 1}, {"c", Array{2}}});
  CHECK_FALSE(object == Object{{"a", 1}, {"b", Array{3}}});
}

// --- Bytes ---------------------------------------------------------------------------------------

TEST_CASE("bytes hold what they were given, zeros included") {
  const Bytes bytes(std::vector<std::uint8_t>{0, 255, 0});
  CHECK(bytes.size() == 3);
  CHECK(bytes[1] == 255);
  CHECK(bytes.view() == std::string_view("\0\xff\0", 3));
  CHECK(bytes == Bytes(std::string_view("\0\xff\0", 3)));
  CHECK_FALSE(bytes == Bytes("\xff"));
  CHECK(std::vector<std::uint8_t>(bytes.begin(), bytes.end()) ==
        std::vector<std::uint8_t>{0, 255, 0});
  CHECK(Bytes().empty());
}

// SPDX-License-Identifier: MIT
#include "patchbay/convert.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

struct Point {
  int x = 0;
  int y = 0;
  friend bool operator==(const Point&, const Point&) = default;
};

struct Unnamed {};

template <>
struct patchbay::Convert<Unnamed> {
  static std::optional<Unnamed> from_value(const Value& /*value*/) { return Unnamed(); }
};

template <>
struct patchbay::Convert<Point> {
  static std::optional<Point> from_value(const Value& value) {
    auto x = Convert<int>::from_value(value["x"]);
    auto y = Convert<int>::from_value(value["y"]);
    if (!x || !y) return std::nullopt;
    return Point{*x, *y};
  }
  static Value to_value(const Point& p) { return Object{{"x", p.x}, {"y", p.y}}; }
  static constexpr std::string_view kName = "point";
};

using namespace patchbay;

namespace {

template <typename T>
void check_round_trip(const T& original, const Value& as_value) {
  const Value value = to_value(original);
  CHECK(value == as_value);
  const auto back = from_value<T>(value);
  REQUIRE(back.has_value());
  CHECK((*back == original));
}

template <typename T>
void check_limits() {
  check_round_trip(std::numeric_limits<T>::min(), Value(std::numeric_limits<T>::min()));
  check_round_trip(std::numeric_limits<T>::max(), Value(std::numeric_limits<T>::max()));
}

}  // namespace

TEST_CASE("what does not fit an integer type is refused, not wrapped") {
  CHECK_FALSE(from_value<std::int8_t>(128));
  CHECK_FALSE(from_value<std::int8_t>(-129));
  CHECK_FALSE(from_value<std::int8_t>(128.0));
  CHECK_FALSE(from_value<std::int8_t>(-129.0));
  CHECK_FALSE(from_value<std::uint8_t>(-1));
  CHECK_FALSE(from_value<std::uint8_t>(-1.0));
  CHECK_FALSE(from_value<std::uint8_t>(256));
  CHECK_FALSE(from_value<int>(std::int64_t{1} << 31));
  CHECK_FALSE(from_value<std::uint64_t>(-1));
  CHECK_FALSE(from_value<std::int64_t>(9223372036854775808.0));
  CHECK_FALSE(from_value<std::uint64_t>(18446744073709551616.0));
  CHECK_FALSE(from_value<std::int64_t>(1e300));
  CHECK_FALSE(from_value<std::int64_t>(-1e300));
}

TEST_CASE("a number that is no integer is refused as one") {
  CHECK_FALSE(from_value<int>(2.5));
  CHECK_FALSE(from_value<int>(-0.5));
  CHECK_FALSE(from_value<int>(std::numeric_limits<double>::quiet_NaN()));
  CHECK_FALSE(from_value<int>(std::numeric_limits<double>::infinity()));
  CHECK_FALSE(from_value<int>(-std::numeric_limits<double>::infinity()));
}

TEST_CASE("a double without a fraction is an integer") {
  CHECK(from_value<int>(2.0) == 2);
  CHECK(from_value<int>(-0.0) == 0);
  CHECK(from_value<std::int8_t>(127.0) == 127);
  CHECK(from_value<std::int8_t>(-128.0) == -128);
  CHECK(from_value<std::int64_t>(-9223372036854775808.0) ==
        std::numeric_limits<std::int64_t>::min());
  CHECK(from_value<std::uint64_t>(9223372036854775808.0) == std::uint64_t{1} << 63);
}

TEST_CASE("integers of every width keep their extremes") {
  check_limits<std::int8_t>();
  check_limits<std::uint8_t>();
  check_limits<std::int16_t>();
  check_limits<std::uint16_t>();
  check_limits<std::int32_t>();
  check_limits<std::uint32_t>();
  check_limits<std::int64_t>();
}

TEST_CASE("values of another kind are refused") {
  const std::vector<Value> kinds{nullptr, true, 1, 1.5, "s", Bytes("b"), Array{}, Object{}};
  const auto accepted = [&kinds](auto accepts) {
    std::string letters;
    for (const Value& value : kinds) {
      if (accepts(value)) letters += type_name(value).substr(0, 2);
    }
    return letters;
  };
  CHECK(accepted([](const Value& v) { return from_value<bool>(v).has_value(); }) == "bo");
  CHECK(accepted([](const Value& v) { return from_value<int>(v).has_value(); }) == "nu");
  CHECK(accepted([](const Value& v) { return from_value<double>(v).has_value(); }) == "nunu");
  CHECK(accepted([](const Value& v) { return from_value<std::string>(v).has_value(); }) == "st");
  CHECK(accepted([](const Value& v) { return from_value<Bytes>(v).has_value(); }) == "bi");
  CHECK(accepted([](const Value& v) { return from_value<Array>(v).has_value(); }) == "ar");
  CHECK(accepted([](const Value& v) { return from_value<Object>(v).has_value(); }) == "ob");
  CHECK(accepted([](const Value& v) { return from_value<std::vector<int>>(v).has_value(); }) ==
        "ar");
  CHECK(accepted([](const Value& v) {
          return from_value<std::map<std::string, int>>(v).has_value();
        }) == "ob");
  CHECK(accepted([](const Value& v) {
          return from_value<std::optional<std::string>>(v).has_value();
        }) == "nust");
  CHECK(accepted([](const Value& v) { return from_value<Value>(v).has_value(); }) ==
        "nubonunustbiarob");
}

TEST_CASE("plain types go both ways") {
  check_round_trip(true, true);
  check_round_trip(false, false);
  check_round_trip(2.5, 2.5);
  check_round_trip(0.5F, 0.5);
  check_round_trip(std::string("text\0more", 9), std::string("text\0more", 9));
  check_round_trip(Bytes("\x01\xff"), Bytes("\x01\xff"));
  check_round_trip(Array{1, "two"}, Array{1, "two"});
  check_round_trip(Object{{"a", 1}}, Object{{"a", 1}});
  check_round_trip(Value("any"), "any");
  CHECK(from_value<double>(3) == 3.0);
}

TEST_CASE("text that is only looked at, and nothing, become values") {
  CHECK(to_value("literal") == Value("literal"));
  CHECK(to_value(std::string_view("view")) == Value("view"));
  char buffer[] = "buffer";
  CHECK(to_value(static_cast<char*>(buffer)) == Value("buffer"));
  CHECK(to_value(nullptr).is_null());
}

TEST_CASE("an optional is null or its content") {
  check_round_trip(std::optional<int>(5), 5);
  check_round_trip(std::optional<int>(), nullptr);
  CHECK_FALSE(from_value<std::optional<int>>("five"));
}

TEST_CASE("containers convert all of their elements or nothing") {
  check_round_trip(std::vector<int>{1, 2, 3}, Array{1, 2, 3});
  check_round_trip(std::vector<std::string>{}, Array{});
  check_round_trip(std::vector<bool>{true, false}, Array{true, false});
  check_round_trip(std::vector<std::vector<int>>{{1}, {}}, Array{Array{1}, Array{}});
  check_round_trip(std::map<std::string, int>{{"a", 1}, {"b", 2}}, Object{{"a", 1}, {"b", 2}});
  CHECK_FALSE(from_value<std::vector<int>>(Array{1, "two"}));
  CHECK_FALSE(from_value<std::map<std::string, int>>(Object{{"a", 1}, {"b", nullptr}}));
}

TEST_CASE("tuples and pairs are arrays of exactly their length") {
  using Row = std::tuple<int, std::string, std::optional<bool>>;
  check_round_trip(Row(1, "a", std::nullopt), Array{1, "a", nullptr});
  check_round_trip(std::pair<std::string, int>("k", 7), Array{"k", 7});
  check_round_trip(std::tuple<>(), Array{});
  CHECK_FALSE(from_value<Row>(Array{1, "a"}));
  CHECK_FALSE(from_value<Row>(Array{1, "a", true, 4}));
  CHECK_FALSE(from_value<Row>(Array{"1", "a", true}));
  CHECK_FALSE(from_value<std::pair<int, int>>(Array{1}));
  CHECK_FALSE(from_value<std::pair<int, int>>(Array{1, "2"}));
}

TEST_CASE("a type of one's own converts, also inside containers") {
  check_round_trip(Point{1, -2}, Object{{"x", 1}, {"y", -2}});
  check_round_trip(std::vector<Point>{{1, 2}}, Array{Object{{"x", 1}, {"y", 2}}});
  check_round_trip(std::optional<Point>(), nullptr);
  CHECK_FALSE(from_value<Point>(Object{{"x", 1}}));
  CHECK_FALSE(from_value<Point>("point"));
}

TEST_CASE("error texts name the expected type, one's own included") {
  CHECK(detail::expected_name<Point>() == "point");
  CHECK(detail::expected_name<int>() == "integer");
  CHECK(detail::expected_name<bool>() == "boolean");
  CHECK(detail::expected_name<float>() == "number");
  CHECK(detail::expected_name<std::vector<int>>() == "array");
  CHECK(detail::expected_name<Unnamed>() == "another type");
}

TEST_CASE("kinds of values have the names that JavaScript gives them") {
  CHECK(type_name(nullptr) == "null");
  CHECK(type_name(false) == "boolean");
  CHECK(type_name(1) == "number");
  CHECK(type_name(1.5) == "number");
  CHECK(type_name("") == "string");
  CHECK(type_name(Bytes()) == "binary");
  CHECK(type_name(Array{}) == "array");
  CHECK(type_name(Object{}) == "object");
}

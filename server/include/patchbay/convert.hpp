// SPDX-License-Identifier: MIT
//
// Between C++ types and Values. Handlers take and emits give any type that has a Convert.
//
// To teach it a type of your own:
//
//   template <>
//   struct patchbay::Convert<Point> {
//     static std::optional<Point> from_value(const Value& value) {
//       auto x = Convert<int>::from_value(value["x"]);
//       auto y = Convert<int>::from_value(value["y"]);
//       if (!x || !y) return std::nullopt;
//       return Point{*x, *y};
//     }
//     static Value to_value(const Point& p) { return Object{{"x", p.x}, {"y", p.y}}; }
//     static constexpr std::string_view kName = "point";   // for error texts; optional
//   };
#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "patchbay/value.hpp"

namespace patchbay {

// from_value() gives nothing when the value is of another kind or out of range. It may take a
// Value&& as well and move out of it.
template <typename T>
struct Convert {
  static_assert(!std::is_same_v<T, T>,
                "no patchbay::Convert for this type: specialise it (see patchbay/convert.hpp)");
};

template <>
struct Convert<Value> {
  static std::optional<Value> from_value(Value value) { return value; }
  static Value to_value(Value value) { return value; }
  static constexpr std::string_view kName = "value";
};

template <>
struct Convert<bool> {
  static std::optional<bool> from_value(const Value& value) {
    const bool* content = value.get_if<bool>();
    return content ? std::optional(*content) : std::nullopt;
  }
  static Value to_value(bool value) { return value; }
  static constexpr std::string_view kName = "boolean";
};

// JavaScript has one kind of number: 2.0 is an integer here, 2.5 is not.
template <std::integral T>
struct Convert<T> {
  static std::optional<T> from_value(const Value& value) {
    if (const auto* integer = value.get_if<std::int64_t>()) {
      return std::in_range<T>(*integer) ? std::optional(static_cast<T>(*integer)) : std::nullopt;
    }
    const double* number = value.get_if<double>();
    if (!number || std::trunc(*number) != *number) return std::nullopt;
    // Upper bound exclusive: the largest values have no exact double.
    constexpr double kLow = static_cast<double>(std::numeric_limits<T>::min());
    const double high = std::ldexp(1.0, std::numeric_limits<T>::digits);
    if (*number < kLow || *number >= high) return std::nullopt;
    return static_cast<T>(*number);
  }
  static Value to_value(T value) { return value; }
  static constexpr std::string_view kName = "integer";
};

template <std::floating_point T>
struct Convert<T> {
  static std::optional<T> from_value(const Value& value) {
    return value.is_number() ? std::optional(static_cast<T>(value.as_double())) : std::nullopt;
  }
  static Value to_value(T value) { return static_cast<double>(value); }
  static constexpr std::string_view kName = "number";
};

namespace detail {

// Alternatives of Value that are taken as they are.
template <typename T>
struct ConvertContent {
  static std::optional<T> from_value(Value value) {
    T* content = value.get_if<T>();
    return content ? std::optional(std::move(*content)) : std::nullopt;
  }
  static Value to_value(T value) { return value; }
};

}  // namespace detail

template <>
struct Convert<std::string> : detail::ConvertContent<std::string> {
  static constexpr std::string_view kName = "string";
};
template <>
struct Convert<Bytes> : detail::ConvertContent<Bytes> {
  static constexpr std::string_view kName = "binary";
};
template <>
struct Convert<Array> : detail::ConvertContent<Array> {
  static constexpr std::string_view kName = "array";
};
template <>
struct Convert<Object> : detail::ConvertContent<Object> {
  static constexpr std::string_view kName = "object";
};

// Only to a Value: a view would outlive what it was made from.
template <>
struct Convert<std::string_view> {
  static Value to_value(std::string_view value) { return value; }
};
template <>
struct Convert<const char*> {
  static Value to_value(const char* value) { return value; }
};
template <>
struct Convert<char*> : Convert<const char*> {};
template <>
struct Convert<std::nullptr_t> {
  static Value to_value(std::nullptr_t) { return nullptr; }
};

// Null, or an argument that was not given, is "nothing".
template <typename T>
struct Convert<std::optional<T>> {
  static std::optional<std::optional<T>> from_value(Value value) {
    using Result = std::optional<std::optional<T>>;
    if (value.is_null()) return Result(std::in_place);
    auto content = Convert<T>::from_value(std::move(value));
    return content ? Result(std::in_place, std::move(content)) : std::nullopt;
  }
  static Value to_value(std::optional<T> value) {
    return value ? Convert<T>::to_value(std::move(*value)) : Value();
  }
};

template <typename T>
requires(!std::same_as<T, Value>) struct Convert<std::vector<T>> {
  static std::optional<std::vector<T>> from_value(Value value) {
    Array* array = value.get_if<Array>();
    if (!array) return std::nullopt;
    std::vector<T> result;
    result.reserve(array->size());
    for (Value& item : *array) {
      auto content = Convert<T>::from_value(std::move(item));
      if (!content) return std::nullopt;
      result.push_back(std::move(*content));
    }
    return result;
  }
  static Value to_value(std::vector<T> items) {
    Array array;
    array.reserve(items.size());
    for (auto&& item : items) array.push_back(Convert<T>::to_value(std::move(item)));
    return array;
  }
  static constexpr std::string_view kName = "array";
};

template <typename T>
struct Convert<std::map<std::string, T>> {
  static std::optional<std::map<std::string, T>> from_value(Value value) {
    Object* object = value.get_if<Object>();
    if (!object) return std::nullopt;
    std::map<std::string, T> result;
    for (auto& [key, item] : *object) {
      auto content = Convert<T>::from_value(std::move(item));
      if (!content) return std::nullopt;
      result.insert_or_assign(std::move(key), std::move(*content));
    }
    return result;
  }
  static Value to_value(std::map<std::string, T> items) {
    Object object;
    for (auto& [key, item] : items) {
      object.append_unchecked(key, Convert<T>::to_value(std::move(item)));
    }
    return object;
  }
  static constexpr std::string_view kName = "object";
};

// An array of exactly these.
template <typename... Ts>
struct Convert<std::tuple<Ts...>> {
  static std::optional<std::tuple<Ts...>> from_value(Value value) {
    Array* array = value.get_if<Array>();
    if (!array || array->size() != sizeof...(Ts)) return std::nullopt;
    return from_array(*array, std::index_sequence_for<Ts...>());
  }
  static Value to_value(std::tuple<Ts...> items) {
    return std::apply(
        [](Ts&... item) { return Value(Array{Convert<Ts>::to_value(std::move(item))...}); }, items);
  }
  static constexpr std::string_view kName = "array";

 private:
  template <std::size_t... Is>
  static std::optional<std::tuple<Ts...>> from_array(Array& array, std::index_sequence<Is...>) {
    std::tuple<std::optional<Ts>...> parts{Convert<Ts>::from_value(std::move(array[Is]))...};
    if (!(std::get<Is>(parts).has_value() && ...)) return std::nullopt;
    return std::tuple<Ts...>(std::move(*std::get<Is>(parts))...);
  }
};

template <typename A, typename B>
struct Convert<std::pair<A, B>> {
  static std::optional<std::pair<A, B>> from_value(Value value) {
    auto both = Convert<std::tuple<A, B>>::from_value(std::move(value));
    if (!both) return std::nullopt;
    return std::pair<A, B>(std::move(std::get<0>(*both)), std::move(std::get<1>(*both)));
  }
  static Value to_value(std::pair<A, B> pair) {
    return Convert<std::tuple<A, B>>::to_value({std::move(pair.first), std::move(pair.second)});
  }
  static constexpr std::string_view kName = "array";
};

template <typename T>
[[nodiscard]] Value to_value(T&& value) {
  return Convert<std::decay_t<T>>::to_value(std::forward<T>(value));
}

template <typename T>
[[nodiscard]] std::optional<T> from_value(Value value) {
  return Convert<T>::from_value(std::move(value));
}

// What JavaScript would call this value: "string", "object" ...
[[nodiscard]] std::string_view type_name(Value::Type type) noexcept;
[[nodiscard]] inline std::string_view type_name(const Value& value) noexcept {
  return type_name(value.type());
}

namespace detail {

template <typename T>
constexpr std::string_view expected_name() {
  if constexpr (requires { Convert<T>::kName; }) {
    return Convert<T>::kName;
  } else {
    return "another type";
  }
}

}  // namespace detail

}  // namespace patchbay

// SPDX-License-Identifier: MIT
//
// Value: what a Socket.IO event can carry. JSON plus binary; objects keep the order of their keys,
// because JavaScript does and because attachments are numbered in that order.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "patchbay/protocol/bytes.hpp"

namespace patchbay {

class Value;
using Array = std::vector<Value>;

// Keys in the order of their first insertion. Lookup is linear: events have few keys.
class Object {
 public:
  using Entry = std::pair<std::string, Value>;

  Object();
  Object(std::initializer_list<Entry> entries);  // a key given twice: the last one wins
  Object(const Object&);
  Object(Object&&) noexcept;
  Object& operator=(const Object&);
  Object& operator=(Object&&) noexcept;
  ~Object();

  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] bool empty() const noexcept;

  // Null when the key is absent. The pointer lives until the object changes.
  [[nodiscard]] const Value* find(std::string_view key) const noexcept;
  [[nodiscard]] Value* find(std::string_view key) noexcept;
  [[nodiscard]] bool contains(std::string_view key) const noexcept;

  // The value under the key, which is added as null when absent.
  Value& operator[](std::string_view key);

  // Sets or replaces; a replaced key keeps its place, as in JavaScript.
  void set(std::string key, Value value);
  bool erase(std::string_view key);

  // Room for this many members.
  void reserve(std::size_t size);
  // Appends without looking for the key. Precondition: the key is not present.
  void append_unchecked(std::string key, Value value);

  [[nodiscard]] const Entry* begin() const noexcept;
  [[nodiscard]] const Entry* end() const noexcept;
  [[nodiscard]] Entry* begin() noexcept;
  [[nodiscard]] Entry* end() noexcept;

  // Equal when the same keys have equal values, in whatever order.
  friend bool operator==(const Object& a, const Object& b);

 private:
  std::vector<Entry> entries_;
};

class Value {
 public:
  enum class Type : std::uint8_t { null, boolean, integer, number, string, binary, array, object };

  Value() noexcept : data_(nullptr) {}
  Value(std::nullptr_t) noexcept : data_(nullptr) {}  // NOLINT(*-explicit-*): reads as literals
  Value(bool value) noexcept : data_(value) {}        // NOLINT(*-explicit-*)
  // Unsigned values above the range of int64 become a number (double), as in JavaScript.
  template <std::integral I>
  requires(!std::same_as<I, bool> && !std::same_as<I, char>) Value(I value)
  noexcept {  // NOLINT(*-explicit-*)
    if (std::in_range<std::int64_t>(value)) {
      data_ = static_cast<std::int64_t>(value);
    } else {
      data_ = static_cast<double>(value);
    }
  }
  Value(double value) noexcept : data_(value) {}                      // NOLINT(*-explicit-*)
  Value(float value) noexcept : data_(static_cast<double>(value)) {}  // NOLINT(*-explicit-*)
  Value(std::string value) noexcept : data_(std::move(value)) {}      // NOLINT(*-explicit-*)
  Value(std::string_view value) : data_(std::string(value)) {}        // NOLINT(*-explicit-*)
  Value(const char* value) : data_(std::string(value)) {}             // NOLINT(*-explicit-*)
  // Any other pointer would silently become true.
  template <typename T>
  requires(!std::same_as<std::remove_const_t<T>, char>) Value(T*)
  = delete;
  Value(Bytes value) noexcept : data_(std::move(value)) {}   // NOLINT(*-explicit-*)
  Value(Array value) noexcept : data_(std::move(value)) {}   // NOLINT(*-explicit-*)
  Value(Object value) noexcept : data_(std::move(value)) {}  // NOLINT(*-explicit-*)

  [[nodiscard]] Type type() const noexcept { return static_cast<Type>(data_.index()); }
  [[nodiscard]] bool is_null() const noexcept { return type() == Type::null; }
  [[nodiscard]] bool is_bool() const noexcept { return type() == Type::boolean; }
  [[nodiscard]] bool is_integer() const noexcept { return type() == Type::integer; }
  // Integer or double: what JavaScript calls a number.
  [[nodiscard]] bool is_number() const noexcept { return is_integer() || type() == Type::number; }
  [[nodiscard]] bool is_string() const noexcept { return type() == Type::string; }
  [[nodiscard]] bool is_binary() const noexcept { return type() == Type::binary; }
  [[nodiscard]] bool is_array() const noexcept { return type() == Type::array; }
  [[nodiscard]] bool is_object() const noexcept { return type() == Type::object; }

  // Pointer to the content, or null when it is of another type.
  template <typename T>
  [[nodiscard]] const T* get_if() const noexcept {
    return std::get_if<T>(&data_);
  }
  template <typename T>
  [[nodiscard]] T* get_if() noexcept {
    return std::get_if<T>(&data_);
  }

  // The content; throws std::bad_variant_access when it is of another type. as_double() takes
  // integers too.
  [[nodiscard]] bool as_bool() const { return std::get<bool>(data_); }
  [[nodiscard]] std::int64_t as_integer() const { return std::get<std::int64_t>(data_); }
  [[nodiscard]] double as_double() const;
  [[nodiscard]] const std::string& as_string() const { return std::get<std::string>(data_); }
  [[nodiscard]] const Bytes& as_binary() const { return std::get<Bytes>(data_); }
  [[nodiscard]] const Array& as_array() const { return std::get<Array>(data_); }
  [[nodiscard]] Array& as_array() { return std::get<Array>(data_); }
  [[nodiscard]] const Object& as_object() const { return std::get<Object>(data_); }
  [[nodiscard]] Object& as_object() { return std::get<Object>(data_); }

  // Member of an object or element of an array; null (a shared constant) when there is none.
  [[nodiscard]] const Value& operator[](std::string_view key) const noexcept;
  [[nodiscard]] const Value& operator[](std::size_t index) const noexcept;

  // True when this value, or any value inside it, is binary.
  [[nodiscard]] bool has_binary() const noexcept;

  // Integers and doubles of the same numeric value are equal.
  friend bool operator==(const Value& a, const Value& b);

 private:
  // The order of the alternatives is that of Type.
  std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Bytes, Array, Object> data_;
};

}  // namespace patchbay

// SPDX-License-Identifier: MIT
//
// Value: what a Socket.IO event can carry. JSON plus binary; objects keep the order of their keys,
// because JavaScript does and because attachments are numbered in that order.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
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
  Object(std::initializer_list<Entry> entries);          // a key given twice: the last one wins
  explicit Object(std::vector<Entry> entries) noexcept;  // Precondition: no key is given twice
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

  Value() noexcept : type_(Type::null), integer_(0) {}
  Value(std::nullptr_t) noexcept : Value() {}  // NOLINT(*-explicit-*): reads as literals
  Value(bool value) noexcept : type_(Type::boolean), boolean_(value) {}  // NOLINT(*-explicit-*)
  // Unsigned values above the range of int64 become a number (double), as in JavaScript.
  template <std::integral I>
  requires(!std::same_as<I, bool> && !std::same_as<I, char>) Value(I value)
  noexcept {  // NOLINT(*-explicit-*)
    if (std::in_range<std::int64_t>(value)) {
      type_ = Type::integer;
      integer_ = static_cast<std::int64_t>(value);  // NOLINT(bugprone-signed-char-misuse)
    } else {
      type_ = Type::number;
      number_ = static_cast<double>(value);
    }
  }
  Value(double value) noexcept : type_(Type::number), number_(value) {}  // NOLINT(*-explicit-*)
  Value(float value) noexcept : Value(static_cast<double>(value)) {}     // NOLINT(*-explicit-*)
  Value(std::string value) noexcept                                      // NOLINT(*-explicit-*)
      : type_(Type::string), string_(std::move(value)) {}
  Value(std::string_view value) : type_(Type::string), string_(value) {}  // NOLINT(*-explicit-*)
  Value(const char* value) : type_(Type::string), string_(value) {}       // NOLINT(*-explicit-*)
  // Any other pointer would silently become true.
  template <typename T>
  requires(!std::same_as<std::remove_const_t<T>, char>) Value(T*)
  = delete;
  Value(Bytes value) noexcept  // NOLINT(*-explicit-*)
      : type_(Type::binary), binary_(std::move(value)) {}
  Value(Array value) noexcept : type_(Type::array), array_(std::move(value)) {}  // NOLINT
  Value(Object value) noexcept;                                                  // NOLINT

  Value(const Value& other);
  Value(Value&& other) noexcept { become(std::move(other)); }
  // The other value may be one inside this one.
  Value& operator=(const Value& other) { return *this = Value(other); }
  Value& operator=(Value&& other) noexcept;
  ~Value() {
    if (type_ >= Type::string) destroy();
  }

  [[nodiscard]] Type type() const noexcept { return type_; }
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
    return const_cast<Value*>(this)->get_if<T>();
  }
  template <typename T>
  [[nodiscard]] T* get_if() noexcept;

  // The content; throws std::bad_variant_access when it is of another type. as_double() takes
  // integers too.
  [[nodiscard]] bool as_bool() const { return get<bool>(); }
  [[nodiscard]] std::int64_t as_integer() const { return get<std::int64_t>(); }
  [[nodiscard]] double as_double() const;
  [[nodiscard]] const std::string& as_string() const { return get<std::string>(); }
  [[nodiscard]] const Bytes& as_binary() const { return get<Bytes>(); }
  [[nodiscard]] const Array& as_array() const { return get<Array>(); }
  [[nodiscard]] Array& as_array() { return const_cast<Array&>(get<Array>()); }
  [[nodiscard]] const Object& as_object() const { return get<Object>(); }
  [[nodiscard]] Object& as_object() { return const_cast<Object&>(get<Object>()); }

  // Member of an object or element of an array; null (a shared constant) when there is none.
  [[nodiscard]] const Value& operator[](std::string_view key) const noexcept;
  [[nodiscard]] const Value& operator[](std::size_t index) const noexcept;

  // True when this value, or any value inside it, is binary.
  [[nodiscard]] bool has_binary() const noexcept;

  // Integers and doubles of the same numeric value are equal.
  friend bool operator==(const Value& a, const Value& b);

 private:
  template <typename T>
  [[nodiscard]] const T& get() const {
    const T* const content = get_if<T>();
    if (!content) refuse();
    return *content;
  }
  [[noreturn]] static void refuse();

  // Makes this what the other one is, copying or moving. Precondition: nothing is to be destroyed
  // here.
  template <typename Other>
  void become(Other&& other);
  // Precondition: a type with a destructor.
  void destroy() noexcept;

  // A std::variant in effect; written out because values are moved by the million.
  Type type_;
  union {
    bool boolean_;
    std::int64_t integer_;
    double number_;
    std::string string_;
    Bytes binary_;
    Array array_;
    Object object_;
  };
};

inline Object::Object() = default;
inline Object::Object(std::vector<Entry> entries) noexcept : entries_(std::move(entries)) {}
inline Object::Object(Object&&) noexcept = default;
inline Object& Object::operator=(Object&&) noexcept = default;
inline Object::~Object() = default;

inline std::size_t Object::size() const noexcept {
  return entries_.size();
}
inline bool Object::empty() const noexcept {
  return entries_.empty();
}
inline const Object::Entry* Object::begin() const noexcept {
  return entries_.data();
}
inline const Object::Entry* Object::end() const noexcept {
  return entries_.data() + entries_.size();
}
inline Object::Entry* Object::begin() noexcept {
  return entries_.data();
}
inline Object::Entry* Object::end() noexcept {
  return entries_.data() + entries_.size();
}

inline Value::Value(Object value) noexcept : type_(Type::object), object_(std::move(value)) {}

template <typename Other>
void Value::become(Other&& other) {
  type_ = other.type_;
  switch (type_) {
    case Type::string:
      std::construct_at(&string_, std::forward<Other>(other).string_);
      break;
    case Type::binary:
      std::construct_at(&binary_, std::forward<Other>(other).binary_);
      break;
    case Type::array:
      std::construct_at(&array_, std::forward<Other>(other).array_);
      break;
    case Type::object:
      std::construct_at(&object_, std::forward<Other>(other).object_);
      break;
    case Type::boolean:
      boolean_ = other.boolean_;
      break;
    case Type::number:
      number_ = other.number_;
      break;
    default:
      integer_ = other.integer_;
      break;
  }
}

inline Value& Value::operator=(Value&& other) noexcept {
  if (this == &other) return *this;
  if (type_ < Type::array) {  // nothing is inside
    if (type_ >= Type::string) destroy();
    become(std::move(other));
  } else {
    Value taken(std::move(other));
    destroy();
    become(std::move(taken));
  }
  return *this;
}

template <typename T>
T* Value::get_if() noexcept {
  if constexpr (std::is_same_v<T, bool>) {
    return type_ == Type::boolean ? &boolean_ : nullptr;
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    return type_ == Type::integer ? &integer_ : nullptr;
  } else if constexpr (std::is_same_v<T, double>) {
    return type_ == Type::number ? &number_ : nullptr;
  } else if constexpr (std::is_same_v<T, std::string>) {
    return type_ == Type::string ? &string_ : nullptr;
  } else if constexpr (std::is_same_v<T, Bytes>) {
    return type_ == Type::binary ? &binary_ : nullptr;
  } else if constexpr (std::is_same_v<T, Array>) {
    return type_ == Type::array ? &array_ : nullptr;
  } else {
    static_assert(std::is_same_v<T, Object>, "no value has content of this type");
    return type_ == Type::object ? &object_ : nullptr;
  }
}

}  // namespace patchbay

// SPDX-License-Identifier: MIT
#include "patchbay/protocol/value.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <variant>

namespace patchbay {

namespace {

const Value kNull;

// Exact: converting the integer instead would make neighbours above 2^53 equal.
bool same_number(std::int64_t integer, double number) noexcept {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  return number >= -kTwoTo63 && number < kTwoTo63 && std::trunc(number) == number &&
         static_cast<std::int64_t>(number) == integer;
}

}  // namespace

// --- Object --------------------------------------------------------------------------------------

Object::Object(const Object&) = default;
Object& Object::operator=(const Object&) = default;

Object::Object(std::initializer_list<Entry> entries) {
  entries_.reserve(entries.size());
  for (const auto& [key, value] : entries) set(key, value);
}

const Value* Object::find(std::string_view key) const noexcept {
  const auto found = std::ranges::find(entries_, key, &Entry::first);
  return found == entries_.end() ? nullptr : &found->second;
}

Value* Object::find(std::string_view key) noexcept {
  return const_cast<Value*>(std::as_const(*this).find(key));
}

bool Object::contains(std::string_view key) const noexcept {
  return find(key) != nullptr;
}

Value& Object::operator[](std::string_view key) {
  if (Value* const known = find(key)) return *known;
  return entries_.emplace_back(std::string(key), Value()).second;
}

void Object::set(std::string key, Value value) {
  if (Value* const known = find(key)) {
    *known = std::move(value);
  } else {
    entries_.emplace_back(std::move(key), std::move(value));
  }
}

bool Object::erase(std::string_view key) {
  return std::erase_if(entries_, [key](const Entry& entry) { return entry.first == key; }) > 0;
}

void Object::append_unchecked(std::string key, Value value) {
  entries_.emplace_back(std::move(key), std::move(value));
}

bool operator==(const Object& a, const Object& b) {
  if (a.size() != b.size()) return false;
  return std::ranges::all_of(a, [&b](const Object::Entry& entry) {
    const Value* const other = b.find(entry.first);
    return other && *other == entry.second;
  });
}

// --- Value ---------------------------------------------------------------------------------------

Value::Value(const Value& other) {
  become(other);
}

void Value::destroy() noexcept {
  switch (type_) {
    case Type::string:
      std::destroy_at(&string_);
      break;
    case Type::binary:
      std::destroy_at(&binary_);
      break;
    case Type::array:
      std::destroy_at(&array_);
      break;
    default:
      std::destroy_at(&object_);
      break;
  }
}

void Value::refuse() {
  throw std::bad_variant_access();
}

double Value::as_double() const {
  if (const auto* integer = get_if<std::int64_t>()) return static_cast<double>(*integer);
  return get<double>();
}

const Value& Value::operator[](std::string_view key) const noexcept {
  const Object* const object = get_if<Object>();
  const Value* const member = object ? object->find(key) : nullptr;
  return member ? *member : kNull;
}

const Value& Value::operator[](std::size_t index) const noexcept {
  const Array* const array = get_if<Array>();
  return array && index < array->size() ? (*array)[index] : kNull;
}

bool Value::has_binary() const noexcept {
  switch (type()) {
    case Type::binary:
      return true;
    case Type::array:
      return std::ranges::any_of(*get_if<Array>(), [](const Value& v) { return v.has_binary(); });
    case Type::object:
      return std::ranges::any_of(*get_if<Object>(),
                                 [](const Object::Entry& e) { return e.second.has_binary(); });
    default:
      return false;
  }
}

bool operator==(const Value& a, const Value& b) {
  if (a.is_integer() && b.type() == Value::Type::number) {
    return same_number(a.as_integer(), b.as_double());
  }
  if (b.is_integer() && a.type() == Value::Type::number) return b == a;
  if (a.type_ != b.type_) return false;
  switch (a.type_) {
    case Value::Type::boolean:
      return a.boolean_ == b.boolean_;
    case Value::Type::integer:
      return a.integer_ == b.integer_;
    case Value::Type::number:
      return a.number_ == b.number_;
    case Value::Type::string:
      return a.string_ == b.string_;
    case Value::Type::binary:
      return a.binary_ == b.binary_;
    case Value::Type::array:
      return a.array_ == b.array_;
    case Value::Type::object:
      return a.object_ == b.object_;
    default:
      return true;
  }
}

}  // namespace patchbay

// SPDX-License-Identifier: MIT
//
// Pieces of JSON text, for the JSON writer and the Socket.IO encoder. Strings are written as they
// are, UTF-8 or not: whoever finishes the text checks it as a whole.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "patchbay/protocol/value.hpp"

namespace patchbay::json {

void append_string(std::string& out, std::string_view text);
void append_integer(std::string& out, std::uint64_t value);
void append_number(std::string& out, double value);

// Appends the value. Binary content is handed to `binary`, which writes what stands for it.
template <typename Binary>
void append_value(std::string& out, const Value& value, Binary&& binary);

// Appends null, a boolean, a number or a string.
void append_scalar(std::string& out, const Value& value);

template <typename Binary>
void append_value(std::string& out, const Value& value, Binary&& binary) {
  if (const Array* const array = value.get_if<Array>()) {
    out += '[';
    for (const Value& item : *array) {
      if (&item != array->data()) out += ',';
      append_value(out, item, binary);
    }
    out += ']';
  } else if (const Object* const object = value.get_if<Object>()) {
    out += '{';
    for (const auto& entry : *object) {
      if (&entry != object->begin()) out += ',';
      append_string(out, entry.first);
      out += ':';
      append_value(out, entry.second, binary);
    }
    out += '}';
  } else if (const Bytes* const bytes = value.get_if<Bytes>()) {
    binary(*bytes);
  } else {
    append_scalar(out, value);
  }
}

}  // namespace patchbay::json

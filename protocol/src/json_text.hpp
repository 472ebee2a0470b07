// SPDX-License-Identifier: MIT
//
// JSON text under construction, for the JSON writer and the Socket.IO encoder. Strings are written
// as they are, UTF-8 or not: whoever finishes the text checks it as a whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "patchbay/protocol/value.hpp"

namespace patchbay::json {

// Grows from the stack to the heap. Meant to be short-lived: its memory is that of a few messages.
class Text {
 public:
  Text() noexcept = default;
  Text(const Text&) = delete;
  Text& operator=(const Text&) = delete;

  [[nodiscard]] std::string_view view() const noexcept { return {begin_, size()}; }
  [[nodiscard]] std::size_t size() const noexcept {
    return static_cast<std::size_t>(end_ - begin_);
  }
  [[nodiscard]] char& operator[](std::size_t at) noexcept { return begin_[at]; }
  // No string had other than ASCII characters: the text is UTF-8.
  [[nodiscard]] bool is_ascii() const noexcept { return ascii_; }

  // ASCII, as it is.
  void append(char c) {
    make_room(1);
    *end_++ = c;
  }
  void append(std::string_view text) {
    if (text.empty()) return;
    make_room(text.size());
    std::memcpy(end_, text.data(), text.size());
    end_ += text.size();
  }
  void append_digits(std::uint64_t value);
  // Text of whatever characters, as it is.
  void append_raw(std::string_view text);
  void insert(std::size_t at, std::string_view ascii);

  // Pieces of JSON.
  void append_string(std::string_view text);
  void append_number(double value);
  // Null, a boolean, a number or a string.
  void append_scalar(const Value& value);
  // Any value. Binary content is handed to `binary`, which writes what stands for it.
  template <typename Binary>
  void append_value(const Value& value, Binary&& binary);

 private:
  void make_room(std::size_t size) {
    if (static_cast<std::size_t>(limit_ - end_) < size) grow(size);
  }
  void grow(std::size_t size);

  static constexpr std::size_t kInline = std::size_t{6} * 1024;

  char* begin_ = inline_;
  char* end_ = inline_;
  char* limit_ = inline_ + kInline;
  bool ascii_ = true;
  std::unique_ptr<char[]> heap_;
  char inline_[kInline];
};

template <typename Binary>
void Text::append_value(const Value& value, Binary&& binary) {
  if (const Array* const array = value.get_if<Array>()) {
    append('[');
    for (const Value& item : *array) {
      if (&item != array->data()) append(',');
      append_value(item, binary);
    }
    append(']');
  } else if (const Object* const object = value.get_if<Object>()) {
    append('{');
    for (const auto& entry : *object) {
      if (&entry != object->begin()) append(',');
      append_string(entry.first);
      append(':');
      append_value(entry.second, binary);
    }
    append('}');
  } else if (const Bytes* const bytes = value.get_if<Bytes>()) {
    binary(*bytes);
  } else {
    append_scalar(value);
  }
}

}  // namespace patchbay::json

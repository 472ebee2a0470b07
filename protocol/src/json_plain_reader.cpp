// SPDX-License-Identifier: MIT
#include "json_plain_reader.hpp"

#include <optional>
#include <utility>

#include "json_number.hpp"
#include "json_scan.hpp"
#include "value_builder.hpp"

namespace patchbay::json {

namespace {

class PlainReader {
 public:
  PlainReader(std::string_view text, std::size_t max_depth) noexcept
      : at_(text.data()), end_(at_ + text.size()), builder_(max_depth) {}

  bool read(Value& value) {
    do {
      if (!read_next()) return false;
    } while (builder_.in_container());
    if (at_ != end_) return false;
    value = builder_.take();
    return true;
  }

 private:
  // A value with its key, and the brackets and the comma behind it; or the bracket that begins one.
  bool read_next() {
    if (builder_.in_container() && builder_.in_object() && !read_key()) return false;
    if (take('[')) {
      if (!builder_.open_array()) return false;
      if (peek() != ']') return true;
    } else if (take('{')) {
      if (!builder_.open_object()) return false;
      if (peek() != '}') return true;
    } else if (!read_scalar()) {
      return false;
    }
    return close_finished();
  }

  // Ends where another value has to follow, or outside of all brackets.
  bool close_finished() {
    while (builder_.in_container()) {
      if (take(',')) return true;
      if (!take(builder_.in_object() ? '}' : ']')) return false;
      builder_.close();
    }
    return true;
  }

  bool read_key() {
    std::string_view text;
    if (!take_string(text) || !take(':')) return false;
    builder_.key(text);
    return true;
  }

  bool read_scalar() {
    switch (peek()) {
      case '"':
        return read_string();
      case 't':
        return read_literal("true", true);
      case 'f':
        return read_literal("false", false);
      case 'n':
        return read_literal("null", nullptr);
      default:
        return read_number();
    }
  }

  bool read_string() {
    std::string_view text;
    if (!take_string(text)) return false;
    builder_.add_text(text);
    return true;
  }

  template <typename T>
  bool read_literal(std::string_view name, T value) {
    if (!rest().starts_with(name)) return false;
    at_ += name.size();
    builder_.add(value);
    return true;
  }

  // What is in or near the last places of a double's range is for the complete reader: exponents,
  // and long rows of digits, of which what is cut off here is no end of a value.
  bool read_number() {
    const std::string_view text = leading_plain_number(rest());
    auto number = text.empty() ? std::nullopt : to_number(text);
    if (!number) return false;
    at_ += text.size();
    builder_.add(*std::move(number));
    return true;
  }

  bool take_string(std::string_view& text) noexcept {
    if (!take('"')) return false;
    const char* const begin = at_;
    at_ = find_special(begin, end_);
    text = {begin, static_cast<std::size_t>(at_ - begin)};
    return take('"');
  }

  // A NUL at the end: it is no part of what is read here.
  [[nodiscard]] char peek() const noexcept { return at_ != end_ ? *at_ : '\0'; }
  [[nodiscard]] bool take(char c) noexcept {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  [[nodiscard]] std::string_view rest() const noexcept {
    return {at_, static_cast<std::size_t>(end_ - at_)};
  }

  const char* at_;
  const char* const end_;
  ValueBuilder builder_;
};

}  // namespace

bool read_plain(std::string_view text, std::size_t max_depth, Value& value) {
  return PlainReader(text, max_depth).read(value);
}

}  // namespace patchbay::json

// SPDX-License-Identifier: MIT
#include "json_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "json_scan.hpp"

namespace patchbay::json {

namespace {

// What stands behind the backslash of a special character.
char escape_of(char c) noexcept {
  switch (c) {
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '"':
    case '\\':
      return c;
    default:
      return 'u';
  }
}

constexpr std::size_t kEscapeSize = 6;  // \uXXXX

// Returns the end of what was written: at most kEscapeSize characters.
char* write_escape(char* out, char special) noexcept {
  constexpr std::string_view kHex = "0123456789abcdef";
  *out++ = '\\';
  *out++ = escape_of(special);
  if (out[-1] != 'u') return out;
  const auto code = static_cast<unsigned char>(special);
  *out++ = '0';
  *out++ = '0';
  *out++ = kHex[code >> 4];
  *out++ = kHex[code & 15];
  return out;
}

// Digits and decimal exponent of the shortest text that reads back as the same double: the value is
// 0.DIGITS times ten to the `exponent`.
struct Decimal {
  std::array<char, 20> digits;
  int count = 0;
  int exponent = 0;
};

Decimal shortest_decimal(double value) {
  std::array<char, 32> text;
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific);
  Decimal decimal;
  const char* at = text.data();
  for (; *at != 'e'; ++at) {
    if (*at != '.') decimal.digits[static_cast<std::size_t>(decimal.count++)] = *at;
  }
  ++at;
  if (*at == '+') ++at;
  std::from_chars(at, end.ptr, decimal.exponent);
  ++decimal.exponent;  // to_chars puts one digit before the point
  return decimal;
}

constexpr std::string_view kZeros = "000000000000000000000";  // 21

}  // namespace

void Text::grow(std::size_t size) {
  const std::size_t used = this->size();
  const std::size_t capacity = std::max(2 * used, used + size);
  auto larger = std::make_unique_for_overwrite<char[]>(capacity);
  std::memcpy(larger.get(), begin_, used);
  heap_ = std::move(larger);
  begin_ = heap_.get();
  end_ = begin_ + used;
  limit_ = begin_ + capacity;
}

void Text::append_digits(std::uint64_t value) {
  constexpr std::size_t kDigits = 20;
  make_room(kDigits);
  end_ = std::to_chars(end_, end_ + kDigits, value).ptr;
}

void Text::append_raw(std::string_view text) {
  ascii_ = ascii_ && std::ranges::none_of(text, [](char c) { return (c & 0x80) != 0; });
  append(text);
}

void Text::insert(std::size_t at, std::string_view ascii) {
  make_room(ascii.size());
  std::memmove(begin_ + at + ascii.size(), begin_ + at, size() - at);
  std::memcpy(begin_ + at, ascii.data(), ascii.size());
  end_ += ascii.size();
}

// What is plain is copied in blocks while it is looked at. There is always room for what is left to
// copy, for an escape and the closing quote.
void Text::append_string(std::string_view text) {
  constexpr std::size_t kSlack = kEscapeSize + 1;
  const char* at = text.data();
  const char* const end = at + text.size();
  make_room(text.size() + kSlack + 1);
  Block high{};
  char* out = end_;
  *out++ = '"';
  while (end - at >= 64) {
    const Block blocks[] = {load_block(at), load_block(at + 16), load_block(at + 32),
                            load_block(at + 48)};
    const Block first = special_in(blocks[0]) | special_in(blocks[1]);
    const Block second = special_in(blocks[2]) | special_in(blocks[3]);
    if (any_marked(first | second)) break;
    std::memcpy(out, blocks, sizeof blocks);
    high |= blocks[0] | blocks[1] | blocks[2] | blocks[3];
    at += sizeof blocks;
    out += sizeof blocks;
  }
  while (end - at >= 16) {
    const Block block = load_block(at);
    std::memcpy(out, &block, sizeof block);
    high |= block;
    const unsigned plain = first_marked(special_in(block));
    at += plain;
    out += plain;
    if (plain < 16) {
      out = write_escape(out, *at++);
      end_ = out;
      make_room(static_cast<std::size_t>(end - at) + kSlack);
      out = end_;
    }
  }
  unsigned char high_tail = 0;
  for (; at != end; ++at) {
    high_tail |= static_cast<unsigned char>(*at);
    if (!is_special(*at)) {
      *out++ = *at;
      continue;
    }
    out = write_escape(out, *at);
    end_ = out;
    make_room(static_cast<std::size_t>(end - at) + kSlack);
    out = end_;
  }
  *out++ = '"';
  end_ = out;
  ascii_ = ascii_ && high_tail < 0x80 && !any_marked(high & 0x80);
}

// Number.prototype.toString() of ECMAScript.
void Text::append_number(double value) {
  if (!std::isfinite(value)) return append("null");
  if (value == 0) return append('0');
  if (value < 0) append('-');
  const Decimal decimal = shortest_decimal(std::abs(value));
  const std::string_view digits(decimal.digits.data(), static_cast<std::size_t>(decimal.count));
  const int point = decimal.exponent;
  if (decimal.count <= point && point <= 21) {
    append(digits);
    append(kZeros.substr(0, static_cast<std::size_t>(point - decimal.count)));
  } else if (0 < point && point <= 21) {
    const auto whole = static_cast<std::size_t>(point);
    append(digits.substr(0, whole));
    append('.');
    append(digits.substr(whole));
  } else if (-6 < point && point <= 0) {
    append("0.");
    append(kZeros.substr(0, static_cast<std::size_t>(-point)));
    append(digits);
  } else {
    append(digits[0]);
    if (digits.size() > 1) {
      append('.');
      append(digits.substr(1));
    }
    append(point > 0 ? "e+" : "e-");
    append_digits(static_cast<std::uint64_t>(std::abs(point - 1)));
  }
}

void Text::append_scalar(const Value& value) {
  switch (value.type()) {
    case Value::Type::boolean:
      append(value.as_bool() ? "true" : "false");
      break;
    case Value::Type::integer: {
      const std::int64_t integer = value.as_integer();
      if (integer < 0) append('-');
      append_digits(integer < 0 ? 0 - static_cast<std::uint64_t>(integer)
                                : static_cast<std::uint64_t>(integer));
      break;
    }
    case Value::Type::number:
      append_number(value.as_double());
      break;
    case Value::Type::string:
      append_string(value.as_string());
      break;
    default:
      append("null");
      break;
  }
}

}  // namespace patchbay::json

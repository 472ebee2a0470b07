// SPDX-License-Identifier: MIT
#include <array>
#include <charconv>
#include <cmath>

#include "json_text.hpp"
#include "patchbay/protocol/json.hpp"
#include "patchbay/protocol/utf8.hpp"

namespace patchbay {

namespace json {

namespace {

// What stands behind the backslash; 0 for characters that need none, 'u' for the long form.
constexpr std::array<char, 256> kEscapes = [] {
  std::array<char, 256> escapes{};
  for (std::size_t c = 0; c < 0x20; ++c) escapes[c] = 'u';
  escapes['\b'] = 'b';
  escapes['\f'] = 'f';
  escapes['\n'] = 'n';
  escapes['\r'] = 'r';
  escapes['\t'] = 't';
  escapes['"'] = '"';
  escapes['\\'] = '\\';
  return escapes;
}();

char escape_of(char c) noexcept {
  return kEscapes[static_cast<unsigned char>(c)];
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

}  // namespace

void append_string(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  std::size_t run = 0;  // begin of what can be copied as it is
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char escape = escape_of(text[i]);
    if (escape == 0) continue;
    out.append(text, run, i - run);
    run = i + 1;
    out += '\\';
    out += escape;
    if (escape == 'u') {
      out += "00";
      out += kHex[static_cast<unsigned char>(text[i]) >> 4];
      out += kHex[static_cast<unsigned char>(text[i]) & 15];
    }
  }
  out.append(text, run);
  out += '"';
}

void append_integer(std::string& out, std::uint64_t value) {
  std::array<char, 20> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
  out.append(text.data(), end.ptr);
}

// Number.prototype.toString() of ECMAScript.
void append_number(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  if (value == 0) {
    out += '0';
    return;
  }
  if (value < 0) out += '-';
  const Decimal decimal = shortest_decimal(std::abs(value));
  const std::string_view digits(decimal.digits.data(), static_cast<std::size_t>(decimal.count));
  const int point = decimal.exponent;
  if (decimal.count <= point && point <= 21) {
    out.append(digits).append(static_cast<std::size_t>(point - decimal.count), '0');
  } else if (0 < point && point <= 21) {
    const auto whole = static_cast<std::size_t>(point);
    out.append(digits.substr(0, whole)).append(1, '.').append(digits.substr(whole));
  } else if (-6 < point && point <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
  } else {
    out += digits[0];
    if (digits.size() > 1) out.append(1, '.').append(digits.substr(1));
    out.append(point > 0 ? "e+" : "e-");
    append_integer(out, static_cast<std::uint64_t>(std::abs(point - 1)));
  }
}

void append_scalar(std::string& out, const Value& value) {
  switch (value.type()) {
    case Value::Type::boolean:
      out += value.as_bool() ? "true" : "false";
      break;
    case Value::Type::integer: {
      const std::int64_t integer = value.as_integer();
      if (integer < 0) out += '-';
      append_integer(out, integer < 0 ? 0 - static_cast<std::uint64_t>(integer)
                                      : static_cast<std::uint64_t>(integer));
      break;
    }
    case Value::Type::number:
      append_number(out, value.as_double());
      break;
    case Value::Type::string:
      append_string(out, value.as_string());
      break;
    default:
      out += "null";
      break;
  }
}

}  // namespace json

void write_json(std::string& out, const Value& value) {
  const std::size_t start = out.size();
  json::append_value(out, value, [&out](const Bytes&) { out += "null"; });
  const std::string_view text = std::string_view(out).substr(start);
  if (!is_valid_utf8(text)) out.replace(start, text.size(), replace_invalid_utf8(text));
}

std::string to_json(const Value& value) {
  std::string text;
  write_json(text, value);
  return text;
}

void write_json_string(std::string& out, std::string_view text) {
  if (is_valid_utf8(text)) {
    json::append_string(out, text);
  } else {
    json::append_string(out, replace_invalid_utf8(text));
  }
}

}  // namespace patchbay

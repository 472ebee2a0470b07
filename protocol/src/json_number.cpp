// SPDX-License-Identifier: MIT
#include "json_number.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <system_error>

namespace patchbay::json {

namespace {

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

// Steps over digits; false when there are none.
bool skip_digits(const char*& at, const char* end) noexcept {
  const char* const begin = at;
  while (at != end && is_digit(*at)) ++at;
  return at != begin;
}

// Whether a JSON number that is not zero lies between -1 and 1.
bool is_fraction(std::string_view text) noexcept {
  const auto index = [size = text.size()](std::size_t found) {
    return static_cast<std::int64_t>(std::min(found, size));
  };
  const std::size_t mark = text.find_first_of("eE");
  std::int64_t exponent = 0;
  if (mark != std::string_view::npos) {
    std::string_view digits = text.substr(mark + 1);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
    if (error != std::errc()) return digits.starts_with('-');
  }
  const std::int64_t point = index(text.find_first_of(".eE"));
  const std::int64_t first = index(text.find_first_of("123456789"));
  const std::int64_t leading = point - first - (first < point ? 1 : 0);  // as a power of ten
  return leading + exponent < 0;
}

}  // namespace

std::string_view leading_plain_number(std::string_view text) noexcept {
  text = text.substr(0, kLongestPlainNumber);
  const char* const end = text.data() + text.size();
  const char* at = text.data();
  if (at != end && *at == '-') ++at;
  if (at != end && *at == '0') {
    ++at;
  } else if (!skip_digits(at, end)) {
    return {};
  }
  if (at != end && *at == '.' && !skip_digits(++at, end)) return {};
  return {text.data(), static_cast<std::size_t>(at - text.data())};
}

std::optional<Value> to_number(std::string_view text) noexcept {
  const char* const end = text.data() + text.size();
  std::int64_t integer = 0;
  const auto whole = std::from_chars(text.data(), end, integer);
  if (whole.ec == std::errc() && whole.ptr == end) return integer;
  double number = 0;
  if (std::from_chars(text.data(), end, number).ec == std::errc()) return number;
  if (is_fraction(text)) return 0.0;  // too small to be told from zero
  return std::nullopt;
}

}  // namespace patchbay::json

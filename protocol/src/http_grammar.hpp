// SPDX-License-Identifier: MIT
//
// Character classes of RFC 9110 and RFC 9112, and small helpers on them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace patchbay::http {

enum CharClass : std::uint8_t {
  kTokenChar = 1,   // tchar: header names, list members
  kMethodChar = 2,  // the subset of tchar that registered methods are made of
  kTargetChar = 4,  // what browsers send in a target, some of it beyond RFC 3986; no '#'
  kValueChar = 8,   // field values: visible ASCII, space, tab, obs-text
  kHostChar = 16,   // host names, addresses and ports
  kDigitChar = 32,
};

namespace detail {

constexpr bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr bool is_one_of(char c, std::string_view set) {
  return set.find(c) != std::string_view::npos;
}

constexpr std::uint8_t classes_of(unsigned char byte) {
  const char c = static_cast<char>(byte);
  const bool alnum = is_alpha(c) || is_digit(c);
  const bool visible = byte > 0x20 && byte < 0x7f;
  unsigned classes = 0;
  if (alnum || is_one_of(c, "!#$%&'*+-.^_`|~")) classes |= kTokenChar;
  if ((c >= 'A' && c <= 'Z') || c == '-') classes |= kMethodChar;
  if (visible && c != '#') classes |= kTargetChar;
  if (visible || c == ' ' || c == '\t' || byte >= 0x80) classes |= kValueChar;
  if (alnum || is_one_of(c, "-._~%!$&'()*+,;=:[]")) classes |= kHostChar;
  if (is_digit(c)) classes |= kDigitChar;
  return static_cast<std::uint8_t>(classes);
}

constexpr std::array<std::uint8_t, 256> kClasses = [] {
  std::array<std::uint8_t, 256> classes{};
  for (std::size_t i = 0; i < classes.size(); ++i) {
    classes[i] = classes_of(static_cast<unsigned char>(i));
  }
  return classes;
}();

}  // namespace detail

constexpr bool is(char c, CharClass wanted) noexcept {
  return (detail::kClasses[static_cast<unsigned char>(c)] & wanted) != 0;
}

// Index of the first character at or behind `begin` that is not in the class, or the size.
constexpr std::size_t skip(std::string_view text, std::size_t begin, CharClass wanted) noexcept {
  while (begin < text.size() && is(text[begin], wanted)) ++begin;
  return begin;
}

constexpr bool consists_of(std::string_view text, CharClass wanted) noexcept {
  return skip(text, 0, wanted) == text.size();
}

constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr char to_upper(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

// The value of a hexadecimal digit, or -1.
constexpr int hex_value(char c) noexcept {
  if (detail::is_digit(c)) return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Without the spaces and tabs around it.
constexpr std::string_view trim(std::string_view text) noexcept {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace patchbay::http

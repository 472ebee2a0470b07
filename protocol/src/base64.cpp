// SPDX-License-Identifier: MIT
#include "patchbay/protocol/base64.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace patchbay {

namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Above every digit, so that the digits of a group can be checked with one comparison.
constexpr std::uint8_t kInvalid = 0x80;

constexpr std::array<std::uint8_t, 256> kDigits = [] {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(kInvalid);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    digits[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  digits['-'] = 62;
  digits['_'] = 63;
  return digits;
}();

std::uint32_t digit(char c) noexcept {
  return kDigits[static_cast<unsigned char>(c)];
}

char alphabet_at(std::uint32_t bits) noexcept {
  return kAlphabet[bits & 63];
}

// `text` without its padding; unchanged when the padding does not fill up a group of four.
std::string_view without_padding(std::string_view text) noexcept {
  if (text.size() % 4 != 0) return text;
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  return text;
}

// Decodes 2 or 3 characters into 1 or 2 bytes. Returns false for characters outside the alphabets.
bool decode_tail(std::string_view tail, char* out) noexcept {
  const std::uint32_t a = digit(tail[0]);
  const std::uint32_t b = digit(tail[1]);
  const std::uint32_t c = tail.size() == 3 ? digit(tail[2]) : 0;
  if (((a | b | c) & kInvalid) != 0) return false;
  const std::uint32_t bits = a << 18 | b << 12 | c << 6;
  out[0] = static_cast<char>(bits >> 16);
  if (tail.size() == 3) out[1] = static_cast<char>(bits >> 8);
  return true;
}

}  // namespace

void base64_encode(std::string& out, std::string_view data) {
  const std::size_t begin = out.size();
  out.resize(begin + (data.size() + 2) / 3 * 4);
  char* to = out.data() + begin;
  const auto byte = [&](std::size_t i) {
    return std::uint32_t{static_cast<unsigned char>(data[i])};
  };
  std::size_t i = 0;
  for (; i + 3 <= data.size(); i += 3, to += 4) {
    const std::uint32_t bits = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    to[0] = alphabet_at(bits >> 18);
    to[1] = alphabet_at(bits >> 12);
    to[2] = alphabet_at(bits >> 6);
    to[3] = alphabet_at(bits);
  }
  const std::size_t rest = data.size() - i;
  if (rest == 0) return;
  const std::uint32_t bits = byte(i) << 16 | (rest == 2 ? byte(i + 1) << 8 : 0);
  to[0] = alphabet_at(bits >> 18);
  to[1] = alphabet_at(bits >> 12);
  to[2] = rest == 2 ? alphabet_at(bits >> 6) : '=';
  to[3] = '=';
}

std::optional<std::string> base64_decode(std::string_view text) {
  text = without_padding(text);
  const std::size_t rest = text.size() % 4;
  if (rest == 1) return std::nullopt;
  std::string out(text.size() / 4 * 3 + (rest == 0 ? 0 : rest - 1), '\0');
  char* to = out.data();
  std::size_t i = 0;
  for (; i + 4 <= text.size(); i += 4, to += 3) {
    const std::uint32_t a = digit(text[i]);
    const std::uint32_t b = digit(text[i + 1]);
    const std::uint32_t c = digit(text[i + 2]);
    const std::uint32_t d = digit(text[i + 3]);
    if (((a | b | c | d) & kInvalid) != 0) return std::nullopt;
    const std::uint32_t bits = a << 18 | b << 12 | c << 6 | d;
    to[0] = static_cast<char>(bits >> 16);
    to[1] = static_cast<char>(bits >> 8);
    to[2] = static_cast<char>(bits);
  }
  if (rest != 0 && !decode_tail(text.substr(i), to)) return std::nullopt;
  return out;
}

}  // namespace patchbay

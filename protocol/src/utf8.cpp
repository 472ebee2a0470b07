// SPDX-License-Identifier: MIT
#include "patchbay/protocol/utf8.hpp"

#include <simdjson.h>

#include <cstddef>

namespace patchbay {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

struct Sequence {
  std::size_t size;
  bool valid;
};

// What a lead byte announces. The range of the second byte is what excludes overlong forms,
// surrogates and code points above U+10FFFF (Unicode 15, table 3-7).
struct Lead {
  std::size_t size;  // 0 when no sequence starts with this byte
  unsigned char second_min;
  unsigned char second_max;
};

constexpr Lead classify(unsigned char byte) noexcept {
  if (byte < 0x80) return {1, 0, 0};
  if (byte < 0xC2) return {0, 0, 0};
  if (byte < 0xE0) return {2, 0x80, 0xBF};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};
  if (byte == 0xED) return {3, 0x80, 0x9F};
  if (byte < 0xF0) return {3, 0x80, 0xBF};
  if (byte == 0xF0) return {4, 0x90, 0xBF};
  if (byte < 0xF4) return {4, 0x80, 0xBF};
  if (byte == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

// The well-formed sequence at the start of the text, or the maximal part that could have begun one
// (at least one byte). Precondition: text is not empty.
Sequence next_sequence(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const Lead lead = classify(byte(0));
  if (lead.size == 0) return {1, false};
  for (std::size_t i = 1; i < lead.size; ++i) {
    const unsigned char min = i == 1 ? lead.second_min : 0x80;
    const unsigned char max = i == 1 ? lead.second_max : 0xBF;
    if (i == text.size() || byte(i) < min || byte(i) > max) return {i, false};
  }
  return {lead.size, true};
}

}  // namespace

bool is_valid_utf8(std::string_view text) noexcept {
  return text.empty() || simdjson::validate_utf8(text.data(), text.size());
}

std::string replace_invalid_utf8(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const Sequence sequence = next_sequence(text);
    result.append(sequence.valid ? text.substr(0, sequence.size) : kReplacement);
    text.remove_prefix(sequence.size);
  }
  return result;
}

}  // namespace patchbay

// SPDX-License-Identifier: MIT
#include "message.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace patchbay::bench {

void write_digits(char* to, std::size_t digits, std::uint64_t number) {
  for (std::size_t i = digits; i > 0; --i) {
    to[i - 1] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
}

std::optional<std::uint64_t> read_digits(std::string_view text) {
  std::uint64_t number = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  return text.empty() ? std::nullopt : std::optional(number);
}

std::string make_payload(std::size_t size) {
  std::string payload(std::max(size, kSequenceDigits), '0');
  for (std::size_t i = kSequenceDigits; i < payload.size(); ++i) {
    payload[i] = static_cast<char>('a' + i % 26);
  }
  return payload;
}

std::string Pattern::with(std::uint64_t sequence) const {
  std::string text = before + payload + after;
  write_digits(text.data() + before.size(), kSequenceDigits, sequence);
  return text;
}

std::optional<std::uint64_t> Pattern::match(std::string_view text) const {
  if (text.size() != before.size() + payload.size() + after.size()) return std::nullopt;
  const std::string_view middle = text.substr(before.size(), payload.size());
  if (!text.starts_with(before) || !text.ends_with(after)) return std::nullopt;
  if (middle.substr(kSequenceDigits) != std::string_view(payload).substr(kSequenceDigits)) {
    return std::nullopt;
  }
  return read_digits(middle.substr(0, kSequenceDigits));
}

FramePattern::FramePattern(Opcode opcode, const Pattern& pattern, std::optional<std::size_t> ack_at)
    : text_begin_(append_frame(frame_, opcode, pattern.with(0))),
      sequence_at_(pattern.before.size()),
      ack_at_(ack_at) {}

void FramePattern::patch(char* frame, std::size_t at, std::size_t digits,
                         std::uint64_t number) const {
  std::array<char, kSequenceDigits> text{};
  write_digits(text.data(), digits, number);
  for (std::size_t i = 0; i < digits; ++i) frame[text_begin_ + at + i] = masked(text[i], at + i);
}

void FramePattern::append_to(std::string& out, std::uint64_t sequence) const {
  const std::size_t begin = out.size();
  out += frame_;
  patch(out.data() + begin, sequence_at_, kSequenceDigits, sequence);
  if (ack_at_) patch(out.data() + begin, *ack_at_, kAckDigits, ack_id(sequence));
}

}  // namespace patchbay::bench

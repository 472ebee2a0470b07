// SPDX-License-Identifier: MIT
//
// The messages of a run: built once, patched with a sequence number, compared byte by byte when
// they come back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ws_frame.hpp"

namespace patchbay::bench {

/// A payload begins with its sequence number in this many decimal digits, so it is never shorter.
inline constexpr std::size_t kSequenceDigits = 10;

/// Ids of acknowledgements take so many digits and repeat after so many messages, as those of a
/// client that has been connected for a while.
inline constexpr std::size_t kAckDigits = 4;
inline constexpr std::uint64_t kAckIds = 9'000;
inline std::uint64_t ack_id(std::uint64_t sequence) {
  return 1'000 + sequence % kAckIds;
}

void write_digits(char* to, std::size_t digits, std::uint64_t number);

/// The decimal number that `text` is, or nothing when it has anything but digits.
std::optional<std::uint64_t> read_digits(std::string_view text);

/// Digits and letters, the sequence number left open (zeros).
std::string make_payload(std::size_t size);

/// `text` with a payload in the middle: what is sent and what has to come back.
struct Pattern {
  std::string before;
  std::string payload;
  std::string after;

  std::string with(std::uint64_t sequence) const;

  /// The sequence number of a text of this pattern, or nothing when a single byte differs.
  std::optional<std::uint64_t> match(std::string_view text) const;
};

/// A masked frame for texts of a pattern.
class FramePattern {
 public:
  /// With `ack_at`, an id of an acknowledgement is written at that place of the text, too.
  FramePattern(Opcode opcode, const Pattern& pattern, std::optional<std::size_t> ack_at = {});

  void append_to(std::string& out, std::uint64_t sequence) const;

 private:
  void patch(char* frame, std::size_t at, std::size_t digits, std::uint64_t number) const;

  std::string frame_;
  std::size_t text_begin_;
  std::size_t sequence_at_;
  std::optional<std::size_t> ack_at_;
};

}  // namespace patchbay::bench

// SPDX-License-Identifier: MIT
//
// The bytes: masked WebSocket frames in, plain ones out (RFC 6455, section 5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace patchbay::bench {

inline constexpr unsigned char kText = 0x81;
inline constexpr unsigned char kBinary = 0x82;
inline constexpr unsigned char kClose = 0x88;
inline constexpr std::size_t kLongestHead = 10;

/// A frame as it came: still masked.
struct MaskedFrame {
  unsigned char first = 0;
  const char* payload = nullptr;
  std::size_t size = 0;
  std::uint32_t mask = 0;
};

/// Takes a frame off the front; false when it is not there in full.
bool take_frame(std::string_view& data, MaskedFrame& frame);

/// Writes the head of a frame and returns its size.
std::size_t write_head(char* to, unsigned char first, std::size_t payload);

/// Copies without the mask. The areas must not overlap.
inline void unmask(char* to, const MaskedFrame& frame) {
  const std::uint64_t mask = (std::uint64_t{frame.mask} << 32) | frame.mask;
  std::size_t i = 0;
  for (; i + sizeof mask <= frame.size; i += sizeof mask) {
    std::uint64_t word = 0;
    std::memcpy(&word, frame.payload + i, sizeof word);
    word ^= mask;
    std::memcpy(to + i, &word, sizeof word);
  }
  std::uint64_t last = 0;
  std::memcpy(&last, frame.payload + i, frame.size - i);
  last ^= mask;
  std::memcpy(to + i, &last, frame.size - i);
}

/// A whole text frame.
std::string text_frame(std::string_view text);

}  // namespace patchbay::bench

// SPDX-License-Identifier: MIT
//
// WebSocket frames (RFC 6455, section 5): masked ones to send, plain ones received.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace patchbay::bench {

enum class Opcode : std::uint8_t { kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

/// The same key for every frame: frames are built once and only patched. Not zero, because there
/// are servers that then save themselves the work.
inline constexpr std::array<unsigned char, 4> kMask = {0x5a, 0x31, 0xc7, 0x0e};

inline char masked(char byte, std::size_t position) {
  return static_cast<char>(static_cast<unsigned char>(byte) ^ kMask[position % 4]);
}

/// Appends a masked frame. Returns where in `out` its payload begins.
std::size_t append_frame(std::string& out, Opcode opcode, std::string_view payload);

struct Frame {
  Opcode opcode;
  std::string_view payload;
};

enum class FrameError : std::uint8_t { kNone, kIncomplete, kMasked, kFragmented };

/// Takes one frame off the front of `data`. `data` is unchanged when that fails.
FrameError take_frame(std::string_view& data, Frame& frame);

}  // namespace patchbay::bench

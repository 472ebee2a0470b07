// SPDX-License-Identifier: MIT
#include "ws_frame.hpp"

namespace patchbay::bench {
namespace {

constexpr unsigned char kFin = 0x80;
constexpr unsigned char kReserved = 0x70;
constexpr unsigned char kMaskBit = 0x80;
constexpr std::size_t kLongestShort = 125;
constexpr unsigned char kLength16 = 126;
constexpr unsigned char kLength64 = 127;

void append_number(std::string& out, std::uint64_t number, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>((number >> (8 * i)) & 0xff);
}

std::uint64_t read_number(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = (number << 8) | static_cast<unsigned char>(byte);
  return number;
}

}  // namespace

std::size_t append_frame(std::string& out, Opcode opcode, std::string_view payload) {
  const std::size_t size = payload.size();
  out += static_cast<char>(kFin | static_cast<unsigned char>(opcode));
  if (size <= kLongestShort) {
    out += static_cast<char>(kMaskBit | size);
  } else if (size <= 0xffff) {
    out += static_cast<char>(kMaskBit | kLength16);
    append_number(out, size, 2);
  } else {
    out += static_cast<char>(kMaskBit | kLength64);
    append_number(out, size, 8);
  }
  for (const unsigned char byte : kMask) out += static_cast<char>(byte);
  const std::size_t begin = out.size();
  for (std::size_t i = 0; i < size; ++i) out += masked(payload[i], i);
  return begin;
}

FrameError take_frame(std::string_view& data, Frame& frame) {
  if (data.size() < 2) return FrameError::kIncomplete;
  const auto first = static_cast<unsigned char>(data[0]);
  const auto second = static_cast<unsigned char>(data[1]);
  if ((first & kFin) == 0 || (first & kReserved) != 0) return FrameError::kFragmented;
  if ((second & kMaskBit) != 0) return FrameError::kMasked;

  std::size_t head = 2;
  std::uint64_t size = second;
  if (second > kLongestShort) {
    const std::size_t bytes = second == kLength16 ? 2 : 8;
    head += bytes;
    if (data.size() < head) return FrameError::kIncomplete;
    size = read_number(data.substr(2, bytes));
  }
  if (data.size() - head < size) return FrameError::kIncomplete;
  frame = {static_cast<Opcode>(first & 0x0f), data.substr(head, size)};
  data.remove_prefix(head + size);
  return FrameError::kNone;
}

}  // namespace patchbay::bench

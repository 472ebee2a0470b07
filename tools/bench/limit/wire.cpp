// SPDX-License-Identifier: MIT
#include "wire.hpp"

#include <bit>

namespace patchbay::bench {
namespace {

constexpr std::size_t kLongestShort = 125;
constexpr unsigned char kLength16 = 126;
constexpr unsigned char kLength64 = 127;
constexpr std::size_t kMaskBytes = 4;

static_assert(std::endian::native == std::endian::little);

std::uint64_t read_number(const char* bytes, std::size_t count) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < count; ++i) {
    number = (number << 8) | static_cast<unsigned char>(bytes[i]);
  }
  return number;
}

}  // namespace

bool take_frame(std::string_view& data, MaskedFrame& frame) {
  if (data.size() < 2) return false;
  std::size_t head = 2;
  std::uint64_t size = static_cast<unsigned char>(data[1]) & 0x7f;
  if (size > kLongestShort) {
    const std::size_t bytes = size == kLength16 ? 2 : 8;
    if (data.size() < head + bytes) return false;
    size = read_number(data.data() + head, bytes);
    head += bytes;
  }
  if (data.size() < head + kMaskBytes || data.size() - head - kMaskBytes < size) return false;
  frame.first = static_cast<unsigned char>(data[0]);
  std::memcpy(&frame.mask, data.data() + head, kMaskBytes);
  frame.payload = data.data() + head + kMaskBytes;
  frame.size = size;
  data.remove_prefix(head + kMaskBytes + size);
  return true;
}

std::size_t write_head(char* to, unsigned char first, std::size_t payload) {
  to[0] = static_cast<char>(first);
  if (payload <= kLongestShort) {
    to[1] = static_cast<char>(payload);
    return 2;
  }
  const std::size_t bytes = payload <= 0xffff ? 2 : 8;
  to[1] = static_cast<char>(bytes == 2 ? kLength16 : kLength64);
  for (std::size_t i = 0; i < bytes; ++i) {
    to[2 + i] = static_cast<char>((payload >> (8 * (bytes - 1 - i))) & 0xff);
  }
  return 2 + bytes;
}

std::string text_frame(std::string_view text) {
  char head[kLongestHead];
  std::string frame(head, write_head(head, kText, text.size()));
  return frame.append(text);
}

}  // namespace patchbay::bench

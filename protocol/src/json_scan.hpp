// SPDX-License-Identifier: MIT
//
// Where a JSON string stops being plain text, for the reader and the writer. Sixteen bytes at a
// time, by the compiler's vector types.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace patchbay::json {

using Block __attribute__((vector_size(16))) = unsigned char;

[[nodiscard]] inline bool is_special(char c) noexcept {
  return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
}

// Position of the first of the block's bytes whose mark is not zero; 16 when there is none.
[[nodiscard]] inline unsigned first_marked(const Block& marks) noexcept {
  std::uint64_t halves[2];
  std::memcpy(halves, &marks, sizeof halves);
  for (unsigned i = 0; i < 2; ++i) {
    if (halves[i] == 0) continue;
    const int bit = std::endian::native == std::endian::little ? std::countr_zero(halves[i])
                                                               : std::countl_zero(halves[i]);
    return 8 * i + static_cast<unsigned>(bit) / 8;
  }
  return 16;
}

[[nodiscard]] inline Block special_in(const Block& block) noexcept {
  return reinterpret_cast<Block>((block == '"') | (block == '\\') | (block < 0x20));
}

[[nodiscard]] inline Block load_block(const char* at) noexcept {
  Block block;
  std::memcpy(&block, at, sizeof block);
  return block;
}

[[nodiscard]] inline bool any_marked(const Block& marks) noexcept {
  std::uint64_t halves[2];
  std::memcpy(halves, &marks, sizeof halves);
  return (halves[0] | halves[1]) != 0;
}

// The first quote, backslash or control character: what a JSON string cannot hold as it is. `end`
// when there is none.
[[nodiscard]] inline const char* find_special(const char* at, const char* end) noexcept {
  // Four blocks for the price of one test, in which long texts spend their time.
  for (; end - at >= 64; at += 64) {
    const Block first = special_in(load_block(at)) | special_in(load_block(at + 16));
    const Block second = special_in(load_block(at + 32)) | special_in(load_block(at + 48));
    if (any_marked(first | second)) break;
  }
  for (; end - at >= 16; at += 16) {
    const unsigned position = first_marked(special_in(load_block(at)));
    if (position < 16) return at + position;
  }
  while (at != end && !is_special(*at)) ++at;
  return at;
}

}  // namespace patchbay::json

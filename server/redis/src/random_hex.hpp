// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <random>
#include <string>

namespace patchbay::redis {

// For names that no other server may have: of members, and of what they ask.
[[nodiscard]] inline std::string random_hex(std::size_t digits) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::random_device device;
  std::string text;
  while (text.size() < digits) text += kDigits[device() % 16];
  return text;
}

}  // namespace patchbay::redis

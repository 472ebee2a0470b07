// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>

namespace patchbay::engineio {

// Notices that most of a crowd has left: then the memory that it used is worth giving back.
class Crowd {
 public:
  // There are so many now. True when that is at most half of what it has been.
  [[nodiscard]] bool has_left(std::size_t count) noexcept {
    peak_ = std::max(peak_, count);
    return peak_ >= kCrowd && count <= peak_ / 2;
  }
  // Begins anew from here.
  void reset(std::size_t count) noexcept { peak_ = count; }

 private:
  // What fewer have used is soon used again.
  static constexpr std::size_t kCrowd = 256;
  std::size_t peak_ = 0;
};

}  // namespace patchbay::engineio

// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>

#include "clock.hpp"

namespace patchbay::bench {

/// Durations in buckets that are 1/64 of their value wide: a quantile is off by at most 1.6 %.
/// Recording costs a few instructions and never allocates.
class Histogram {
 public:
  void record(Nanoseconds duration, std::uint64_t count = 1);
  void clear() { *this = Histogram(); }

  std::uint64_t count() const { return count_; }
  Nanoseconds max() const { return max_; }

  /// The duration that the given part of all (0 to 1) does not exceed; 0 when there is none.
  Nanoseconds quantile(double part) const;

 private:
  static constexpr unsigned kSubBits = 6;
  static constexpr unsigned kBuckets = (64 - kSubBits) << kSubBits;

  static unsigned bucket_of(std::uint64_t value);
  static std::uint64_t upper_bound_of(unsigned bucket);

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  Nanoseconds max_ = 0;
};

}  // namespace patchbay::bench

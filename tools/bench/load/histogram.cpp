// SPDX-License-Identifier: MIT
#include "histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace patchbay::bench {

// Values below 64 have a bucket each; above, the topmost bit picks a group of 64 buckets and the
// six bits after it the bucket within.
unsigned Histogram::bucket_of(std::uint64_t value) {
  const auto width = static_cast<unsigned>(std::bit_width(value));
  if (width <= kSubBits) return static_cast<unsigned>(value);
  const unsigned shift = width - kSubBits - 1;
  const auto within = static_cast<unsigned>(value >> shift) - (1U << kSubBits);
  return std::min(((shift + 1) << kSubBits) + within, kBuckets - 1);
}

std::uint64_t Histogram::upper_bound_of(unsigned bucket) {
  const unsigned group = bucket >> kSubBits;
  const std::uint64_t within = bucket & ((1U << kSubBits) - 1);
  if (group == 0) return within;
  const unsigned shift = group - 1;
  return ((within + (1U << kSubBits) + 1) << shift) - 1;
}

void Histogram::record(Nanoseconds duration, std::uint64_t count) {
  const auto value = static_cast<std::uint64_t>(std::max<Nanoseconds>(duration, 0));
  buckets_[bucket_of(value)] += count;
  count_ += count;
  max_ = std::max(max_, duration);
}

Nanoseconds Histogram::quantile(double part) const {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(part * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (unsigned bucket = 0; bucket < kBuckets; ++bucket) {
    seen += buckets_[bucket];
    if (seen > 0 && seen >= wanted) {
      return std::min(static_cast<Nanoseconds>(upper_bound_of(bucket)), max_);
    }
  }
  return max_;
}

}  // namespace patchbay::bench

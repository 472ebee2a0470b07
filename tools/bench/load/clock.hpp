// SPDX-License-Identifier: MIT
//
// Time as all of the generator counts it: nanoseconds of the monotonic clock.
#pragma once

#include <cstdint>
#include <ctime>

namespace patchbay::bench {

using Nanoseconds = std::int64_t;

inline constexpr Nanoseconds kMicrosecond = 1'000;
inline constexpr Nanoseconds kMillisecond = 1'000'000;
inline constexpr Nanoseconds kSecond = 1'000'000'000;

inline Nanoseconds now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * kSecond + time.tv_nsec;
}

inline Nanoseconds from_seconds(double seconds) {
  return static_cast<Nanoseconds>(seconds * static_cast<double>(kSecond));
}

inline double to_seconds(Nanoseconds time) {
  return static_cast<double>(time) / static_cast<double>(kSecond);
}

}  // namespace patchbay::bench

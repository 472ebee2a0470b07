// SPDX-License-Identifier: MIT
//
// How often something may happen: a token bucket. Time is handed in.
#pragma once

#include <algorithm>
#include <cstdint>

#include "patchbay/protocol/time.hpp"

namespace patchbay {

// So many per second in the long run, and up to `burst` at once.
struct Rate {
  std::uint32_t per_second = 0;  // 0: no limit
  std::uint32_t burst = 0;       // 0: as much as per_second

  [[nodiscard]] constexpr bool limited() const noexcept { return per_second > 0; }
  // Precondition: limited().
  [[nodiscard]] constexpr std::uint32_t capacity() const noexcept {
    return burst > 0 ? burst : per_second;
  }
};

// What is left of a Rate for one peer. Counts in thousandths, so that a slow rate loses nothing to
// rounding however often it is asked.
class TokenBucket {
 public:
  // Full.
  TokenBucket(const Rate& rate, TimePoint now) noexcept
      : milli_tokens_(capacity(rate)), refilled_(now) {}

  // Takes `count` tokens; false, and takes none, when there are fewer. A count above the capacity
  // passes when the bucket is full, and leaves a debt: it could never pass otherwise.
  [[nodiscard]] bool take(const Rate& rate, TimePoint now, std::uint64_t count = 1) noexcept {
    refill(rate, now);
    if (milli_tokens_ < std::min(milli(count), capacity(rate))) return false;
    milli_tokens_ -= milli(count);
    return true;
  }

  // Takes them in any case; what is missing is a debt.
  void spend(const Rate& rate, TimePoint now, std::uint64_t count = 1) noexcept {
    refill(rate, now);
    milli_tokens_ = std::max(milli_tokens_ - milli(count), -milli(kMaxCount));
  }

  // How long it takes until take(rate, ..., count) will succeed, if nothing else takes.
  [[nodiscard]] Millis wait(const Rate& rate, TimePoint now, std::uint64_t count = 1) noexcept {
    refill(rate, now);
    const std::int64_t missing = std::min(milli(count), capacity(rate)) - milli_tokens_;
    if (missing <= 0) return Millis(0);
    return Millis((missing + rate.per_second - 1) / rate.per_second);
  }

 private:
  static constexpr std::uint64_t kMaxCount = std::uint64_t{1} << 40;
  static constexpr std::int64_t kMaxElapsed = std::int64_t{1} << 30;  // 12 days

  [[nodiscard]] static constexpr std::int64_t milli(std::uint64_t count) noexcept {
    return static_cast<std::int64_t>(std::min(count, kMaxCount)) * 1'000;
  }
  [[nodiscard]] static constexpr std::int64_t capacity(const Rate& rate) noexcept {
    return milli(rate.capacity());
  }

  // Tokens per second are thousandths per millisecond.
  void refill(const Rate& rate, TimePoint now) noexcept {
    if (now <= refilled_) return;
    // A debt that takes longer is none to wait for.
    const std::int64_t elapsed = std::min<std::int64_t>((now - refilled_).count(), kMaxElapsed);
    milli_tokens_ =
        std::min(capacity(rate), milli_tokens_ + elapsed * std::int64_t{rate.per_second});
    refilled_ = now;
  }

  std::int64_t milli_tokens_;
  TimePoint refilled_;
};

}  // namespace patchbay

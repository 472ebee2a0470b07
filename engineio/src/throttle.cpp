// SPDX-License-Identifier: MIT
#include "throttle.hpp"

#include <algorithm>
#include <utility>

namespace patchbay::engineio {

std::unique_ptr<Throttle> Throttle::make(const Limits& limits, TimePoint now) {
  if (!limits.messages.limited() && !limits.bytes.limited()) return nullptr;
  return std::make_unique<Throttle>(limits, now);
}

Throttle::Throttle(const Limits& limits, TimePoint now)
    : limits_(&limits), messages_(limits.messages, now), bytes_(limits.bytes, now) {}

Errc Throttle::take(std::size_t bytes, TimePoint now) {
  if (limits_->bytes.limited() && bytes_.wait(limits_->bytes, now, bytes) > Millis(0)) {
    return Errc::eio_byte_rate;
  }
  if (limits_->messages.limited() && !messages_.take(limits_->messages, now)) {
    return Errc::eio_message_rate;
  }
  if (limits_->bytes.limited()) bytes_.spend(limits_->bytes, now, bytes);
  return Errc::none;
}

void Throttle::spend(std::size_t bytes, Loop& loop, std::function<void()> resume) {
  const TimePoint now = loop.now();
  Millis pause{0};
  if (limits_->messages.limited()) {
    messages_.spend(limits_->messages, now);
    pause = messages_.wait(limits_->messages, now);
  }
  if (limits_->bytes.limited()) {
    bytes_.spend(limits_->bytes, now, bytes);
    pause = std::max(pause, bytes_.wait(limits_->bytes, now));
  }
  if (pause <= Millis(0)) return;
  if (!std::exchange(paused_, true)) {
    timer_ = loop.make_timer([this, resume = std::move(resume)] {
      paused_ = false;
      const auto call = resume;  // it may be the end of this
      call();
    });
  }
  timer_->start(now + pause);
}

}  // namespace patchbay::engineio

// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <memory>
#include <span>
#include <utility>

#include "patchbay/convert.hpp"

namespace patchbay {

// A handler's way to acknowledge an event, now or later. Copies answer the same event, of which the
// first answer counts; one that comes after the client has left is dropped. Any thread.
class Ack {
 public:
  struct Target {
    virtual ~Target() = default;
    virtual void answer(std::span<const Value> args) = 0;
  };

  Ack() = default;  // answers nothing
  explicit Ack(std::shared_ptr<Target> target) : target_(std::move(target)) {}

  // False when the client did not ask for an acknowledgement.
  explicit operator bool() const noexcept { return target_ != nullptr; }

  template <typename... Ts>
  void operator()(Ts&&... args) const {
    if (!target_) return;
    const std::array<Value, sizeof...(Ts)> values{to_value(std::forward<Ts>(args))...};
    target_->answer(values);
  }
  // With as many arguments as there are values.
  void answer(const Array& args) const {
    if (target_) target_->answer(args);
  }

 private:
  std::shared_ptr<Target> target_;
};

}  // namespace patchbay

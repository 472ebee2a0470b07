// SPDX-License-Identifier: MIT
#pragma once

#include <unistd.h>

#include <utility>

namespace patchbay::engineio {

// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int value) noexcept : value_(value) {}
  ~Descriptor() { close(); }
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, kNone)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      close();
      value_ = std::exchange(other.value_, kNone);
    }
    return *this;
  }

  [[nodiscard]] int get() const noexcept { return value_; }
  [[nodiscard]] bool is_open() const noexcept { return value_ != kNone; }
  // Gives it to the caller.
  [[nodiscard]] int release() noexcept { return std::exchange(value_, kNone); }
  void close() noexcept {
    if (is_open()) ::close(release());
  }

 private:
  static constexpr int kNone = -1;
  int value_ = kNone;
};

}  // namespace patchbay::engineio

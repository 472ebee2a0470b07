// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace patchbay::engineio {

// How many connections there are from each address. Any thread.
class AddressCounter {
 public:
  // One connection; gives its place back when destroyed. The counter outlives it.
  class Claim {
   public:
    Claim(AddressCounter& counter, std::string key) : counter_(&counter), key_(std::move(key)) {}
    ~Claim() { counter_->release(key_); }
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;

   private:
    AddressCounter* counter_;
    std::string key_;
  };

  // `limit` 0: nothing is counted.
  explicit AddressCounter(std::size_t limit) noexcept : limit_(limit) {}

  [[nodiscard]] bool enabled() const noexcept { return limit_ > 0; }
  // Null when the address has as many as it may. Precondition: enabled().
  [[nodiscard]] std::unique_ptr<Claim> claim(const std::string& address);

 private:
  void release(const std::string& key) noexcept;

  const std::size_t limit_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::size_t> counts_;
};

}  // namespace patchbay::engineio

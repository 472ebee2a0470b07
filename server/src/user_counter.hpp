// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace patchbay {

// How many sockets each user has in a namespace. Any thread.
class UserCounter : public std::enable_shared_from_this<UserCounter> {
 public:
  // One socket; gives its place back when destroyed.
  class Claim {
   public:
    Claim(std::shared_ptr<UserCounter> counter, std::string user)
        : counter_(std::move(counter)), user_(std::move(user)) {}
    ~Claim() { counter_->release(user_); }
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;

   private:
    std::shared_ptr<UserCounter> counter_;
    std::string user_;
  };

  // Null when the user has `limit` already.
  [[nodiscard]] std::unique_ptr<Claim> claim(const std::string& user, std::size_t limit);

 private:
  void release(const std::string& user) noexcept;

  std::mutex mutex_;
  std::unordered_map<std::string, std::size_t> counts_;
};

}  // namespace patchbay

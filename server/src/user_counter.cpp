// SPDX-License-Identifier: MIT
#include "user_counter.hpp"

namespace patchbay {

std::unique_ptr<UserCounter::Claim> UserCounter::claim(const std::string& user, std::size_t limit) {
  {
    const std::lock_guard lock(mutex_);
    std::size_t& count = counts_[user];
    if (count >= limit) return nullptr;
    ++count;
  }
  return std::make_unique<Claim>(shared_from_this(), user);
}

void UserCounter::release(const std::string& user) noexcept {
  const std::lock_guard lock(mutex_);
  const auto found = counts_.find(user);
  if (--found->second == 0) counts_.erase(found);
}

}  // namespace patchbay

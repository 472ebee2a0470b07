// SPDX-License-Identifier: MIT
#include "address_counter.hpp"

#include <algorithm>
#include <asio/ip/address.hpp>
#include <utility>

namespace patchbay::engineio {

namespace {

// Whoever has an IPv6 address has at least 2^64 of them: the network counts.
std::string key_of(const std::string& text) {
  asio::error_code error;
  const auto address = asio::ip::make_address(text, error);
  if (error || !address.is_v6()) return text;
  auto bytes = address.to_v6().to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
  return asio::ip::address_v6(bytes).to_string();
}

}  // namespace

std::unique_ptr<AddressCounter::Claim> AddressCounter::claim(const std::string& address) {
  std::string key = key_of(address);
  {
    const std::lock_guard lock(mutex_);
    std::size_t& count = counts_[key];
    if (count >= limit_) return nullptr;
    ++count;
  }
  return std::make_unique<Claim>(*this, std::move(key));
}

void AddressCounter::release(const std::string& key) noexcept {
  const std::lock_guard lock(mutex_);
  const auto found = counts_.find(key);
  if (--found->second == 0) counts_.erase(found);
}

}  // namespace patchbay::engineio

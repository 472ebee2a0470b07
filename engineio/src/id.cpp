// SPDX-License-Identifier: MIT
#include "patchbay/engineio/id.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <stdexcept>

namespace patchbay::engineio {

namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t kRandomBytes = 11;
constexpr std::size_t kIdBytes = 15;
constexpr std::size_t kIdLength = 20;

int digit_value(char digit) noexcept {
  const auto position = kAlphabet.find(digit);
  return position == std::string_view::npos ? -1 : static_cast<int>(position);
}

}  // namespace

std::string IdGenerator::next() {
  if (pool_used_ == pool_.size()) {
    // Without randomness no id may be given out: it would be guessable.
    if (RAND_bytes(pool_.data(), static_cast<int>(pool_.size())) != 1) {
      throw std::runtime_error("the system's random number generator failed");
    }
    pool_used_ = 0;
  }
  std::array<std::uint8_t, kIdBytes> raw;
  std::copy_n(pool_.begin() + static_cast<std::ptrdiff_t>(pool_used_), kRandomBytes, raw.begin());
  pool_used_ += kRandomBytes;
  for (std::size_t i = 0; i < 4; ++i) {
    raw[kRandomBytes + i] = static_cast<std::uint8_t>(counter_ >> (24 - 8 * i));
  }
  // The counter's low 24 bits wrap around without touching the domain.
  counter_ = (counter_ & 0xff00'0000U) | ((counter_ + 1) & 0x00ff'ffffU);

  std::string id;
  id.reserve(kIdLength);
  for (std::size_t i = 0; i < kIdBytes; i += 3) {
    const std::uint32_t group = static_cast<std::uint32_t>(raw[i]) << 16 |
                                static_cast<std::uint32_t>(raw[i + 1]) << 8 | raw[i + 2];
    for (int shift = 18; shift >= 0; shift -= 6) id += kAlphabet[group >> shift & 63];
  }
  return id;
}

std::optional<std::uint8_t> IdGenerator::domain_of(std::string_view id) noexcept {
  if (id.size() != kIdLength) return std::nullopt;
  // Characters carry 6 bits each: byte 11 is bits 88 to 95, the last 2 of one and the 6 of the
  // next.
  const int high = digit_value(id[14]);
  const int low = digit_value(id[15]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<std::uint8_t>((high << 6 | low) & 0xff);
}

}  // namespace patchbay::engineio

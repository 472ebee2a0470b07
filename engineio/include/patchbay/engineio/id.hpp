// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace patchbay::engineio {

// Makes ids that cannot be guessed: 11 random bytes (88 bits) and a counter that rules out repeats,
// as 20 characters of URL-safe base64. For one thread.
class IdGenerator {
 public:
  // Generators with different `domain` never make the same id: it is the counter's first byte.
  explicit IdGenerator(std::uint8_t domain) noexcept
      : counter_(static_cast<std::uint32_t>(domain) << 24) {}

  [[nodiscard]] std::string next();

  // The domain of the generator that made this id; nothing when the text cannot be such an id.
  [[nodiscard]] static std::optional<std::uint8_t> domain_of(std::string_view id) noexcept;

 private:
  // Random bytes are fetched in blocks: a call to the generator per id is what a storm of new
  // connections would spend its time on.
  static constexpr std::size_t kPoolBytes = std::size_t{11} * 64;
  std::array<std::uint8_t, kPoolBytes> pool_{};
  std::size_t pool_used_ = kPoolBytes;
  std::uint32_t counter_;
};

}  // namespace patchbay::engineio

// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

namespace patchbay::engineio {

// What became of an attempt to read or write that does not block.
struct Transfer {
  enum class Status : std::uint8_t { ok, would_block, closed };
  std::size_t bytes = 0;
  Status status = Status::ok;
};

}  // namespace patchbay::engineio

// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace patchbay::daemon {

// A file inside the program.
struct Asset {
  std::string_view path;  // where it is served
  std::string_view type;
  std::string_view etag;  // empty: none
  bool is_client;         // of the JavaScript client, rather than of the demo page
  std::string_view plain;
  // Empty when it is only there as it is.
  std::string_view brotli;
  std::string_view gzip;
  std::string_view deflate;
};

[[nodiscard]] std::span<const Asset> assets();

}  // namespace patchbay::daemon

// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace patchbay {

// A file inside the program, by patchbay_embed() of tools/cmake/embed.cmake.
struct EmbeddedFile {
  std::string_view name;
  std::string_view type;  // Content-Type
  std::string_view plain;
  // Empty unless compressed forms were asked for.
  std::string_view brotli;
  std::string_view gzip;
  std::string_view deflate;
};

}  // namespace patchbay

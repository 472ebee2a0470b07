// SPDX-License-Identifier: MIT
//
// Any text: white space before it changes nothing, although it has another reader read it. What can
// be read is written as UTF-8 that reads as the same value, and is written the same again. Any
// bytes: as a string of the application's they become a JSON string.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "patchbay/protocol/json.hpp"
#include "patchbay/protocol/limits.hpp"
#include "patchbay/protocol/utf8.hpp"

namespace {

using patchbay::parse_json;
using patchbay::Value;

constexpr std::size_t kDepth = patchbay::Limits().json_depth;

void check_text(std::string_view text) {
  const auto value = parse_json(text, kDepth);
  const auto spaced = parse_json(" " + std::string(text), kDepth);
  if (value.error() != spaced.error()) std::abort();
  if (!value) return;
  const std::string written = patchbay::to_json(*value);
  if (written != patchbay::to_json(*spaced)) std::abort();
  if (!patchbay::is_valid_utf8(written)) std::abort();
  const auto again = parse_json(written, kDepth);
  if (!again || patchbay::to_json(*again) != written) std::abort();
}

void check_string(std::string_view bytes) {
  std::string written;
  patchbay::write_json_string(written, bytes);
  if (written != patchbay::to_json(Value(bytes))) std::abort();
  const auto value = parse_json(written, 0);
  if (!value || *value != Value(patchbay::replace_invalid_utf8(bytes))) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (patchbay::is_valid_utf8(text)) check_text(text);
  check_string(text);
  return 0;
}

// SPDX-License-Identifier: MIT
//
// A schema, a zero byte, and a value. Whatever the schema is, checking ends, says the same twice,
// and what violates it satisfies its opposite. The value's text is searched for the schema's text
// as a pattern as well.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "patchbay/protocol/json.hpp"
#include "patchbay/protocol/json_schema.hpp"
#include "patchbay/protocol/limits.hpp"
#include "patchbay/protocol/utf8.hpp"
#include "pattern.hpp"

namespace {

using namespace patchbay;

constexpr std::size_t kDepth = Limits().json_depth;

void check_schema(std::string_view text, const Value& value) {
  const auto schema = JsonSchema::compile(text);
  if (!schema) {
    if (schema.error().text.empty()) std::abort();
    return;
  }
  const auto violation = schema->validate(value);
  const auto again = schema->validate(value);
  if (violation.has_value() != again.has_value()) std::abort();
  if (violation && (violation->keyword.empty() || violation->path != again->path)) std::abort();
  if (const auto* const items = value.get_if<Array>()) {
    if (schema->validate_array(*items).has_value() != violation.has_value()) std::abort();
  }
  if (violation && violation->keyword == "too complex") return;
  // References are to places in the whole.
  if (text.find("$ref") != std::string_view::npos) return;
  const auto opposite = JsonSchema::compile("{\"not\":" + std::string(text) + "}");
  if (!opposite) return;  // nested one level too deeply
  const auto other = opposite->validate(value);
  if (other && other->keyword == "too complex") return;
  if (other.has_value() == violation.has_value()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto border = input.find('\0');
  if (border == std::string_view::npos) return 0;
  const std::string_view schema = input.substr(0, border);
  const std::string_view text = input.substr(border + 1);
  if (const auto pattern = Pattern::compile(schema)) {
    if (pattern->found_in(text) != pattern->found_in(text)) std::abort();
  }
  const auto value = is_valid_utf8(text) ? parse_json(text, kDepth) : Errc::json_invalid_utf8;
  if (value) check_schema(schema, *value);
  return 0;
}

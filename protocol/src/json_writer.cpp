// SPDX-License-Identifier: MIT
#include "json_text.hpp"
#include "patchbay/protocol/json.hpp"
#include "patchbay/protocol/utf8.hpp"

namespace patchbay {

void write_json(std::string& out, const Value& value) {
  json::Text text;
  text.append_value(value, [&text](const Bytes&) { text.append("null"); });
  if (text.is_ascii() || is_valid_utf8(text.view())) {
    out += text.view();
  } else {
    out += replace_invalid_utf8(text.view());
  }
}

std::string to_json(const Value& value) {
  std::string text;
  write_json(text, value);
  return text;
}

void write_json_string(std::string& out, std::string_view text) {
  json::Text json;
  if (is_valid_utf8(text)) {
    json.append_string(text);
  } else {
    json.append_string(replace_invalid_utf8(text));
  }
  out += json.view();
}

}  // namespace patchbay

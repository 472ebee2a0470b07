// SPDX-License-Identifier: MIT
#include "patchbay/protocol/eio/jsonp.hpp"

#include <algorithm>
#include <cstddef>

#include "http_form.hpp"
#include "patchbay/protocol/json.hpp"

namespace patchbay::eio::jsonp {

namespace {

// U+2028 and U+2029 are text to JSON, but end a line of the script.
constexpr std::string_view kSeparatorLead = "\xE2\x80";

// Precondition: the script is UTF-8, so that something follows each lead.
void escape_line_separators(std::string& script) {
  std::size_t at = script.find(kSeparatorLead);
  if (at == std::string::npos) return;
  std::string escaped;
  std::size_t copied = 0;
  for (; at != std::string::npos; at = script.find(kSeparatorLead, at + 1)) {
    const char last = script[at + 2];
    if (last != '\xA8' && last != '\xA9') continue;
    escaped.append(script, copied, at - copied);
    escaped += last == '\xA8' ? "\\u2028" : "\\u2029";
    copied = at + 3;
  }
  escaped.append(script, copied);
  script = std::move(escaped);
}

// The value of the first field "d", not decoded.
std::string_view data_field(std::string_view form) noexcept {
  constexpr std::string_view kName = "d=";
  while (!form.empty()) {
    const std::size_t end = std::min(form.find('&'), form.size());
    if (form.starts_with(kName)) return form.substr(kName.size(), end - kName.size());
    form.remove_prefix(std::min(end + 1, form.size()));
  }
  return {};
}

std::string unescape_newlines(std::string text) {
  constexpr std::string_view kEscape = "\\n";
  std::size_t at = text.find(kEscape);
  if (at == std::string::npos) return text;
  std::string result;
  result.reserve(text.size());
  std::size_t copied = 0;
  for (; at != std::string::npos; at = text.find(kEscape, at + kEscape.size())) {
    const bool escaped = at > copied && text[at - 1] == '\\';
    result.append(text, copied, at - copied - (escaped ? 1 : 0));
    result += escaped ? kEscape : std::string_view("\n");
    copied = at + kEscape.size();
  }
  result.append(text, copied);
  return result;
}

}  // namespace

std::string encode(std::string_view index, std::string_view payload) {
  std::string script = "___eio[";
  for (const char c : index) {
    if (c >= '0' && c <= '9') script += c;
  }
  script += "](";
  write_json_string(script, payload);
  script += ");";
  escape_line_separators(script);
  return script;
}

std::string decode(std::string_view form) {
  return unescape_newlines(http::decode_form_component(data_field(form)));
}

}  // namespace patchbay::eio::jsonp

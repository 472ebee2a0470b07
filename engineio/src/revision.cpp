// SPDX-License-Identifier: MIT
#include "revision.hpp"

#include <string>

namespace patchbay::engineio {

int revision_of(const http::Query& query) noexcept {
  const std::string* const value = query.find("EIO");
  return value && *value == "4" ? 4 : 3;
}

bool wants_base64(const http::Query& query) noexcept {
  const std::string* const value = query.find("b64");
  return value && !value->empty();
}

bool wants_jsonp(const http::Query& query) noexcept {
  return query.find("j") != nullptr;
}

std::string_view jsonp_index(const http::Query& query) noexcept {
  const std::string* const value = query.find("j");
  return value ? std::string_view(*value) : std::string_view();
}

eio::WireFormat wire_format_of(const http::Query& query, eio::Transport transport) noexcept {
  if (revision_of(query) == 4) return eio::WireFormat::revision4;
  // A script cannot hold binary data.
  const bool jsonp = transport == eio::Transport::polling && wants_jsonp(query);
  return wants_base64(query) || jsonp ? eio::WireFormat::revision3_base64
                                      : eio::WireFormat::revision3;
}

}  // namespace patchbay::engineio

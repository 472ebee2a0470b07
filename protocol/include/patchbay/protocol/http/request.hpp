// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "patchbay/protocol/http/headers.hpp"

namespace patchbay::http {

struct Request {
  std::string method;  // upper case, as sent: "GET"
  std::string target;  // as sent: "/socket.io/?EIO=4&transport=polling"
  Headers headers;
  std::string body;         // chunked bodies are joined
  bool keep_alive = false;  // the connection may carry another request after this one
  // Connection names "upgrade" and there is an Upgrade field. Never on HTTP/1.0, which has to
  // ignore the field (RFC 9110 section 7.8).
  bool wants_upgrade = false;

  // Target up to '?', and what is behind it (without the '?'); neither is decoded. A target of
  // absolute form ("http://host/path") counts from behind its authority.
  [[nodiscard]] std::string_view path() const noexcept;
  [[nodiscard]] std::string_view query() const noexcept;
};

// Query parameters in the order sent, percent-decoded, '+' as space. A key given again replaces the
// earlier value (as upstream: the last one wins).
class Query {
 public:
  Query() = default;
  explicit Query(std::string_view query);

  [[nodiscard]] const std::string* find(std::string_view key) const noexcept;
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& entries() const noexcept {
    return entries_;
  }

 private:
  std::vector<std::pair<std::string, std::string>> entries_;
};

}  // namespace patchbay::http

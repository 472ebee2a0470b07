// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace patchbay::redis {

// Where Redis is, and who we are to it.
struct Endpoint {
  std::string host;
  std::string port = "6379";
  bool tls = false;
  std::string user;      // empty: the default user
  std::string password;  // empty: none is asked for
  std::string database;  // empty: the first
  [[nodiscard]] std::string name() const {
    return (host.find(':') == std::string::npos ? host : '[' + host + ']') + ':' + port;
  }
};

// Reads redis://[[user]:password@]host[:port][/database] or rediss://. Throws
// std::invalid_argument, saying what is wrong; never with the password in it.
[[nodiscard]] Endpoint parse_url(std::string_view url);

}  // namespace patchbay::redis

// SPDX-License-Identifier: MIT
#include "endpoint.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <stdexcept>

namespace patchbay::redis {

namespace {

[[noreturn]] void refuse(std::string_view what) {
  throw std::invalid_argument("Redis URL: " + std::string(what) +
                              "; expected redis://[[user]:password@]host[:port][/database]");
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned byte = 0;
    const char* const first = text.data() + i + 1;
    if (i + 2 >= text.size() || std::from_chars(first, first + 2, byte, 16).ptr != first + 2) {
      refuse("'%' must be followed by two hexadecimal digits");
    }
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

// Takes what comes before the scheme's end.
bool has_tls(std::string_view& url) {
  for (const bool tls : {false, true}) {
    const std::string_view scheme = tls ? "rediss://" : "redis://";
    if (url.starts_with(scheme)) {
      url.remove_prefix(scheme.size());
      return tls;
    }
  }
  refuse("it must begin with redis:// or rediss://");
}

void read_user(Endpoint& endpoint, std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) refuse("a user needs a password");
  endpoint.user = percent_decoded(text.substr(0, colon));
  endpoint.password = percent_decoded(text.substr(colon + 1));
}

void read_address(Endpoint& endpoint, std::string_view text) {
  std::string_view rest;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) refuse("']' is missing");
    endpoint.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else {
    const auto colon = std::min(text.find(':'), text.size());
    endpoint.host = percent_decoded(text.substr(0, colon));
    rest = text.substr(colon);
  }
  if (endpoint.host.empty()) refuse("the host is missing");
  if (rest.empty()) return;
  rest.remove_prefix(1);
  std::uint16_t port = 0;
  const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), port);
  if (error != std::errc() || stop != rest.data() + rest.size() || port == 0) {
    refuse("the port must be a number from 1 to 65535");
  }
  endpoint.port = rest;
}

}  // namespace

Endpoint parse_url(std::string_view url) {
  Endpoint endpoint;
  endpoint.tls = has_tls(url);
  if (url.find_first_of("?#") != std::string_view::npos) refuse("it must have no query");
  const auto slash = std::min(url.find('/'), url.size());
  std::string_view authority = url.substr(0, slash);
  std::string_view path = url.substr(slash);
  if (path.size() > 1) {
    path.remove_prefix(1);
    if (!all_digits(path)) refuse("the database must be a number");
    endpoint.database = path;
  }
  // Passwords may have an unescaped '@' in them.
  const auto at = authority.rfind('@');
  if (at != std::string_view::npos) {
    read_user(endpoint, authority.substr(0, at));
    authority.remove_prefix(at + 1);
  }
  if (authority.find(',') != std::string_view::npos) {
    refuse("one server is expected: Redis Cluster is not supported");
  }
  read_address(endpoint, authority);
  return endpoint;
}

}  // namespace patchbay::redis

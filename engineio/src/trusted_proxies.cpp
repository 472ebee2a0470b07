// SPDX-License-Identifier: MIT
#include "trusted_proxies.hpp"

#include <algorithm>
#include <asio/ip/address.hpp>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace patchbay::engineio {

namespace {

std::string_view trim(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

// "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:80" to the address.
std::optional<std::string> address_in(std::string_view text) {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    text = text.substr(1, end - 1);
  } else if (std::ranges::count(text, ':') == 1) {
    text = text.substr(0, text.find(':'));
  }
  asio::error_code error;
  auto address = asio::ip::make_address(std::string(text), error);
  if (error) return std::nullopt;
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  return address.to_string();
}

// The value of "for" in one element of a Forwarded field (RFC 7239 4).
std::string_view for_of(std::string_view element) {
  while (!element.empty()) {
    const auto end = std::min(element.find(';'), element.size());
    const std::string_view pair = trim(element.substr(0, end));
    element.remove_prefix(std::min(end + 1, element.size()));
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos || !equal_ignoring_case(pair.substr(0, equals), "for")) {
      continue;
    }
    std::string_view value = trim(pair.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    return value;
  }
  return {};
}

// Takes the last element off a list.
std::string_view take_last(std::string_view& list) {
  const auto comma = list.rfind(',');
  const std::string_view last = comma == std::string_view::npos ? list : list.substr(comma + 1);
  list = comma == std::string_view::npos ? std::string_view() : list.substr(0, comma);
  return trim(last);
}

}  // namespace

TrustedProxies::TrustedProxies(const std::vector<std::string>& networks, ForwardedHeader header)
    : header_(header) {
  for (const std::string& text : networks) {
    const bool is_network = text.find('/') != std::string::npos;
    asio::error_code error;
    if (text.find(':') != std::string::npos) {
      v6_.push_back(asio::ip::make_network_v6(is_network ? text : text + "/128", error));
    } else {
      v4_.push_back(asio::ip::make_network_v4(is_network ? text : text + "/32", error));
    }
    if (error) {
      throw std::invalid_argument("trusted_proxies: '" + text +
                                  "' is neither an address nor a network like 10.0.0.0/8");
    }
  }
}

bool TrustedProxies::contains(const std::string& text) const {
  asio::error_code error;
  const auto address = asio::ip::make_address(text, error);
  if (error) return false;
  if (address.is_v4()) {
    return std::ranges::any_of(v4_, [&](const auto& network) {
      return network.network() ==
             asio::ip::make_network_v4(address.to_v4(), network.prefix_length()).network();
    });
  }
  return std::ranges::any_of(v6_, [&](const auto& network) {
    return network.network() ==
           asio::ip::make_network_v6(address.to_v6(), network.prefix_length()).network();
  });
}

std::string TrustedProxies::client_of(const std::string& peer, const http::Headers& headers) const {
  std::string client = peer;
  const bool standard = header_ == ForwardedHeader::forwarded;
  const std::string field = headers.joined(standard ? "forwarded" : "x-forwarded-for");
  std::string_view rest = field;
  while (!rest.empty() && contains(client)) {
    const std::string_view element = take_last(rest);
    auto address = address_in(standard ? for_of(element) : element);
    // "unknown", or a name that hides the address: what comes before may be anybody's.
    if (!address) break;
    client = std::move(*address);
  }
  return client;
}

}  // namespace patchbay::engineio

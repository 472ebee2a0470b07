// SPDX-License-Identifier: MIT
#pragma once

#include <asio/ip/network_v4.hpp>
#include <asio/ip/network_v6.hpp>
#include <string>
#include <vector>

#include "patchbay/engineio/options.hpp"
#include "patchbay/protocol/http/headers.hpp"

namespace patchbay::engineio {

// Whose word about a client's address is taken. Does not change; any thread.
class TrustedProxies {
 public:
  // Addresses ("10.0.0.7", "::1") and networks ("10.0.0.0/8", "fd00::/8"). Throws
  // std::invalid_argument, naming what is neither.
  TrustedProxies(const std::vector<std::string>& networks, ForwardedHeader header);

  [[nodiscard]] bool empty() const noexcept { return v4_.empty() && v6_.empty(); }
  [[nodiscard]] bool contains(const std::string& address) const;
  // Who the client is when `peer` has sent a request with these headers: the last address of the
  // header, read from its end, that is not a trusted proxy's. What proxies did not write themselves
  // is never believed.
  [[nodiscard]] std::string client_of(const std::string& peer, const http::Headers& headers) const;

 private:
  std::vector<asio::ip::network_v4> v4_;
  std::vector<asio::ip::network_v6> v6_;
  ForwardedHeader header_;
};

}  // namespace patchbay::engineio

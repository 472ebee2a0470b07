// SPDX-License-Identifier: MIT
#pragma once

#include <asio/ip/tcp.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "shard.hpp"

namespace patchbay::engineio {

// Accepts connections on one port, on its shard's loop.
class Listener : public std::enable_shared_from_this<Listener> {
 public:
  using OnAccept = std::function<void(asio::ip::tcp::socket socket)>;

  // Binds. An empty host means all addresses, IPv6 and IPv4. Throws std::system_error whose text
  // names the address.
  Listener(Shard& shard, const std::string& host, std::uint16_t port, OnAccept on_accept);

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  void start();
  void stop();

 private:
  void accept_next();
  void on_accepted(asio::error_code error, asio::ip::tcp::socket socket);

  Shard* shard_;
  asio::ip::tcp::acceptor acceptor_;
  OnAccept on_accept_;
  // Waits after running out of descriptors, so that the loop does not spin.
  std::unique_ptr<Timer> retry_;
  std::uint16_t port_ = 0;
};

}  // namespace patchbay::engineio

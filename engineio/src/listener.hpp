// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "descriptor.hpp"
#include "shard.hpp"

namespace patchbay::engineio {

// Accepts connections on one port, on its shard's loop.
class Listener final : private Poller::Source {
 public:
  // A connected, non-blocking socket, and who is at its other end.
  using OnAccept = std::function<void(Descriptor socket, std::string remote_address)>;

  // Binds. An empty host means all addresses, IPv6 and IPv4. Throws std::system_error whose text
  // names the address.
  Listener(Shard& shard, const std::string& host, std::uint16_t port, OnAccept on_accept);
  ~Listener() { stop(); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  void start();
  void stop();

 private:
  // Poller::Source
  void on_ready(std::uint32_t events) override;

  void accept_waiting();

  Shard* shard_;
  Descriptor socket_;
  OnAccept on_accept_;
  // Waits after running out of descriptors, so that the loop does not spin.
  std::unique_ptr<Timer> retry_;
  std::uint16_t port_ = 0;
};

}  // namespace patchbay::engineio

// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "client.hpp"

namespace patchbay::bench {

/// What the command line asks for. Options that a scenario has no use for are ignored.
struct Options {
  std::string scenario;
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  pid_t server_pid = 0;

  std::uint32_t connections = 100;
  std::uint32_t idle_connections = 0;
  std::uint32_t concurrency = 100;  ///< being opened at a time
  Transport transport = Transport::kWebSocket;
  bool tls = false;

  std::uint32_t depth = 16;     ///< messages under way per connection, or per room
  std::size_t payload = 64;     ///< bytes
  double rate = 0;              ///< messages a second in all; 0: as fast as answers come
  std::uint32_t rooms = 0;      ///< idle: 0 means one of its own each
  std::uint32_t room_size = 0;  ///< instead of `rooms`
  std::uint64_t memberships = 100'000;
  std::uint32_t slow = 50;

  double seconds = 3;
  double warmup = 1;
  double settle = 1;    ///< before memory is looked at
  double hold = 0;      ///< how long idle connections are held
  double timeout = 30;  ///< without any progress

  // storm: the stock client's options, in seconds
  double reconnection_delay = 1;
  double reconnection_delay_max = 5;
  double randomization_factor = 0.5;
};

}  // namespace patchbay::bench

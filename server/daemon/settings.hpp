// SPDX-License-Identifier: MIT
//
// What the program can be told, on its command line or in a file.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "patchbay/options.hpp"

namespace patchbay::daemon {

struct Settings {
  std::uint16_t port = 3000;
  std::uint16_t redirect_port = 0;  // 0: none
  bool check = false;
  bool forwarded = false;
  bool delay = false;
  std::string host;
  std::size_t threads = 1;

  TlsOptions tls;

  std::uint32_t ping_interval_ms = 25'000;
  std::uint32_t ping_timeout_ms = 20'000;
  std::uint32_t missed_pongs = 1;
  std::uint32_t drain_ms = 5'000;
  std::uint32_t drain_deadline_ms = 15'000;
  std::uint32_t recovery_ms = 0;  // 0: off

  std::vector<std::string> origins;
  std::vector<std::string> trusted_proxies;

  Limits limits;
  std::size_t max_message_bytes = 1'000'000;
  std::string message_rate = "off";

  std::string redis;  // URL; empty: this server is alone
  std::string redis_ca;
  std::string redis_prefix = "socket.io";
  std::string adapter = "classic";

  [[nodiscard]] bool has_tls() const { return !tls.certificate.empty(); }
  // Throws std::invalid_argument, naming what makes no sense.
  [[nodiscard]] ServerOptions server_options() const;
  [[nodiscard]] DrainOptions drain_options() const;
};

// `settings` outlives the parsing.
void add_options(CLI::App& app, Settings& settings);

}  // namespace patchbay::daemon

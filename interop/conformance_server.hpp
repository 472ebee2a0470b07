// SPDX-License-Identifier: MIT
//
// The fixture that the suites run against; README.md beside it says what it does, mode by mode.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "patchbay/engineio/engine.hpp"
#include "patchbay/options.hpp"

namespace patchbay::conformance {

struct Settings {
  enum class Mode : std::uint8_t { none, engineio, socketio };
  Mode mode = Mode::none;
  std::uint16_t port = 3000;
  Millis ack_timeout{200};
  ServerOptions options;
  // Carried out before the engine runs.
  std::vector<std::function<void(engineio::Engine&)>> engine_setup;
};

// Throws std::invalid_argument with a sentence about what is wrong.
Settings parse_settings(int argc, char** argv);

// The values of --cors; README.md says what each does.
void apply_cors_preset(ServerOptions& options, std::string_view name);

// The values of --ids and --cookie-preset.
void apply_id_preset(Settings& settings, std::string_view name);
void apply_cookie_preset(ServerOptions& options, std::string_view name);

// --middlewares and --headers-hooks.
void add_middlewares(engineio::Engine& engine);
void add_headers_hooks(engineio::Engine& engine);

// Serve until SIGTERM or SIGINT.
void run_engineio(const Settings& settings);
void run_socketio(const Settings& settings);

// Tells whoever started the program that the port is open.
void announce(std::uint16_t port);

}  // namespace patchbay::conformance

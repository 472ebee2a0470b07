// SPDX-License-Identifier: MIT
//
// The fixture that the suites run against; README.md beside it says what it does, mode by mode.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "patchbay/engineio/engine.hpp"
#include "patchbay/options.hpp"

namespace patchbay {
class Server;
}

namespace patchbay::conformance {

struct ClusterSettings;

struct Settings {
  // Serves until SIGTERM or SIGINT.
  void (*run)(const Settings&) = nullptr;
  std::uint16_t port = 3000;
  std::string host = "127.0.0.1";
  Millis ack_timeout{200};
  ServerOptions options;
  bool serve_client = false;
  std::string journal;          // of /once; empty: none
  std::optional<Millis> drain;  // at SIGTERM, over this; nothing: close at once
  // With others that share a Redis, and of --emit; null: alone.
  std::shared_ptr<ClusterSettings> cluster;
  // Carried out before the engine runs.
  std::vector<std::function<void(engineio::Engine&)>> engine_setup;
};

// Throws std::invalid_argument with a sentence about what is wrong.
Settings parse_settings(int argc, char** argv);

// What each option does with its value, or with nothing.
using OptionTable = std::map<std::string_view, std::function<void(Settings&, std::string_view)>>;
std::uint64_t option_number(std::string_view text);
Millis option_millis(std::string_view text);

// Those of servers that share a Redis, and of --emit; see conformance_cluster.hpp.
const OptionTable& cluster_options_with_value();
const OptionTable& cluster_options_without_value();
Settings cluster_settings(void (*run)(const Settings&));
void run_cluster(const Settings& settings);
void run_emitter(const Settings& settings);

// The values of --cors; README.md says what each does.
void apply_cors_preset(ServerOptions& options, std::string_view name);

// The values of --ids and --cookie-preset.
void apply_id_preset(Settings& settings, std::string_view name);
void apply_cookie_preset(ServerOptions& options, std::string_view name);

// --middlewares and --headers-hooks.
void add_middlewares(engineio::Engine& engine);
void add_headers_hooks(engineio::Engine& engine);

// The modes. Those of a client's own suite have their defaults from where the suite starts Node.js.
void run_engineio(const Settings& settings);
void run_socketio(const Settings& settings);
void run_websocket(const Settings& settings);
Settings websocket_suite();
Settings engineio_client_suite();
Settings socketio_client_suite();

// Parts of run_socketio(). Before the server runs.
void add_broadcast_handlers(Server& io);
void add_dynamic_namespaces(Server& io);
void add_exactly_once_namespace(Server& io, const std::string& journal);
void add_listener_namespaces(Server& io);
void add_guards(Server& io);
void add_settling(Server& io);

// Open the port, tell on standard output which it is, and serve.
void serve(engineio::Engine& engine, const Settings& settings);
void serve(Server& io, const Settings& settings);

}  // namespace patchbay::conformance

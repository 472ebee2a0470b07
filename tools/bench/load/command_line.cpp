// SPDX-License-Identifier: MIT
#include "command_line.hpp"

#include <CLI/CLI.hpp>
#include <array>
#include <cstdlib>
#include <map>

#include "message.hpp"
#include "scenarios.hpp"

namespace patchbay::bench {
namespace {

constexpr int kUsageError = 2;

Options with(std::uint32_t connections, std::uint32_t depth) {
  Options options;
  options.connections = connections;
  options.depth = depth;
  return options;
}

Options for_room() {
  Options options = with(1'000, 1);
  options.rooms = 100;
  return options;
}

// More than the kernel's buffers hold, so that the server has to.
Options for_slow() {
  Options options = with(100, 1);
  options.payload = std::size_t{16} * 1024;
  options.rate = 200;
  return options;
}

Options for_storm() {
  Options options = with(5'000, 1);
  options.concurrency = 500;
  options.timeout = 60;
  return options;
}

const auto& all_scenarios() {
  static const std::array scenarios = {
      Scenario{"echo", "messages answered by an event", run_echo, with(100, 16)},
      Scenario{"ack", "messages answered by an acknowledgement", run_ack, with(100, 16)},
      Scenario{"binary", "events with an attachment, echoed", run_binary, with(100, 16)},
      Scenario{"polling", "echo over long-polling", run_polling, with(100, 4)},
      Scenario{"broadcast", "one sends to all", run_broadcast, with(1'000, 1)},
      Scenario{"room", "one of each room sends to its room", run_room, for_room()},
      Scenario{"slow", "broadcasts while some do not read", run_slow, for_slow()},
      Scenario{"connect", "opening by WebSocket", run_connect, with(10'000, 1)},
      Scenario{"upgrade", "opening by long-polling and upgrade", run_upgrade, with(10'000, 1)},
      Scenario{"storm", "all are cut off and come back", run_storm, for_storm()},
      Scenario{"join", "joining ever more rooms", run_join, with(1'000, 1)},
      Scenario{"idle", "memory of idle connections", run_idle, with(10'000, 1)},
  };
  return scenarios;
}

void add_connection_options(CLI::App& app, Options& options) {
  app.add_option("--host", options.host, "IPv4 address of the server");
  app.add_option("--port", options.port)->required();
  app.add_option("--server-pid", options.server_pid,
                 "Process whose CPU time and memory to measure");
  app.add_option("--connections", options.connections)->check(CLI::Range(1U, 1'000'000U));
  app.add_option("--idle-connections", options.idle_connections,
                 "room: further connections in no room");
  app.add_option("--concurrency", options.concurrency, "Connections being opened at a time")
      ->check(CLI::PositiveNumber);
  const std::map<std::string, Transport> names = {{"websocket", Transport::kWebSocket},
                                                  {"upgrade", Transport::kUpgrade}};
  app.add_option("--transport", options.transport, "How connections are opened")
      ->transform(CLI::CheckedTransformer(names));
  app.add_flag("--tls", options.tls, "TLS, with whatever certificate the server has");
}

void add_message_options(CLI::App& app, Options& options) {
  app.add_option("--depth", options.depth, "Messages under way per connection, or per room")
      ->check(CLI::PositiveNumber);
  app.add_option("--payload", options.payload, "Bytes")
      ->check(CLI::Range(kSequenceDigits, std::size_t{256} * 1024));
  app.add_option("--rate", options.rate, "Messages a second in all; 0: as fast as answers come")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--rooms", options.rooms, "Rooms; idle: 0 means one of its own each");
  app.add_option("--room-size", options.room_size, "Connections per room, instead of --rooms");
  app.add_option("--memberships", options.memberships, "join: room memberships in all");
  app.add_option("--slow", options.slow, "slow: connections that stop reading");
}

void add_time_options(CLI::App& app, Options& options) {
  const auto seconds = [&](const char* name, double& value, const char* help) {
    app.add_option(name, value, help)->check(CLI::NonNegativeNumber);
  };
  seconds("--seconds", options.seconds, "How long to measure");
  seconds("--warmup", options.warmup, "Seconds before");
  app.add_option("--settle", options.settle, "Seconds before memory is looked at")
      ->check(CLI::PositiveNumber);
  seconds("--hold", options.hold, "idle: seconds to hold the connections");
  seconds("--reconnection-delay", options.reconnection_delay, "storm: as of the stock client");
  seconds("--reconnection-delay-max", options.reconnection_delay_max, "storm: the same");
  seconds("--randomization-factor", options.randomization_factor, "storm: the same");
  seconds("--timeout", options.timeout, "Seconds without progress that are an error");
}

const Scenario* find_scenario(const std::string& name) {
  for (const Scenario& scenario : all_scenarios()) {
    if (name == scenario.name) return &scenario;
  }
  return nullptr;
}

std::string scenario_list() {
  std::string list = "Scenarios:";
  for (const Scenario& scenario : all_scenarios()) {
    list.append("\n  ").append(scenario.name).append(": ").append(scenario.summary);
  }
  return list;
}

}  // namespace

const Scenario& parse_command_line(int argc, char** argv, Options& options) {
  // The scenario decides what the defaults are, so it is looked for first.
  const Scenario* scenario = argc > 1 ? find_scenario(argv[1]) : nullptr;
  if (scenario != nullptr) options = scenario->defaults;

  CLI::App app{
      "Puts a Socket.IO server under load and checks every answer. Prints one JSON object."};
  app.option_defaults()->always_capture_default();
  app.footer(scenario_list());
  app.add_option("scenario", options.scenario, "What to do; must come first")
      ->required()
      ->check([](const std::string& name) {
        return find_scenario(name) != nullptr ? std::string() : "no such scenario: " + name;
      });
  add_connection_options(app, options);
  add_message_options(app, options);
  add_time_options(app, options);
  try {
    app.parse(argc, argv);
    if (scenario == nullptr) throw CLI::ValidationError("the scenario must come first");
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error) == 0 ? 0 : kUsageError);
  }
  return *scenario;
}

}  // namespace patchbay::bench

// SPDX-License-Identifier: MIT
//
// idle: what connections cost that are just there, each in "/" and one room.
#include <algorithm>
#include <string>

#include "clients.hpp"
#include "memory_report.hpp"
#include "scenarios.hpp"

namespace patchbay::bench {
namespace {

/// Nothing may come but heartbeats, which the clients answer by themselves.
class Silence final : public ClientListener {
 public:
  explicit Silence(Errors& errors) : errors_(errors) {}

 private:
  void on_packet(Client& /*client*/, std::string_view /*packet*/) override {
    errors_.add("unexpected message");
  }
  void on_lost(Client& /*client*/, const char* reason) override { errors_.add(reason); }

  Errors& errors_;
};

std::string room_of(const Options& options, std::uint32_t client) {
  return "room-" + std::to_string(options.rooms == 0 ? client : client % options.rooms);
}

/// Connects and joins the rooms. False on errors.
bool arrive(Bench& bench, Clients& clients, std::uint32_t count) {
  const Options& options = bench.options;
  return clients.open(count, options.transport) &&
         clients.join_rooms(0, clients.size(),
                            [&](std::uint32_t client) { return room_of(options, client); });
}

/// What a server loads when it is used for the first time is no memory of connections.
bool warm_up(Bench& bench) {
  constexpr std::uint32_t kFirst = 100;
  Clients clients(bench);
  if (!arrive(bench, clients, std::min(kFirst, bench.options.connections))) return false;
  clients.leave();
  bench.settle();
  return true;
}

void hold(Bench& bench, Clients& clients) {
  Window window(bench.server);
  window.begin();
  bench.loop.run_until(now() + from_seconds(bench.options.hold));
  window.end();
  const auto cores = window.cores();
  std::uint64_t pings = 0;
  const Nanoseconds time = now();
  for (std::uint32_t i = 0; i < clients.size(); ++i) {
    pings += clients[i].pings();
    if (time - clients[i].last_ping() > clients[i].patience())
      bench.errors.add("missing heartbeat");
  }
  bench.json.open("hold");
  bench.json.add("seconds", window.seconds());
  bench.json.add("pings", pings);
  report_optional(bench.json, "cpu_percent", cores ? std::optional(*cores * 100) : std::nullopt);
  bench.json.close();
}

}  // namespace

void run_idle(Bench& bench) {
  const Options& options = bench.options;
  if (!warm_up(bench)) return;
  MemoryReport memory(bench);
  Clients clients(bench);
  if (!arrive(bench, clients, options.connections)) return;
  Silence silence(bench.errors);
  clients.listen(silence);

  bench.server.find_children();
  bench.settle();
  memory.take_with();
  if (options.hold > 0) hold(bench, clients);
  clients.leave();
  bench.settle();
  memory.take_after();
  memory.report("connection", options.connections);
}

}  // namespace patchbay::bench

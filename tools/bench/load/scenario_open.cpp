// SPDX-License-Identifier: MIT
//
// connect, upgrade: what it costs to get connected to "/", by WebSocket at once, or the stock
// client's way.
#include "clients.hpp"
#include "memory_report.hpp"
#include "scenarios.hpp"

namespace patchbay::bench {
namespace {

void run_open(Bench& bench, Transport transport) {
  const Options& options = bench.options;
  MemoryReport memory(bench);
  Clients clients(bench);
  Histogram times;
  Window window(bench.server);
  window.begin();
  clients.open(options.connections, transport, &times);
  window.end();
  bench.settle();
  memory.take_with();
  clients.leave();
  bench.settle();
  memory.take_after();
  bench.json.add("opened", times.count());
  window.report(bench.json, times.count());
  report_latency(bench.json, "latency_us", times);
  memory.report("connection", options.connections);
}

}  // namespace

void run_connect(Bench& bench) {
  run_open(bench, Transport::kWebSocket);
}
void run_upgrade(Bench& bench) {
  run_open(bench, Transport::kUpgrade);
}

}  // namespace patchbay::bench

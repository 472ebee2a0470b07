// SPDX-License-Identifier: MIT
//
// slow: some clients stop reading while broadcasts go on at a fixed rate.
#include <algorithm>
#include <utility>
#include <vector>

#include "clients.hpp"
#include "memory_report.hpp"
#include "message.hpp"
#include "scenarios.hpp"

namespace patchbay::bench {
namespace {

// So that what a client does not read is the server's problem soon.
constexpr int kReceiveBuffer = 16 * 1024;

/// Broadcasts at fixed times by client 0. The last options.slow clients are those that may stop
/// reading; their deliveries are checked, but their latencies do not count.
class SlowReaders final : public ClientListener {
 public:
  SlowReaders(Bench& bench, Clients& clients)
      : bench_(bench),
        clients_(clients),
        delivery_{R"(2["broadcast",")", make_payload(bench.options.payload), "\"]"},
        message_(Opcode::kText, {"4" + delivery_.before, delivery_.payload, delivery_.after}),
        interval_(static_cast<double>(kSecond) / bench.options.rate),
        first_slow_(bench.options.connections - bench.options.slow),
        expected_(bench.options.connections),
        lost_(bench.options.connections),
        began_(now()) {}

  void broadcast_for(double seconds) {
    const Nanoseconds end = now() + from_seconds(seconds);
    for (Nanoseconds time = now(); time < end; time = now()) {
      for (; due(sent_) <= time; ++sent_) message_.append_to(clients_[0].out(), sent_);
      bench_.loop.poll(std::min(due(sent_), end));
    }
  }

  void pause_slow() {
    for (std::uint32_t i = first_slow_; i < clients_.size(); ++i) clients_[i].pause();
  }
  void resume_slow() {
    for (std::uint32_t i = first_slow_; i < clients_.size(); ++i) {
      if (clients_[i].is_open()) clients_[i].resume();
    }
  }

  /// Gives away the latencies since the last time.
  Histogram take_latency() { return std::exchange(latency_, Histogram()); }

  std::uint64_t sent() const { return sent_; }
  std::uint64_t deliveries() const { return deliveries_; }
  std::uint64_t slow_lost() const { return slow_lost_; }

  std::uint64_t missing() const {
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < expected_.size(); ++i) {
      if (!lost_[i]) count += sent_ - expected_[i];
    }
    return count;
  }

 private:
  Nanoseconds due(std::uint64_t sequence) const {
    return began_ + static_cast<Nanoseconds>(interval_ * static_cast<double>(sequence));
  }

  void on_packet(Client& client, std::string_view packet) override {
    const std::uint32_t number = client.number();
    const auto sequence = delivery_.match(packet);
    if (!sequence) return bench_.errors.add("wrong content");
    if (*sequence != expected_[number]) bench_.errors.add("wrong order");
    expected_[number] = *sequence + 1;
    ++deliveries_;
    if (number < first_slow_) latency_.record(bench_.loop.received_at() - due(*sequence));
  }

  // A server may give up those that do not read: that is an answer, too.
  void on_lost(Client& client, const char* reason) override {
    lost_[client.number()] = true;
    if (client.number() < first_slow_) return bench_.errors.add(reason);
    ++slow_lost_;
  }

  Bench& bench_;
  Clients& clients_;
  Pattern delivery_;
  FramePattern message_;
  double interval_;
  std::uint32_t first_slow_;
  std::vector<std::uint64_t> expected_;
  std::vector<bool> lost_;
  Nanoseconds began_;
  std::uint64_t sent_ = 0;
  std::uint64_t deliveries_ = 0;
  std::uint64_t slow_lost_ = 0;
  Histogram latency_;
};

}  // namespace

void run_slow(Bench& bench) {
  const Options& options = bench.options;
  if (options.slow >= options.connections || options.rate == 0) {
    return bench.errors.add("slow needs a --rate, and --slow below --connections");
  }
  Clients clients(bench);
  if (!clients.open(options.connections - options.slow, options.transport) ||
      !clients.open(options.slow, options.transport, nullptr, kReceiveBuffer)) {
    return;
  }
  bench.server.find_children();
  SlowReaders readers(bench, clients);
  clients.listen(readers);
  readers.broadcast_for(options.warmup);
  readers.take_latency();
  readers.broadcast_for(options.seconds);
  const Histogram before = readers.take_latency();

  MemoryReport memory(bench);
  Window window(bench.server);
  const std::uint64_t sent = readers.sent();
  const std::uint64_t delivered = readers.deliveries();
  readers.pause_slow();
  window.begin();
  readers.broadcast_for(options.seconds);
  window.end();
  memory.take_with();
  const Histogram during = readers.take_latency();
  const std::uint64_t sent_during = readers.sent() - sent;
  const std::uint64_t deliveries = readers.deliveries() - delivered;

  readers.resume_slow();
  bench.wait(
      "slow readers catching up", [&] { return readers.missing() == 0; },
      [&] { return readers.deliveries(); });
  bench.errors.add("missing delivery", readers.missing());
  memory.take_after();

  bench.json.add("slow", std::uint64_t{options.slow});
  bench.json.add("slow_lost", readers.slow_lost());
  bench.json.add("kib_sent_per_slow", static_cast<double>(sent_during * options.payload) / 1024);
  bench.json.add("deliveries", deliveries);
  window.report(bench.json, deliveries);
  report_latency(bench.json, "latency_before_us", before);
  report_latency(bench.json, "latency_us", during);
  memory.report("slow", options.slow);
}

}  // namespace patchbay::bench

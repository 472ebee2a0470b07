// SPDX-License-Identifier: MIT
//
// storm: all connections break at once, and all clients come back.
#include <algorithm>
#include <cmath>
#include <functional>
#include <queue>
#include <random>
#include <vector>

#include "clients.hpp"
#include "scenarios.hpp"

namespace patchbay::bench {
namespace {

/// The stock client's back-off (socket.io-client, contrib/backo2): the delay doubles up to a limit,
/// and is shifted at random by up to half of itself, either way.
class Backoff {
 public:
  explicit Backoff(const Options& options) : options_(options) {}

  Nanoseconds delay(std::uint32_t attempt) {
    double delay = std::ldexp(options_.reconnection_delay, static_cast<int>(attempt));
    delay *= 1 + random_(generator_) * options_.randomization_factor;
    return from_seconds(std::min(delay, options_.reconnection_delay_max));
  }

 private:
  const Options& options_;
  // Runs are to be alike.
  std::minstd_rand generator_{4711};
  std::uniform_real_distribution<double> random_{-1, 1};
};

class Storm final : public ClientListener {
 public:
  Storm(Bench& bench, Clients& clients)
      : bench_(bench), clients_(clients), backoff_(bench.options), attempts_(clients.size()) {}

  void run() {
    broken_at_ = now();
    for (std::uint32_t i = 0; i < clients_.size(); ++i) {
      clients_[i].reset();
      plan(i);
    }
    const Nanoseconds deadline = broken_at_ + from_seconds(bench_.options.timeout);
    while (times_.count() < clients_.size() && now() < deadline) {
      start_due();
      bench_.loop.poll(due_.empty() ? deadline : std::min(due_.top().time, deadline));
    }
  }

  const Histogram& times() const { return times_; }
  std::uint64_t attempts() const { return attempts_in_all_; }
  std::uint64_t lost_again() const { return lost_again_; }

 private:
  struct Attempt {
    Nanoseconds time;
    std::uint32_t client;
    bool operator>(const Attempt& other) const { return time > other.time; }
  };

  void plan(std::uint32_t client) {
    due_.push({now() + backoff_.delay(attempts_[client]++), client});
  }

  void start_due() {
    while (!due_.empty() && due_.top().time <= now()) {
      const std::uint32_t client = due_.top().client;
      due_.pop();
      ++attempts_in_all_;
      clients_[client].join(*this, bench_.options.transport);
    }
  }

  void on_joined(Client& /*client*/) override { times_.record(now() - broken_at_); }
  void on_packet(Client& /*client*/, std::string_view /*packet*/) override {
    bench_.errors.add("unexpected message");
  }
  // An attempt that fails is followed by another, as with the stock client.
  void on_lost(Client& client, const char* reason) override {
    if (clients_[client.number()].was_joined()) bench_.errors.add(reason);
    ++lost_again_;
    plan(client.number());
  }

  Bench& bench_;
  Clients& clients_;
  Backoff backoff_;
  std::vector<std::uint32_t> attempts_;
  std::priority_queue<Attempt, std::vector<Attempt>, std::greater<>> due_;
  Nanoseconds broken_at_ = 0;
  std::uint64_t attempts_in_all_ = 0;
  std::uint64_t lost_again_ = 0;
  Histogram times_;
};

}  // namespace

void run_storm(Bench& bench) {
  const Options& options = bench.options;
  Clients clients(bench);
  if (!clients.open(options.connections, options.transport)) return;
  bench.server.find_children();
  bench.settle();
  Storm storm(bench, clients);
  Window window(bench.server);
  window.begin();
  storm.run();
  window.end();
  const std::uint64_t joined = storm.times().count();
  bench.json.add("joined", joined);
  bench.json.add("failed", clients.size() - joined);
  bench.json.add("attempts", storm.attempts());
  bench.json.add("failed_attempts", storm.lost_again());
  window.report(bench.json, joined);
  report_latency(bench.json, "latency_us", storm.times());
  bench.errors.add("client that did not come back", clients.size() - joined);
}

}  // namespace patchbay::bench

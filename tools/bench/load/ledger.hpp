// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "errors.hpp"
#include "histogram.hpp"

namespace patchbay::bench {

/// Messages that are answered one for one: who has sent what when, and which answer is next.
class Ledger {
 public:
  /// At most `depth` messages of a client are under way.
  Ledger(std::uint32_t clients, std::uint32_t depth, Errors& errors)
      : depth_(depth), flows_(clients), times_(std::size_t{clients} * depth), errors_(errors) {}

  bool full(std::uint32_t client) const {
    return flows_[client].sent - flows_[client].answered >= depth_;
  }

  /// Notes a message and returns its sequence number. The client must not be full.
  std::uint64_t send(std::uint32_t client, Nanoseconds time);

  /// The sequence number that the client's next answer must carry.
  std::uint64_t expected(std::uint32_t client) const { return flows_[client].answered; }

  /// Notes an answer: nothing when its content was wrong. Whether it was one that was due.
  bool answer(std::uint32_t client, std::optional<std::uint64_t> sequence, Nanoseconds time);

  /// Latencies are taken from now on, or no more.
  void measure(bool on) { measuring_ = on; }
  const Histogram& latency() const { return latency_; }

  std::uint64_t answers() const { return answers_; }
  std::uint64_t under_way() const { return sent_ - answers_; }

 private:
  struct Flow {
    std::uint64_t sent = 0;
    std::uint64_t answered = 0;
  };

  std::uint32_t depth_;
  std::vector<Flow> flows_;
  std::vector<Nanoseconds> times_;
  std::uint64_t sent_ = 0;
  std::uint64_t answers_ = 0;
  bool measuring_ = false;
  Histogram latency_;
  Errors& errors_;
};

}  // namespace patchbay::bench

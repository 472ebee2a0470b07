// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "bench.hpp"

namespace patchbay::bench {

/// The server's resident memory around something that is there `count` times.
class MemoryReport {
 public:
  explicit MemoryReport(Bench& bench) : bench_(bench), before_(bench.server.rss_kib()) {}

  void take_with() { with_ = bench_.server.rss_kib(); }
  void take_after() { after_ = bench_.server.rss_kib(); }

  /// Adds `rss_kib` with what was taken, and the growth as `per_<name>`.
  void report(const char* per_name, std::uint64_t count) const;

 private:
  Bench& bench_;
  std::optional<double> before_;
  std::optional<double> with_;
  std::optional<double> after_;
};

}  // namespace patchbay::bench

// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace patchbay::bench {

/// CPU time since a process began. The total is what the scheduler counted; the kernel counts user
/// and kernel time by ticks only, which gives the proportions in which the total is shared out.
struct CpuTime {
  double total_ns = 0;
  double user_ticks = 0;
  double kernel_ticks = 0;

  CpuTime operator-(const CpuTime& earlier) const;
  double user_ns() const;
  double kernel_ns() const { return total_ns - user_ns(); }
};

/// A server seen from outside, through /proc: the process, its threads, and its child processes.
class ServerProcess {
 public:
  /// 0: there is nothing to look at, and cpu() and rss_kib() are empty.
  explicit ServerProcess(pid_t pid);

  bool known() const { return !pids_.empty(); }

  /// Looks for child processes anew. Costs a walk over all of /proc.
  void find_children();

  /// Of all threads together (schedstat and stat of each). Threads that have ended do not count.
  std::optional<CpuTime> cpu() const;

  /// Resident memory in KiB: `Rss` of smaps_rollup, which is exact, unlike VmRSS.
  std::optional<double> rss_kib() const;

 private:
  pid_t root_;
  std::vector<pid_t> pids_;
};

}  // namespace patchbay::bench

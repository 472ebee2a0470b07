// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace patchbay::bench {

/// What went wrong during a run, counted by name. One is enough to fail the run.
class Errors {
 public:
  void add(const std::string& name, std::uint64_t count = 1) {
    if (count == 0) return;
    total_ += count;
    kinds_[name] += count;
  }

  std::uint64_t total() const { return total_; }
  const std::map<std::string, std::uint64_t>& kinds() const { return kinds_; }

 private:
  std::uint64_t total_ = 0;
  std::map<std::string, std::uint64_t> kinds_;
};

}  // namespace patchbay::bench

// SPDX-License-Identifier: MIT
#include "process.hpp"

#include <dirent.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <unordered_map>

namespace patchbay::bench {
namespace {

// /proc/PID/stat after the command's closing bracket: state is field 3 of proc(5).
struct Stat {
  pid_t parent = 0;
  double user_ticks = 0;
  double kernel_ticks = 0;
};

std::optional<Stat> read_stat(const std::string& directory) {
  std::ifstream file(directory + "/stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  const std::size_t bracket = line.rfind(')');
  if (bracket == std::string::npos) return std::nullopt;
  std::istringstream fields(line.substr(bracket + 1));
  Stat stat;
  std::string state;
  fields >> state >> stat.parent;
  std::string skipped;
  for (int field = 5; field < 14; ++field) fields >> skipped;
  fields >> stat.user_ticks >> stat.kernel_ticks;
  if (!fields) return std::nullopt;
  return stat;
}

void for_each_number(const std::string& directory, const std::function<void(pid_t)>& visit) {
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(opendir(directory.c_str()), closedir);
  if (!entries) return;
  while (const dirent* entry = readdir(entries.get())) {
    const long number = std::strtol(entry->d_name, nullptr, 10);
    if (number > 0) visit(static_cast<pid_t>(number));
  }
}

std::string directory_of(pid_t pid) {
  return "/proc/" + std::to_string(pid);
}

}  // namespace

CpuTime CpuTime::operator-(const CpuTime& earlier) const {
  return {total_ns - earlier.total_ns, user_ticks - earlier.user_ticks,
          kernel_ticks - earlier.kernel_ticks};
}

double CpuTime::user_ns() const {
  const double ticks = user_ticks + kernel_ticks;
  return ticks > 0 ? total_ns * user_ticks / ticks : 0;
}

ServerProcess::ServerProcess(pid_t pid) : root_(pid) {
  find_children();
}

void ServerProcess::find_children() {
  pids_.clear();
  if (root_ == 0) return;
  std::unordered_multimap<pid_t, pid_t> children;
  for_each_number("/proc", [&](pid_t pid) {
    if (const auto stat = read_stat(directory_of(pid))) children.emplace(stat->parent, pid);
  });
  pids_.push_back(root_);
  for (std::size_t next = 0; next < pids_.size(); ++next) {
    const auto [first, last] = children.equal_range(pids_[next]);
    for (auto child = first; child != last; ++child) pids_.push_back(child->second);
  }
}

std::optional<CpuTime> ServerProcess::cpu() const {
  CpuTime sum;
  bool any = false;
  for (const pid_t pid : pids_) {
    for_each_number(directory_of(pid) + "/task", [&](pid_t thread) {
      const std::string directory = directory_of(pid) + "/task/" + std::to_string(thread);
      std::ifstream schedstat(directory + "/schedstat");
      double on_cpu = 0;
      const auto stat = read_stat(directory);
      if (!(schedstat >> on_cpu) || !stat) return;
      any = true;
      sum.total_ns += on_cpu;
      sum.user_ticks += stat->user_ticks;
      sum.kernel_ticks += stat->kernel_ticks;
    });
  }
  if (!any) return std::nullopt;
  return sum;
}

std::optional<double> ServerProcess::rss_kib() const {
  double sum = 0;
  bool any = false;
  for (const pid_t pid : pids_) {
    std::ifstream rollup(directory_of(pid) + "/smaps_rollup");
    for (std::string line; std::getline(rollup, line);) {
      if (!line.starts_with("Rss:")) continue;
      sum += std::strtod(line.c_str() + 4, nullptr);
      any = true;
    }
  }
  if (!any) return std::nullopt;
  return sum;
}

}  // namespace patchbay::bench

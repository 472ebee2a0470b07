// SPDX-License-Identifier: MIT
//
// bench-load: puts a Socket.IO server under load, checks every answer, prints one JSON object.
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <exception>

#include "command_line.hpp"

namespace patchbay::bench {
namespace {

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// The server may have been started a moment ago.
bool wait_until_accepting(Bench& bench) {
  const Nanoseconds deadline = now() + from_seconds(bench.options.timeout);
  while (now() < deadline) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto* address = reinterpret_cast<const sockaddr*>(&bench.endpoints.server);
    const bool accepted = connect(fd, address, sizeof bench.endpoints.server) == 0;
    close(fd);
    if (accepted) return true;
    bench.loop.run_until(now() + 20 * kMillisecond);
  }
  bench.errors.add("the server does not accept connections");
  return false;
}

void report_errors(Bench& bench) {
  bench.json.add("errors", bench.errors.total());
  bench.json.open("error_kinds");
  for (const auto& [name, count] : bench.errors.kinds()) bench.json.add(name, count);
  bench.json.close();
}

int run(int argc, char** argv) {
  Options options;
  const Scenario& scenario = parse_command_line(argc, argv, options);
  raise_descriptor_limit();
  Bench bench(options);
  bench.json.add("scenario", scenario.name);
  bench.json.add("connections", std::uint64_t{options.connections});
  bench.json.add("depth", std::uint64_t{options.depth});
  bench.json.add("payload", std::uint64_t{options.payload});
  if (options.tls) bench.json.add("tls", std::uint64_t{1});
  if (options.rate > 0) bench.json.add("rate", options.rate);
  if (options.rooms > 0) bench.json.add("rooms", std::uint64_t{options.rooms});
  if (wait_until_accepting(bench)) scenario.run(bench);
  report_errors(bench);
  std::printf("%s\n", std::move(bench.json).take().c_str());
  return bench.errors.total() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace patchbay::bench

int main(int argc, char** argv) {
  try {
    return patchbay::bench::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench-load: %s\n", error.what());
    return 1;
  }
}

// SPDX-License-Identifier: MIT
//
// bench-limit: the least that a server can do to answer what bench-load asks.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <exception>

#include "server.hpp"

int main(int argc, char** argv) {
  CLI::App app{"Answers the scenarios of bench-load with the least system calls and work"};
  std::uint16_t port = 0;
  app.add_option("--port", port, "Port to listen on; 0 takes any free one, and says which");
  CLI11_PARSE(app, argc, argv);
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  try {
    patchbay::bench::Server server(port);
    std::printf("listening on port %u\n", static_cast<unsigned>(server.port()));
    std::fflush(stdout);
    server.run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench-limit: %s\n", error.what());
    return 1;
  }
}

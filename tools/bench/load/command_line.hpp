// SPDX-License-Identifier: MIT
#pragma once

#include "bench.hpp"

namespace patchbay::bench {

struct Scenario {
  const char* name;
  const char* summary;
  void (*run)(Bench&);
  Options defaults;
};

/// Reads the command line. Writes help or what is wrong with it itself, and exits.
const Scenario& parse_command_line(int argc, char** argv, Options& options);

}  // namespace patchbay::bench

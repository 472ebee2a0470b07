// SPDX-License-Identifier: MIT
#include "conformance_server.hpp"

#include <cstdio>
#include <exception>

namespace patchbay::conformance {

void announce(std::uint16_t port) {
  std::printf("listening on http://127.0.0.1:%u\n", static_cast<unsigned>(port));
  std::fflush(stdout);
}

}  // namespace patchbay::conformance

int main(int argc, char** argv) {
  using namespace patchbay::conformance;
  try {
    const Settings settings = parse_settings(argc, argv);
    if (settings.mode == Settings::Mode::engineio) {
      run_engineio(settings);
    } else {
      run_socketio(settings);
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "conformance-server: %s\n", error.what());
    return 1;
  }
}

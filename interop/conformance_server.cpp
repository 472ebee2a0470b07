// SPDX-License-Identifier: MIT
#include "conformance_server.hpp"

#include <asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <utility>

#include "patchbay/patchbay.hpp"

namespace patchbay::conformance {

namespace {

// For what is queued for the last clients.
constexpr Millis kDrainPatience{5'000};

template <typename Stop>
void on_signal(asio::signal_set& signals, Stop stop) {
  signals.async_wait([stop = std::move(stop)](asio::error_code error, int) {
    if (!error) stop();
  });
}

void announce(const Settings& settings, std::uint16_t port) {
  std::printf("listening on %s://%s:%u\n", settings.options.tls ? "https" : "http",
              settings.host.c_str(), static_cast<unsigned>(port));
  std::fflush(stdout);
}

}  // namespace

void serve(engineio::Engine& engine, const Settings& settings) {
  asio::signal_set signals(engine.loop(0).io_context(), SIGINT, SIGTERM);
  on_signal(signals, [&] { engine.stop(); });
  announce(settings, engine.listen(settings.port, settings.host));
  engine.run();
}

void serve(Server& io, const Settings& settings) {
  asio::signal_set signals(io.engine().loop(0).io_context(), SIGINT, SIGTERM);
  on_signal(signals, [&] {
    if (settings.drain) {
      io.drain({.spread = *settings.drain, .deadline = *settings.drain + kDrainPatience});
    } else {
      io.close();
    }
  });
  announce(settings, io.listen(settings.port, settings.host));
  io.run();
}

}  // namespace patchbay::conformance

int main(int argc, char** argv) {
  using namespace patchbay::conformance;
  try {
    const Settings settings = parse_settings(argc, argv);
    settings.run(settings);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "conformance-server: %s\n", error.what());
    return 1;
  }
}

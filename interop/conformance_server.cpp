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

template <typename Stop>
void on_signal(asio::signal_set& signals, Stop stop) {
  signals.async_wait([stop = std::move(stop)](asio::error_code error, int) {
    if (!error) stop();
  });
}

void announce(const engineio::EngineOptions& options, std::uint16_t port) {
  std::printf("listening on %s://127.0.0.1:%u\n", options.tls ? "https" : "http",
              static_cast<unsigned>(port));
  std::fflush(stdout);
}

}  // namespace

void serve(engineio::Engine& engine, std::uint16_t port) {
  asio::signal_set signals(engine.loop(0).io_context(), SIGINT, SIGTERM);
  on_signal(signals, [&] { engine.stop(); });
  announce(engine.options(), engine.listen(port, "127.0.0.1"));
  engine.run();
}

void serve(Server& io, std::uint16_t port) {
  asio::signal_set signals(io.engine().loop(0).io_context(), SIGINT, SIGTERM);
  on_signal(signals, [&] { io.close(); });
  announce(io.engine().options(), io.listen(port, "127.0.0.1"));
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

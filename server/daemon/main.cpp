// SPDX-License-Identifier: MIT
//
// The program: a Socket.IO server with a demo chat.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <asio/signal_set.hpp>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <string>

#include "demo_chat.hpp"
#include "patchbay/client_files.hpp"
#include "patchbay/patchbay.hpp"
#include "settings.hpp"
#include "static_files.hpp"

namespace {

using patchbay::daemon::Settings;

constexpr int kUsageError = 2;

// A connection takes a descriptor, and the usual soft limit of 1,024 is for programs that use
// select(). Going on with the limit there is is all that can be done when this fails.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

std::string url_of(const Settings& settings, std::uint16_t port) {
  std::string host = settings.host.empty() ? "localhost" : settings.host;
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  return (settings.has_tls() ? "https://" : "http://") + host + ":" + std::to_string(port);
}

// SIGTERM lets go of the clients gently; SIGINT, or a second SIGTERM, does not wait. SIGHUP reads
// the certificate again.
class Signals {
 public:
  Signals(patchbay::Server& io, const Settings& settings)
      : io_(&io),
        drain_(settings.drain_options()),
        has_tls_(settings.has_tls()),
        signals_(io.engine().loop(0).io_context(), SIGINT, SIGTERM, SIGHUP) {
    wait();
  }

 private:
  void wait() {
    signals_.async_wait([this](asio::error_code error, int signal) {
      if (error) return;
      if (on_signal(signal)) wait();
    });
  }
  // True when there are more to come.
  bool on_signal(int signal) {
    if (signal == SIGHUP) {
      reload();
      return true;
    }
    if (signal == SIGTERM && !draining_) {
      draining_ = true;
      std::printf("Letting clients go, one after the other; another SIGTERM ends at once\n");
      std::fflush(stdout);
      io_->drain(drain_, [this] { signals_.cancel(); });
      return true;
    }
    io_->close();
    return false;
  }
  void reload() {
    if (!has_tls_) return;
    try {
      io_->engine().reload_tls();
      std::printf("Certificate read again\n");
      std::fflush(stdout);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "patchbay: the certificate stays as it is: %s\n", error.what());
    }
  }

  patchbay::Server* io_;
  patchbay::DrainOptions drain_;
  bool has_tls_;
  bool draining_ = false;
  asio::signal_set signals_;
};

void serve(const Settings& settings) {
  raise_descriptor_limit();
  patchbay::Server io(settings.server_options());
  patchbay::daemon::DemoChat chat(io);
  patchbay::daemon::serve_demo(io.http());
  patchbay::serve_client_files(io);
  const Signals signals(io, settings);
  if (settings.check) {
    std::printf("The options are fine\n");
    return;
  }
  const std::uint16_t port = io.listen(settings.port, settings.host);
  if (settings.redirect_port != 0) {
    io.engine().listen_redirect(settings.redirect_port, settings.host, port);
  }
  std::printf("Patchbay %s listening on %s\n", PATCHBAY_VERSION, url_of(settings, port).c_str());
  std::fflush(stdout);
  io.run();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Patchbay: a Socket.IO server, with a demo chat to try it"};
  Settings settings;
  patchbay::daemon::add_options(app, settings);
  app.set_version_flag("--version", std::string("patchbay ") + PATCHBAY_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsageError;
  }
  try {
    serve(settings);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "patchbay: %s\n", error.what());
    return 1;
  }
}

// SPDX-License-Identifier: MIT
//
// The program: a Socket.IO server with a demo chat.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <asio/signal_set.hpp>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>

#include "demo_chat.hpp"
#include "patchbay/client_files.hpp"
#include "patchbay/patchbay.hpp"
#include "static_files.hpp"

namespace {

constexpr std::uint16_t kDefaultPort = 3000;
constexpr int kUsageError = 2;

struct Settings {
  std::uint16_t port = kDefaultPort;
  std::string host;
  std::size_t threads = 1;
  std::string tls_certificate;
  std::string tls_key;

  [[nodiscard]] bool tls() const { return !tls_certificate.empty(); }
};

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
  return (settings.tls() ? "https://" : "http://") + host + ":" + std::to_string(port);
}

void serve(const Settings& settings) {
  raise_descriptor_limit();
  patchbay::ServerOptions options;
  options.threads = settings.threads;
  if (settings.tls()) {
    options.tls = patchbay::TlsOptions{.certificate = settings.tls_certificate,
                                       .private_key = settings.tls_key};
  }
  patchbay::Server io(options);
  patchbay::daemon::DemoChat chat(io);
  patchbay::daemon::serve_demo(io.http());
  patchbay::serve_client_files(io);

  asio::signal_set signals(io.engine().loop(0).io_context(), SIGINT, SIGTERM);
  signals.async_wait([&io](asio::error_code error, int) {
    if (!error) io.close();
  });

  const std::uint16_t port = io.listen(settings.port, settings.host);
  std::printf("Patchbay %s listening on %s\n", PATCHBAY_VERSION, url_of(settings, port).c_str());
  std::fflush(stdout);
  io.run();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Patchbay: a Socket.IO server, with a demo chat to try it"};
  Settings settings;
  app.add_option("--port", settings.port, "Port to listen on; 0 takes any free one")
      ->capture_default_str();
  app.add_option("--host", settings.host, "Address to listen on (default: all addresses)");
  app.add_option("--threads", settings.threads, "Event loops, each with a thread of its own")
      ->capture_default_str()
      ->check(CLI::Range(std::size_t{1}, patchbay::engineio::kMaxThreads));
  auto* const certificate =
      app.add_option("--tls-cert", settings.tls_certificate,
                     "Speak TLS (https, wss): file with the certificate and its issuers, PEM");
  auto* const key = app.add_option("--tls-key", settings.tls_key,
                                   "File with the private key of the certificate, PEM");
  certificate->needs(key);
  key->needs(certificate);
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

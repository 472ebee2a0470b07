// SPDX-License-Identifier: MIT
//
// The application that every server in the comparison runs (peers/application.mjs is its twin for
// Node.js): events that are echoed, acknowledged, or sent on to everyone or to a room.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <asio/signal_set.hpp>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <patchbay/patchbay.hpp>
#include <string>
#ifdef BENCH_REDIS
#include <patchbay/redis/redis.hpp>
#endif

namespace {

constexpr int kUsageError = 2;

struct Settings {
  std::uint16_t port = 0;
  std::string host = "127.0.0.1";
  std::size_t threads = 1;
  unsigned ping_interval_ms = 25'000;
  bool deflate = false;
  std::string redis;  // URL; empty: alone
  std::string adapter = "classic";
};

// Connections by the ten thousand: a connection takes a descriptor.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

patchbay::ServerOptions options_of(const Settings& settings) {
  patchbay::ServerOptions options;
  options.threads = settings.threads;
  options.ping_interval = std::chrono::milliseconds(settings.ping_interval_ms);
  if (settings.deflate) {
    // The thrifty way: connections keep nothing between messages.
    options.per_message_deflate = patchbay::PerMessageDeflateOptions{
        .server_no_context_takeover = true, .client_no_context_takeover = true};
  }
#ifdef BENCH_REDIS
  const patchbay::redis::Options redis{.url = settings.redis};
  if (settings.redis.empty()) {
    // alone
  } else if (settings.adapter == "streams") {
    options.adapter = patchbay::redis::streams_adapter(redis);
  } else if (settings.adapter == "sharded") {
    options.adapter = patchbay::redis::sharded_adapter(redis);
  } else {
    options.adapter = patchbay::redis::classic_adapter(redis);
  }
#endif
  return options;
}

void handle_events(patchbay::Server& io) {
  io.on_connection([&io](patchbay::SocketPtr socket) {
    socket->on("echo", [socket](patchbay::Args args) { socket->emit_values("echo", args.values); });
    socket->on("bin", [socket](patchbay::Args args) { socket->emit_values("bin", args.values); });
    socket->on("ack", [](patchbay::Args args, patchbay::Ack ack) { ack.answer(args.values); });

    socket->on("broadcast", [&io](patchbay::Args args) {
      patchbay::BroadcastOperator(io.sockets()).emit_values("broadcast", args.values);
    });
    socket->on("room", [&io](std::string room, patchbay::Value payload) {
      io.to(room).emit("room", payload);
    });
    socket->on("join", [socket](std::string room, patchbay::Ack ack) {
      socket->join(room);
      ack();
    });
    socket->on("leave", [socket](std::string room, patchbay::Ack ack) {
      socket->leave(room);
      ack();
    });
  });
}

void serve(const Settings& settings) {
  raise_descriptor_limit();
  patchbay::Server io(options_of(settings));
  handle_events(io);

  asio::signal_set signals(io.engine().loop(0).io_context(), SIGINT, SIGTERM);
  signals.async_wait([&io](asio::error_code error, int /*signal*/) {
    if (!error) io.close();
  });

  const std::uint16_t port = io.listen(settings.port, settings.host);
  std::printf("listening on %u\n", static_cast<unsigned>(port));
  std::fflush(stdout);
  io.run();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"The application of the benchmarks, on Patchbay"};
  app.option_defaults()->always_capture_default();
  Settings settings;
  app.add_option("--port", settings.port, "Port to listen on; 0 takes any free one");
  app.add_option("--host", settings.host, "Address to listen on");
  app.add_option("--threads", settings.threads, "Threads that serve")
      ->check(CLI::Range(std::size_t{1}, patchbay::engineio::kMaxThreads));
  app.add_option("--ping-interval", settings.ping_interval_ms, "Milliseconds between heartbeats");
  app.add_flag("--deflate", settings.deflate, "Compress, keeping nothing between messages");
#ifdef BENCH_REDIS
  app.add_option("--redis", settings.redis, "Join the other servers at this Redis");
  app.add_option("--adapter", settings.adapter, "classic, sharded or streams")
      ->check(CLI::IsMember({"classic", "sharded", "streams"}));
#endif
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsageError;
  }
  try {
    serve(settings);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench-server: %s\n", error.what());
    return 1;
  }
}

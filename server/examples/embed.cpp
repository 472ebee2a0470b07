// SPDX-License-Identifier: MIT
//
// A server inside a program that has an event loop already: it lives on the application's
// asio::io_context, beside the application's own work, and ends in time for it. Handlers run on the
// thread that runs the io_context, so they share state with the application without locks.
//
//   example-embed [port]
//   curl http://127.0.0.1:3000/health                           # {"ticks":3}
//   io("http://127.0.0.1:3000").on("tick", console.log);        // Node.js: a number, five a second
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <patchbay/patchbay.hpp>
#include <string>

namespace {

// The application's own work: something that happens five times a second.
class Clock {
 public:
  Clock(asio::io_context& context, patchbay::Server& io) : timer_(context), io_(io) { wait(); }

  [[nodiscard]] int ticks() const { return ticks_; }
  void stop() { timer_.cancel(); }

 private:
  void wait() {
    timer_.expires_after(std::chrono::milliseconds(200));
    timer_.async_wait([this](std::error_code error) {
      if (error) return;
      io_.emit("tick", ++ticks_);
      wait();
    });
  }

  asio::steady_timer timer_;
  patchbay::Server& io_;
  int ticks_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  asio::io_context context(1);  // outlives the server
  patchbay::ServerOptions options;
  options.io_context = &context;
  patchbay::Server io(options);
  Clock clock(context, io);

  io.http().get("/health", [&clock](const patchbay::engineio::HttpRequest&) {
    patchbay::http::Response response;
    response.headers.add("content-type", "application/json");
    response.body = patchbay::to_json(patchbay::Object{{"ticks", clock.ticks()}});
    return response;
  });

  asio::signal_set signals(context, SIGINT, SIGTERM);
  signals.async_wait([&io, &clock](std::error_code error, int /*signal*/) {
    // When the server is closed and the clock stands, run() has nothing left to do.
    if (!error) io.close([&clock] { clock.stop(); });
  });

  const int port = argc > 1 ? std::stoi(argv[1]) : 3000;
  const auto bound = io.listen(static_cast<std::uint16_t>(port), "127.0.0.1");
  std::cout << "listening on http://127.0.0.1:" << bound << std::endl;
  context.run();  // not io.run()
}

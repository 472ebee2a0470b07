// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "errors.hpp"
#include "histogram.hpp"
#include "json.hpp"
#include "loop.hpp"
#include "options.hpp"
#include "process.hpp"
#include "stream.hpp"

namespace patchbay::bench {

/// All that a scenario works with.
struct Bench {
  explicit Bench(const Options& from);

  const Options& options;
  Loop loop;
  std::unique_ptr<SSL_CTX, FreeTls> tls;
  Endpoints endpoints;
  ServerProcess server;
  Errors errors;
  Json json;

  /// Lets options.settle seconds pass, and as many again while the server has not come to rest: on
  /// a busy machine it may take a while until it has closed thousands of connections.
  void settle();

  /// Runs the loop until `done()`, or adds an error `timeout: <what>` when `progress()` stands
  /// still for options.timeout seconds. Returns whether it is done.
  template <typename Done, typename Progress>
  bool wait(const char* what, Done done, Progress progress) {
    auto seen = progress();
    Nanoseconds deadline = now() + from_seconds(options.timeout);
    while (!done()) {
      loop.poll(deadline);
      if (const auto current = progress(); current != seen) {
        seen = current;
        deadline = now() + from_seconds(options.timeout);
      } else if (now() >= deadline) {
        errors.add(std::string("timeout: ") + what);
        return false;
      }
    }
    return true;
  }
};

/// A span of time and what the server worked in it.
class Window {
 public:
  explicit Window(const ServerProcess& server) : server_(server) {}

  void begin();
  void end();

  double seconds() const { return to_seconds(ended_ - began_); }
  /// Of all the server's cores together: 1 is one core all the time.
  std::optional<double> cores() const;
  std::optional<double> cpu_us() const;

  /// Adds `seconds`, `per_second` and `server_cpu_us`, for so many messages, deliveries or
  /// connections.
  void report(Json& json, std::uint64_t count) const;

 private:
  const ServerProcess& server_;
  Nanoseconds began_ = 0;
  Nanoseconds ended_ = 0;
  std::optional<CpuTime> cpu_before_;
  std::optional<CpuTime> cpu_after_;
};

/// Adds `"key":{"p50":...,"p99":...,"max":...}`, in microseconds.
void report_latency(Json& json, std::string_view key, const Histogram& histogram);

/// Adds `key`, or null when it is not known.
void report_optional(Json& json, std::string_view key, std::optional<double> value);

}  // namespace patchbay::bench

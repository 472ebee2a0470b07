// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <arpa/inet.h>

#include <stdexcept>

namespace patchbay::bench {
namespace {

constexpr std::uint32_t kLoopbackNetwork = 127;

// Of a core: heartbeats and the like.
constexpr double kAtRest = 0.02;

}  // namespace

Bench::Bench(const Options& from) : options(from), server(from.server_pid) {
  endpoints.server.sin_family = AF_INET;
  endpoints.server.sin_port = htons(options.port);
  if (inet_pton(AF_INET, options.host.c_str(), &endpoints.server.sin_addr) != 1) {
    throw std::invalid_argument("--host must be an IPv4 address, not " + options.host);
  }
  if (options.tls) {
    tls = make_tls_context();
    endpoints.tls = tls.get();
  }
  endpoints.spread_sources = ntohl(endpoints.server.sin_addr.s_addr) >> 24 == kLoopbackNetwork;
}

void Bench::settle() {
  const Nanoseconds deadline = now() + from_seconds(options.timeout);
  do {
    Window window(server);
    window.begin();
    loop.run_until(now() + from_seconds(options.settle));
    window.end();
    if (window.cores().value_or(0) < kAtRest) return;
  } while (now() < deadline);
}

void Window::begin() {
  cpu_before_ = server_.cpu();
  began_ = now();
}

void Window::end() {
  ended_ = now();
  cpu_after_ = server_.cpu();
}

std::optional<double> Window::cpu_us() const {
  if (!cpu_before_ || !cpu_after_) return std::nullopt;
  return (*cpu_after_ - *cpu_before_).total_ns / kMicrosecond;
}

std::optional<double> Window::cores() const {
  const auto used = cpu_us();
  if (!used) return std::nullopt;
  return *used / 1e6 / seconds();
}

void Window::report(Json& json, std::uint64_t count) const {
  const auto divisor = static_cast<double>(count);
  json.add("seconds", seconds());
  json.add("per_second", divisor / seconds());
  if (!cpu_before_ || !cpu_after_ || count == 0) return json.add_null("server_cpu_us");
  const CpuTime used = *cpu_after_ - *cpu_before_;
  json.open("server_cpu_us");
  json.add("total", used.total_ns / kMicrosecond / divisor);
  json.add("user", used.user_ns() / kMicrosecond / divisor);
  json.add("kernel", used.kernel_ns() / kMicrosecond / divisor);
  json.close();
}

void report_latency(Json& json, std::string_view key, const Histogram& histogram) {
  const auto us = [](Nanoseconds time) { return static_cast<double>(time) / kMicrosecond; };
  json.open(key);
  json.add("p50", us(histogram.quantile(0.5)));
  json.add("p99", us(histogram.quantile(0.99)));
  json.add("max", us(histogram.max()));
  json.close();
}

void report_optional(Json& json, std::string_view key, std::optional<double> value) {
  if (value) return json.add(key, *value);
  json.add_null(key);
}

}  // namespace patchbay::bench

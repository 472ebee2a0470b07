// SPDX-License-Identifier: MIT
//
// Options of the engine that take more than a value: functions, lists, hooks.
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <regex>
#include <stdexcept>
#include <string>
#include <string_view>

#include "conformance_server.hpp"

namespace patchbay::conformance {

namespace {

constexpr const char* kApp = "http://app.example";

CorsOptions cors_with(engineio::CorsOrigin origin) {
  CorsOptions options;
  options.origin = std::move(origin);
  options.credentials = true;
  return options;
}

bool is_app(const RequestInfo& /*request*/, std::string_view origin) {
  if (origin == "http://throw.example") throw std::runtime_error("asked to throw");
  return origin == kApp;
}

std::optional<CorsOptions> cors_by_query(const RequestInfo& request) {
  const std::string* origin = request.query.find("cors");
  if (!origin) return std::nullopt;
  CorsOptions options;
  options.origin = *origin;
  return options;
}

CorsOptions cors_that_continues() {
  CorsOptions options;
  options.methods = "GET,POST";
  options.preflight_continue = true;
  return options;
}

CorsOptions cors_in_full() {
  CorsOptions options;
  options.methods = "GET";
  options.allowed_headers = "x-mine";
  options.exposed_headers = "x-seen";
  options.max_age = std::chrono::minutes(10);
  options.options_success_status = 200;
  return options;
}

}  // namespace

void apply_cors_preset(ServerOptions& options, std::string_view name) {
  static const std::map<std::string_view, std::function<CorsOptions()>> kPresets{
      {"list",
       [] {
         return cors_with({kApp, std::regex("^https://[a-z]+\\.tenant\\.example$")});
       }},
      {"reflect", [] { return cors_with(true); }},
      {"function", [] { return cors_with(is_app); }},
      {"off", [] { return cors_with(false); }},
      {"continue", cors_that_continues},
      {"full", cors_in_full},
  };
  if (name == "delegate") {
    options.cors_delegate = cors_by_query;
    return;
  }
  const auto preset = kPresets.find(name);
  if (preset == kPresets.end()) {
    throw std::invalid_argument("unknown value of --cors: " + std::string(name));
  }
  options.cors = preset->second();
}

}  // namespace patchbay::conformance

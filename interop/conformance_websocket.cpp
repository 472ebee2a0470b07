// SPDX-License-Identifier: MIT
//
// Mode --websocket: bare WebSockets at every path; each message comes back.
#include <memory>
#include <string_view>

#include "conformance_server.hpp"
#include "patchbay/engineio/engine.hpp"

namespace patchbay::conformance {

namespace {

using engineio::RawWebSocket;

// The largest messages of the public lists of RFC 6455 cases, and the most fragments they come in.
constexpr std::size_t kMaxMessage = std::size_t{16} * 1024 * 1024;
constexpr std::size_t kMaxFragments = std::size_t{128} * 1024;

void echo(const std::shared_ptr<RawWebSocket>& ws) {
  const auto check = [ws](bool queued) {
    if (!queued) ws->close(1013, "read what you asked for");
  };
  ws->on_text([ws, check](std::string_view text) { check(ws->send_text(text)); });
  ws->on_binary([ws, check](std::string_view data) { check(ws->send_binary(data)); });
}

}  // namespace

Settings websocket_suite() {
  Settings settings;
  settings.run = run_websocket;
  settings.options.max_http_buffer_size = kMaxMessage;
  settings.options.limits.ws_fragments = kMaxFragments;
  settings.options.per_message_deflate = PerMessageDeflateOptions{.threshold = 0};
  return settings;
}

void run_websocket(const Settings& settings) {
  engineio::Engine engine(settings.options);
  // A suite counts frames: none that it did not ask for.
  engine.websocket("/*", echo, {.ping_interval = Millis(0)});
  for (const auto& set_up : settings.engine_setup) set_up(engine);
  serve(engine, settings);
}

}  // namespace patchbay::conformance

// SPDX-License-Identifier: MIT
#include <charconv>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "conformance_server.hpp"
#include "patchbay/protocol/sio/msgpack_parser.hpp"

namespace patchbay::conformance {

namespace {

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw std::invalid_argument("not a number: " + std::string(text));
  }
  return value;
}

Millis millis(std::string_view text) {
  return Millis(static_cast<Millis::rep>(number(text)));
}

std::vector<Transport> transports(std::string_view list) {
  std::vector<Transport> result;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view name = list.substr(0, comma);
    if (name != "polling" && name != "websocket") {
      throw std::invalid_argument("unknown transport: " + std::string(name));
    }
    result.push_back(name == "polling" ? Transport::polling : Transport::websocket);
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  }
  return result;
}

void deny_on_request(const RequestInfo& request, const AllowReply& reply) {
  if (const std::string* text = request.query.find("deny")) {
    reply.refuse(*text);
  } else {
    reply.allow();
  }
}

PerMessageDeflateOptions& deflate_of(Settings& settings) {
  auto& deflate = settings.options.per_message_deflate;
  if (!deflate) deflate.emplace();
  return *deflate;
}

TlsOptions& tls(Settings& settings) {
  std::optional<TlsOptions>& options = settings.options.tls;
  return options ? *options : options.emplace();
}

RecoveryOptions& recovery(Settings& settings) {
  std::optional<RecoveryOptions>& options = settings.options.connection_state_recovery;
  return options ? *options : options.emplace();
}

using Apply = std::function<void(Settings&, std::string_view)>;

const std::map<std::string_view, Apply>& options_with_value() {
  static const std::map<std::string_view, Apply> table{
      {"--port", [](Settings& s, auto v) { s.port = static_cast<std::uint16_t>(number(v)); }},
      {"--host", [](Settings& s, auto v) { s.host = v; }},
      {"--threads", [](Settings& s, auto v) { s.options.threads = number(v); }},
      {"--ping-interval", [](Settings& s, auto v) { s.options.ping_interval = millis(v); }},
      {"--ping-timeout", [](Settings& s, auto v) { s.options.ping_timeout = millis(v); }},
      {"--upgrade-timeout", [](Settings& s, auto v) { s.options.upgrade_timeout = millis(v); }},
      {"--connect-timeout", [](Settings& s, auto v) { s.options.connect_timeout = millis(v); }},
      {"--max-payload", [](Settings& s, auto v) { s.options.max_http_buffer_size = number(v); }},
      {"--max-fragments", [](Settings& s, auto v) { s.options.limits.ws_fragments = number(v); }},
      {"--read-pause", [](Settings& s, auto v) { s.options.read_pause_bytes = number(v); }},
      {"--head-timeout", [](Settings& s, auto v) { s.options.http_head_timeout = millis(v); }},
      {"--body-timeout", [](Settings& s, auto v) { s.options.http_body_timeout = millis(v); }},
      {"--transports", [](Settings& s, auto v) { s.options.transports = transports(v); }},
      {"--cors-origin",
       [](Settings& s, auto v) {
         s.options.cors = CorsOptions();
         s.options.cors->origin = std::string(v);
         s.options.cors->credentials = true;
       }},
      {"--deflate-threshold", [](Settings& s, auto v) { deflate_of(s).threshold = number(v); }},
      {"--deflate-server-bits",
       [](Settings& s, auto v) {
         deflate_of(s).server_max_window_bits = static_cast<int>(number(v));
       }},
      {"--deflate-client-bits",
       [](Settings& s, auto v) {
         deflate_of(s).client_max_window_bits = static_cast<int>(number(v));
       }},
      {"--recovery",
       [](Settings& s, auto v) { recovery(s).max_disconnection_duration = millis(v); }},
      {"--cors", [](Settings& s, auto v) { apply_cors_preset(s.options, v); }},
      {"--ids", [](Settings& s, auto v) { apply_id_preset(s, v); }},
      {"--cookie-preset", [](Settings& s, auto v) { apply_cookie_preset(s.options, v); }},
      {"--initial-packet",
       [](Settings& s, auto v) {
         s.options.initial_packet = eio::EncodedPacket::text(eio::PacketType::message, v);
       }},
      {"--initial-bytes",
       [](Settings& s, auto v) { s.options.initial_packet = eio::EncodedPacket::binary(v); }},
      {"--allow-origin", [](Settings& s, auto v) { s.options.allowed_origins = std::string(v); }},
      {"--tls-cert", [](Settings& s, auto v) { tls(s).certificate = v; }},
      {"--tls-key", [](Settings& s, auto v) { tls(s).private_key = v; }},
      {"--journal", [](Settings& s, auto v) { s.journal = v; }},
      {"--drain", [](Settings& s, auto v) { s.drain = millis(v); }},
      {"--ack-timeout", [](Settings& s, auto v) { s.ack_timeout = millis(v); }},
  };
  return table;
}

const std::map<std::string_view, Apply>& options_without_value() {
  static const std::map<std::string_view, Apply> table{
      {"--allow-eio3", [](Settings& s, auto) { s.options.allow_eio3 = true; }},
      {"--serve-client", [](Settings& s, auto) { s.serve_client = true; }},
      {"--no-trailing-slash", [](Settings& s, auto) { s.options.add_trailing_slash = false; }},
      {"--no-upgrades", [](Settings& s, auto) { s.options.allow_upgrades = false; }},
      {"--msgpack", [](Settings& s, auto) { s.options.parser = sio::msgpack_parser(); }},
      {"--no-cors", [](Settings& s, auto) { s.options.cors.reset(); }},
      {"--deny", [](Settings& s, auto) { s.options.allow_request = deny_on_request; }},
      {"--deflate", [](Settings& s, auto) { deflate_of(s); }},
      {"--no-deflate", [](Settings& s, auto) { s.options.per_message_deflate.reset(); }},
      {"--deflate-server-no-context",
       [](Settings& s, auto) { deflate_of(s).server_no_context_takeover = true; }},
      {"--deflate-client-no-context",
       [](Settings& s, auto) { deflate_of(s).client_no_context_takeover = true; }},
      {"--deflate-no-context",
       [](Settings& s, auto) {
         deflate_of(s).server_no_context_takeover = true;
         deflate_of(s).client_no_context_takeover = true;
       }},
      {"--no-http-compression", [](Settings& s, auto) { s.options.http_compression.reset(); }},
      {"--recovery-middlewares", [](Settings& s, auto) { recovery(s).skip_middlewares = false; }},
      {"--cleanup-empty",
       [](Settings& s, auto) { s.options.cleanup_empty_child_namespaces = true; }},
      {"--middlewares", [](Settings& s, auto) { s.engine_setup.emplace_back(add_middlewares); }},
      {"--headers-hooks",
       [](Settings& s, auto) { s.engine_setup.emplace_back(add_headers_hooks); }},
      {"--cookie", [](Settings& s, auto) { s.options.cookie = CookieOptions(); }},
  };
  return table;
}

// What the suites of the protocols expect.
Settings protocol_suite(void (*run)(const Settings&)) {
  Settings settings;
  settings.run = run;
  settings.options.ping_interval = Millis(300);
  settings.options.ping_timeout = Millis(200);
  settings.options.connect_timeout = Millis(1000);
  settings.options.cors = CorsOptions();
  return settings;
}

Settings defaults(std::string_view mode) {
  if (mode == "--engineio") return protocol_suite(run_engineio);
  if (mode == "--socketio") return protocol_suite(run_socketio);
  if (mode == "--websocket") return websocket_suite();
  if (mode == "--engineio-client-suite") return engineio_client_suite();
  if (mode == "--socketio-client-suite") return socketio_client_suite();
  throw std::invalid_argument("unknown mode: " + std::string(mode));
}

}  // namespace

Settings parse_settings(int argc, char** argv) {
  if (argc < 2) throw std::invalid_argument("the first argument has to be a mode: --socketio ...");
  Settings settings = defaults(argv[1]);
  for (int i = 2; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (const auto flag = options_without_value().find(name);
        flag != options_without_value().end()) {
      flag->second(settings, {});
    } else if (const auto option = options_with_value().find(name);
               option != options_with_value().end()) {
      if (++i == argc) throw std::invalid_argument("no value for " + std::string(name));
      option->second(settings, argv[i]);
    } else {
      throw std::invalid_argument("unknown option: " + std::string(name));
    }
  }
  return settings;
}

}  // namespace patchbay::conformance

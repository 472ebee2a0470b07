// SPDX-License-Identifier: MIT
#include <charconv>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "conformance_server.hpp"
#ifdef CONFORMANCE_REDIS
#include "conformance_cluster.hpp"
#endif
#include "patchbay/protocol/sio/msgpack_parser.hpp"

namespace patchbay::conformance {

std::uint64_t option_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw std::invalid_argument("not a number: " + std::string(text));
  }
  return value;
}

Millis option_millis(std::string_view text) {
  return Millis(static_cast<Millis::rep>(option_number(text)));
}

namespace {

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

const OptionTable& options_with_value() {
  static const OptionTable table{
      {"--port",
       [](Settings& s, auto v) { s.port = static_cast<std::uint16_t>(option_number(v)); }},
      {"--host", [](Settings& s, auto v) { s.host = v; }},
      {"--threads", [](Settings& s, auto v) { s.options.threads = option_number(v); }},
      {"--ping-interval", [](Settings& s, auto v) { s.options.ping_interval = option_millis(v); }},
      {"--ping-timeout", [](Settings& s, auto v) { s.options.ping_timeout = option_millis(v); }},
      {"--upgrade-timeout",
       [](Settings& s, auto v) { s.options.upgrade_timeout = option_millis(v); }},
      {"--connect-timeout",
       [](Settings& s, auto v) { s.options.connect_timeout = option_millis(v); }},
      {"--max-payload",
       [](Settings& s, auto v) { s.options.max_http_buffer_size = option_number(v); }},
      {"--max-fragments",
       [](Settings& s, auto v) { s.options.limits.ws_fragments = option_number(v); }},
      {"--read-pause", [](Settings& s, auto v) { s.options.read_pause_bytes = option_number(v); }},
      {"--head-timeout",
       [](Settings& s, auto v) { s.options.http_head_timeout = option_millis(v); }},
      {"--body-timeout",
       [](Settings& s, auto v) { s.options.http_body_timeout = option_millis(v); }},
      {"--transports", [](Settings& s, auto v) { s.options.transports = transports(v); }},
      {"--cors-origin",
       [](Settings& s, auto v) {
         s.options.cors = CorsOptions();
         s.options.cors->origin = std::string(v);
         s.options.cors->credentials = true;
       }},
      {"--deflate-threshold",
       [](Settings& s, auto v) { deflate_of(s).threshold = option_number(v); }},
      {"--deflate-server-bits",
       [](Settings& s, auto v) {
         deflate_of(s).server_max_window_bits = static_cast<int>(option_number(v));
       }},
      {"--deflate-client-bits",
       [](Settings& s, auto v) {
         deflate_of(s).client_max_window_bits = static_cast<int>(option_number(v));
       }},
      {"--recovery",
       [](Settings& s, auto v) { recovery(s).max_disconnection_duration = option_millis(v); }},
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
      {"--drain", [](Settings& s, auto v) { s.drain = option_millis(v); }},
      {"--ack-timeout", [](Settings& s, auto v) { s.ack_timeout = option_millis(v); }},
  };
  return table;
}

const OptionTable& options_without_value() {
  static const OptionTable table{
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
#ifdef CONFORMANCE_REDIS
  if (mode == "--cluster") return cluster_settings(run_cluster);
  if (mode == "--emit") return cluster_settings(run_emitter);
#endif
  if (mode == "--engineio-client-suite") return engineio_client_suite();
  if (mode == "--socketio-client-suite") return socketio_client_suite();
  throw std::invalid_argument("unknown mode: " + std::string(mode));
}

using Option = OptionTable::mapped_type;

// Null when none of the tables has it.
const Option* find_option(std::string_view name, std::initializer_list<const OptionTable*> tables) {
  for (const OptionTable* table : tables) {
    if (const auto found = table->find(name); found != table->end()) return &found->second;
  }
  return nullptr;
}

const Option* find_with_value(std::string_view name) {
#ifdef CONFORMANCE_REDIS
  return find_option(name, {&options_with_value(), &cluster_options_with_value()});
#else
  return find_option(name, {&options_with_value()});
#endif
}

const Option* find_without_value(std::string_view name) {
#ifdef CONFORMANCE_REDIS
  return find_option(name, {&options_without_value(), &cluster_options_without_value()});
#else
  return find_option(name, {&options_without_value()});
#endif
}

}  // namespace

Settings parse_settings(int argc, char** argv) {
  if (argc < 2) throw std::invalid_argument("the first argument has to be a mode: --socketio ...");
  Settings settings = defaults(argv[1]);
  for (int i = 2; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (const Option* flag = find_without_value(name)) {
      (*flag)(settings, {});
    } else if (const Option* option = find_with_value(name)) {
      if (++i == argc) throw std::invalid_argument("no value for " + std::string(name));
      (*option)(settings, argv[i]);
    } else {
      throw std::invalid_argument("unknown option: " + std::string(name));
    }
  }
#ifdef CONFORMANCE_REDIS
  if (settings.cluster && settings.run != run_emitter)
    settings.options.adapter = make_adapter(*settings.cluster);
#endif
  return settings;
}

}  // namespace patchbay::conformance

// SPDX-License-Identifier: MIT
#include "settings.hpp"

#include <charconv>
#include <stdexcept>
#include <utility>

#include "patchbay/engineio/options.hpp"
#ifdef PATCHBAY_HAS_REDIS
#include "patchbay/redis/redis.hpp"
#endif

namespace patchbay::daemon {

namespace {

Rate rate_of(const std::string& text) {
  if (text == "off") return {};
  if (text == "chat") return kChatRate;
  if (text == "api") return kApiRate;
  Rate rate;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, rate.per_second);
  if (error != std::errc() || stop != end || rate.per_second == 0) {
    throw std::invalid_argument("--message-rate: '" + text +
                                "' is neither off, chat, api nor a number per second");
  }
  return rate;
}

void add_tls(CLI::App& app, Settings& settings) {
  auto* const certificate =
      app.add_option("--tls-cert", settings.tls.certificate,
                     "Speak TLS (https, wss): file with the certificate and its issuers, PEM");
  auto* const key = app.add_option("--tls-key", settings.tls.private_key,
                                   "File with the private key of the certificate, PEM");
  certificate->needs(key);
  key->needs(certificate);
  app.add_option("--tls-ciphers", settings.tls.ciphers, "Ciphers for TLS 1.2, as OpenSSL has them")
      ->needs(certificate);
  app.add_option("--tls-client-ca", settings.tls.client_ca,
                 "Let in only clients with a certificate of these issuers, PEM")
      ->needs(certificate);
  app.add_option("--redirect-port", settings.redirect_port,
                 "Port in plain text that sends everybody to https; 0: none")
      ->needs(certificate);
}

void add_heartbeat(CLI::App& app, Settings& settings) {
  app.add_option("--ping-interval", settings.ping_interval_ms, "Milliseconds between pings")
      ->capture_default_str();
  app.add_option("--ping-timeout", settings.ping_timeout_ms,
                 "Milliseconds that a client has to answer one")
      ->capture_default_str();
  app.add_option("--missed-pongs", settings.missed_pongs,
                 "Unanswered pings after which a client counts as gone")
      ->capture_default_str();
}

void add_who_may(CLI::App& app, Settings& settings) {
  app.add_option("--origin", settings.origins,
                 "Origins whose pages may connect (default: all); may be given more than once");
  app.add_option(
      "--trusted-proxy", settings.trusted_proxies,
      "Address or network of a proxy whose word about clients' addresses is taken; may be "
      "given more than once");
  app.add_flag("--forwarded", settings.forwarded,
               "Proxies write Forwarded (RFC 7239) and not X-Forwarded-For");
}

void add_limits(CLI::App& app, Settings& settings) {
  Limits& limits = settings.limits;
  const auto add = [&app](const char* name, auto& target, const char* text) {
    app.add_option(name, target, text)->capture_default_str();
  };
  add("--max-message-bytes", settings.max_message_bytes, "Bytes of one message from a client");
  add("--max-connections", limits.connections, "Connections in total");
  add("--max-connections-per-address", limits.connections_per_address,
      "Connections from one address; 0: no limit");
  add("--max-sockets-per-user", limits.sockets_per_user,
      "Sockets of one user in one namespace; 0: no limit");
  add("--max-handshakes-per-second", limits.handshakes.per_second,
      "New sessions per second and thread; 0: no limit");
  add("--max-bytes-per-second", limits.bytes.per_second,
      "Bytes per second from one client; 0: no limit");
  add("--message-rate", settings.message_rate,
      "Messages per second from one client: off, chat (100), api (10) or a number");
  app.add_flag("--delay", settings.delay,
               "Who sends too fast is read from later, instead of being disconnected");
  add("--max-unsent-bytes", limits.send_queue_bytes,
      "Bytes that may wait for one client before it is disconnected");
  add("--max-unsent-bytes-total", limits.send_budget_bytes, "The same for all together");
}

void add_cluster(CLI::App& app, Settings& settings) {
#ifdef PATCHBAY_HAS_REDIS
  auto* const redis =
      app.add_option("--redis", settings.redis,
                     "Join the other servers at this Redis: "
                     "redis://[[user]:password@]host[:port][/database]; rediss: TLS");
  app.add_option("--adapter", settings.adapter,
                 "How they talk: classic, sharded (Redis 7) or streams; the same for all of them")
      ->capture_default_str()
      ->check(CLI::IsMember({"classic", "sharded", "streams"}))
      ->needs(redis);
  app.add_option("--redis-prefix", settings.redis_prefix,
                 "What the names of channels and streams begin with")
      ->capture_default_str()
      ->needs(redis);
  app.add_option("--redis-ca", settings.redis_ca,
                 "Certificates that Redis' is checked against, PEM (default: the system's)")
      ->needs(redis);
#endif
  app.add_option("--recovery", settings.recovery_ms,
                 "Milliseconds in which clients that lose their connection can come back and miss "
                 "nothing; 0: off. To another server only with --adapter streams")
      ->capture_default_str();
}

#ifdef PATCHBAY_HAS_REDIS
AdapterFactory adapter_of(const Settings& settings) {
  redis::Options options{.url = settings.redis, .ca_file = settings.redis_ca};
  if (settings.adapter == "streams") {
    return redis::streams_adapter(std::move(options), {.stream_name = settings.redis_prefix,
                                                       .channel_prefix = settings.redis_prefix});
  }
  if (settings.adapter == "sharded") {
    return redis::sharded_adapter(std::move(options), {.channel_prefix = settings.redis_prefix});
  }
  return redis::classic_adapter(std::move(options), {.key = settings.redis_prefix});
}
#endif

void add_drain(CLI::App& app, Settings& settings) {
  app.add_option("--drain", settings.drain_ms,
                 "Milliseconds over which connections are closed after SIGTERM")
      ->capture_default_str();
  app.add_option("--drain-deadline", settings.drain_deadline_ms,
                 "Milliseconds after which the program ends in any case")
      ->capture_default_str();
}

}  // namespace

ServerOptions Settings::server_options() const {
  ServerOptions options;
  options.threads = threads;
  options.ping_interval = Millis(ping_interval_ms);
  options.ping_timeout = Millis(ping_timeout_ms);
  options.missed_pongs = missed_pongs;
  options.max_http_buffer_size = max_message_bytes;
  options.trusted_proxies = trusted_proxies;
  if (forwarded) options.forwarded_header = ForwardedHeader::forwarded;
  if (!origins.empty()) {
    const std::vector<CorsOrigin::Pattern> patterns(origins.begin(), origins.end());
    options.allowed_origins = CorsOrigin(patterns);
    options.cors = CorsOptions{.origin = CorsOrigin(patterns), .credentials = true};
  }
  options.limits = limits;
  options.limits.messages = rate_of(message_rate);
  if (delay) options.rate_action = RateAction::delay;
  if (recovery_ms > 0) {
    options.connection_state_recovery =
        RecoveryOptions{.max_disconnection_duration = Millis(recovery_ms)};
  }
#ifdef PATCHBAY_HAS_REDIS
  if (!redis.empty()) options.adapter = adapter_of(*this);
#endif
  if (has_tls()) {
    options.tls = tls;
    if (!tls.client_ca.empty()) options.tls->client_certificates = ClientCertificates::required;
  }
  return options;
}

DrainOptions Settings::drain_options() const {
  if (drain_deadline_ms < drain_ms) {
    throw std::invalid_argument("--drain-deadline must not be shorter than --drain");
  }
  return {.spread = Millis(drain_ms), .deadline = Millis(drain_deadline_ms)};
}

void add_options(CLI::App& app, Settings& settings) {
  app.set_config("--config", "", "File with these options, one a line: port=3000");
  // A limit whose name is misspelt would be no limit.
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.add_flag("--check", settings.check, "Look at the options, say what is wrong, and end");
  app.add_option("--port", settings.port, "Port to listen on; 0 takes any free one")
      ->capture_default_str();
  app.add_option("--host", settings.host, "Address to listen on (default: all addresses)");
  app.add_option("--threads", settings.threads, "Event loops, each with a thread of its own")
      ->capture_default_str()
      ->check(CLI::Range(std::size_t{1}, engineio::kMaxThreads));
  add_tls(app, settings);
  add_heartbeat(app, settings);
  add_who_may(app, settings);
  add_limits(app, settings);
  add_cluster(app, settings);
  add_drain(app, settings);
}

}  // namespace patchbay::daemon

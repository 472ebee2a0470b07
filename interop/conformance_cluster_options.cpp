// SPDX-License-Identifier: MIT
#include <stdexcept>

#include "conformance_cluster.hpp"

namespace patchbay::conformance {

namespace {

ClusterSettings& cluster(Settings& settings) {
  if (settings.run != run_cluster && settings.run != run_socketio && settings.run != run_emitter) {
    throw std::invalid_argument("only with --cluster, --socketio or --emit");
  }
  if (!settings.cluster) settings.cluster = std::make_shared<ClusterSettings>();
  return *settings.cluster;
}

// All names that several servers have to have in common.
void set_key(ClusterSettings& to, std::string_view key) {
  to.classic.key = key;
  to.sharded.channel_prefix = key;
  to.streams.stream_name = key;
  to.streams.channel_prefix = key;
  to.streams.session_key_prefix = std::string(key) + ":session:";
}

redis::SubscriptionMode subscription_mode(std::string_view name) {
  if (name == "dynamic") return redis::SubscriptionMode::dynamic;
  if (name == "static") return redis::SubscriptionMode::always_all;
  if (name == "dynamic-private") return redis::SubscriptionMode::dynamic_private;
  throw std::invalid_argument("--subscriptions has to be dynamic, static or dynamic-private");
}

void set_requests_timeout(ClusterSettings& to, Millis limit) {
  to.classic.requests_timeout = limit;
  to.sharded.requests_timeout = limit;
  to.streams.requests_timeout = limit;
}

}  // namespace

const OptionTable& cluster_options_with_value() {
  static const OptionTable table{
      {"--name", [](Settings& s, auto v) { cluster(s).name = v; }},
      {"--adapter", [](Settings& s, auto v) { cluster(s).adapter = v; }},
      {"--redis", [](Settings& s, auto v) { cluster(s).redis.url = v; }},
      {"--redis-ca", [](Settings& s, auto v) { cluster(s).redis.ca_file = v; }},
      {"--redis-timeout", [](Settings& s, auto v) { cluster(s).redis.timeout = option_millis(v); }},
      {"--redis-retry",
       [](Settings& s, auto v) { cluster(s).redis.retry_limit = option_millis(v); }},
      {"--key", [](Settings& s, auto v) { set_key(cluster(s), v); }},
      {"--requests-timeout",
       [](Settings& s, auto v) { set_requests_timeout(cluster(s), option_millis(v)); }},
      {"--subscriptions",
       [](Settings& s, auto v) { cluster(s).sharded.subscription_mode = subscription_mode(v); }},
      {"--max-len", [](Settings& s, auto v) { cluster(s).streams.max_len = option_number(v); }},
      {"--block-time",
       [](Settings& s, auto v) { cluster(s).streams.block_time = option_millis(v); }},
      {"--stream-count",
       [](Settings& s, auto v) { cluster(s).streams.stream_count = option_number(v); }},
  };
  return table;
}

const OptionTable& cluster_options_without_value() {
  static const OptionTable table{
      {"--specific-responses",
       [](Settings& s, auto) { cluster(s).classic.publish_on_specific_response_channel = true; }},
      {"--sharded-pubsub",
       [](Settings& s, auto) { cluster(s).streams.use_sharded_pub_sub = true; }},
      {"--only-plaintext", [](Settings& s, auto) { cluster(s).streams.only_plaintext = true; }},
  };
  return table;
}

AdapterFactory make_adapter(const ClusterSettings& cluster) {
  if (cluster.adapter == "classic") return redis::classic_adapter(cluster.redis, cluster.classic);
  if (cluster.adapter == "sharded") return redis::sharded_adapter(cluster.redis, cluster.sharded);
  if (cluster.adapter == "streams") return redis::streams_adapter(cluster.redis, cluster.streams);
  throw std::invalid_argument("--adapter has to be classic, sharded or streams");
}

Settings cluster_settings(void (*run)(const Settings&)) {
  Settings settings;
  settings.run = run;
  settings.cluster = std::make_shared<ClusterSettings>();
  return settings;
}

}  // namespace patchbay::conformance

// SPDX-License-Identifier: MIT
//
// Mode --cluster, and what servers that share a Redis add to the options.
#pragma once

#include <string>
#include <string_view>

#include "conformance_server.hpp"
#include "patchbay/redis/redis.hpp"

namespace patchbay::conformance {

struct ClusterSettings {
  std::string name = "patchbay";  // of this server, for others
  std::string adapter;            // classic, sharded or streams
  redis::Options redis;
  redis::ClassicOptions classic;
  redis::ShardedOptions sharded;
  redis::StreamsOptions streams;
};

Settings cluster_settings();
AdapterFactory make_adapter(const ClusterSettings& cluster);
void run_cluster(const Settings& settings);

}  // namespace patchbay::conformance

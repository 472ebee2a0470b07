// SPDX-License-Identifier: MIT
//
// The modes --cluster and --emit, and what servers that share a Redis add to the options.
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

AdapterFactory make_adapter(const ClusterSettings& cluster);

}  // namespace patchbay::conformance

// SPDX-License-Identifier: MIT
#include "patchbay/redis/redis.hpp"

#include <stdexcept>
#include <utility>

#include "classic_wire.hpp"
#include "endpoint.hpp"
#include "hub.hpp"
#include "patchbay/server.hpp"
#include "redis_adapter.hpp"
#include "sharded_wire.hpp"
#include "stream_hub.hpp"
#include "streams_adapter.hpp"

namespace patchbay::redis {

namespace {

void require(bool holds, const char* what) {
  if (!holds) throw std::invalid_argument(what);
}

Endpoint checked(const Options& options) {
  require(options.timeout > Millis(0), "Redis: timeout must be greater than zero");
  require(options.retry_base > Millis(0), "Redis: retry_base must be greater than zero");
  require(options.retry_limit >= options.retry_base,
          "Redis: retry_limit must not be smaller than retry_base");
  return parse_url(options.url);
}

// An adapter for a wire that needs no more than the usual connections.
template <typename W, typename WireOptions>
AdapterFactory simple_adapter(Options options, WireOptions wire_options) {
  const Endpoint endpoint = checked(options);
  require(wire_options.requests_timeout > Millis(0),
          "Redis: requests_timeout must be greater than zero");
  auto hubs = std::make_shared<HubDirectory<Hub>>();
  return [hubs, endpoint, options = std::move(options),
          wire_options = std::move(wire_options)](Namespace& nsp) {
    auto hub = hubs->find(nsp.server(), [&] {
      return std::make_shared<Hub>(nsp.server().engine().loop(0), options, endpoint);
    });
    auto wire = std::make_shared<W>(hub, nsp.name(), wire_options);
    auto member =
        std::make_shared<Member>(std::move(hub), std::move(wire), wire_options.requests_timeout);
    return std::make_unique<RedisAdapter>(nsp, std::move(member));
  };
}

}  // namespace

AdapterFactory classic_adapter(Options options, ClassicOptions classic) {
  return simple_adapter<ClassicWire>(std::move(options), std::move(classic));
}

AdapterFactory sharded_adapter(Options options, ShardedOptions sharded) {
  return simple_adapter<ShardedWire>(std::move(options), std::move(sharded));
}

AdapterFactory streams_adapter(Options options, StreamsOptions streams) {
  const Endpoint endpoint = checked(options);
  require(streams.stream_count > 0, "Redis: stream_count must be greater than zero");
  require(streams.read_count > 0, "Redis: read_count must be greater than zero");
  require(streams.block_time > Millis(0), "Redis: block_time must be greater than zero");
  require(streams.requests_timeout > Millis(0),
          "Redis: requests_timeout must be greater than zero");
  auto hubs = std::make_shared<HubDirectory<StreamHub>>();
  return [hubs, endpoint, options = std::move(options),
          streams = std::move(streams)](Namespace& nsp) {
    auto hub = hubs->find(nsp.server(), [&] {
      return std::make_shared<StreamHub>(nsp.server().engine().loop(0), options, streams, endpoint);
    });
    auto wire = std::make_shared<StreamsWire>(hub, nsp.name());
    return std::make_unique<StreamsAdapter>(nsp, std::move(hub), std::move(wire),
                                            streams.requests_timeout);
  };
}

}  // namespace patchbay::redis

// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "engine_core.hpp"
#include "exchange.hpp"

namespace patchbay::engineio {

// Adds the headers of one middleware to those collected so far.
void merge_headers(http::Headers& collected, const http::Headers& added);

// Leads requests through the middlewares, one after the other. One per shard.
class MiddlewareChain {
 public:
  using Done = std::function<void(const std::shared_ptr<Exchange>&)>;

  // `done` is called on the shard's loop for each request that all middlewares let pass and whose
  // client is still there; other requests are answered here.
  MiddlewareChain(const EngineCore& core, Shard& shard, Done done)
      : core_(&core), shard_(&shard), done_(std::move(done)) {}

  void run(const std::shared_ptr<Exchange>& exchange) { run_from(exchange, 0); }

 private:
  void run_from(std::shared_ptr<Exchange> exchange, std::size_t index);

  const EngineCore* core_;
  Shard* shard_;
  Done done_;
};

}  // namespace patchbay::engineio

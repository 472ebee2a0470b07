// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>

#include "engine_core.hpp"
#include "exchange.hpp"

namespace patchbay::engineio {

// Answers every request by the same one over https.
class Redirector final : public RequestHandler {
 public:
  Redirector(const EngineCore& core, Shard& shard, std::uint16_t https_port)
      : core_(&core), shard_(&shard), https_port_(https_port) {}

  [[nodiscard]] Shard& shard() noexcept override { return *shard_; }
  [[nodiscard]] RequestHandler& owner_of(const http::Request& /*request*/) override {
    return *this;
  }
  void on_head(const std::shared_ptr<Exchange>& exchange) override;
  void on_request(const std::shared_ptr<Exchange>& /*exchange*/) override {}
  void on_body_too_large(const std::shared_ptr<Exchange>& /*exchange*/) override {}
  void on_refused(Errc why) override { core_->statistics.add(why); }

 private:
  const EngineCore* core_;
  Shard* shard_;
  std::uint16_t https_port_;
};

}  // namespace patchbay::engineio

// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "hub.hpp"
#include "patchbay/protocol/cluster/classic.hpp"
#include "wire.hpp"

namespace patchbay::redis {

// Talks as @socket.io/redis-adapter's createAdapter() does: everybody hears everything of the
// namespace.
class ClassicWire final : public Wire {
 public:
  ClassicWire(std::shared_ptr<Hub> hub, std::string nsp, const ClassicOptions& options);

  void open(std::weak_ptr<Listener> listener) override;
  void close() override;
  [[nodiscard]] const std::string& uid() const noexcept override { return uid_; }
  void broadcast(const cluster::EventView& event, const BroadcastOptions& options,
                 std::string_view request_id) override;
  void say(const cluster::Content& content) override;
  void answer(const std::string& uid, const cluster::Content& content) override;
  void count_members(std::function<void(std::optional<std::size_t>)> done) override;

 private:
  std::shared_ptr<Hub> hub_;
  std::string nsp_;
  std::string uid_;
  cluster::classic::Channels channels_;
  bool answers_to_one_;  // and not on the channel that everybody hears
};

}  // namespace patchbay::redis

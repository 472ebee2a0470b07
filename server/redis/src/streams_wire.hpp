// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "stream_hub.hpp"
#include "wire.hpp"

namespace patchbay::redis {

// Talks as @socket.io/redis-streams-adapter 0.3 does: what everybody has to hear goes through a
// stream, questions and answers through channels.
class StreamsWire final : public Wire {
 public:
  StreamsWire(std::shared_ptr<StreamHub> hub, std::string nsp);

  void open(std::weak_ptr<Listener> listener) override;
  void close() override;
  [[nodiscard]] const std::string& uid() const noexcept override { return uid_; }
  // The clients of this server have got it already.
  void broadcast(const cluster::EventView& event, const BroadcastOptions& options,
                 std::string_view request_id) override;
  void say(const cluster::Content& content) override;
  void answer(const std::string& uid, const cluster::Content& content) override;
  void count_members(std::function<void(std::optional<std::size_t>)> done) override;
  [[nodiscard]] bool has_offsets() const noexcept override { return true; }

  // A broadcast which the clients of this server get by `deliver`; see Outbox.
  void broadcast_in_order(const cluster::EventView& event, const BroadcastOptions& options,
                          std::function<void(std::string_view id, bool again)> deliver);
  [[nodiscard]] const std::string& stream() const noexcept { return stream_; }

 private:
  void publish(const std::string& channel, const std::string& message);
  void add(cluster::StreamEntry entry);
  [[nodiscard]] ChannelKind kind() const noexcept;

  std::shared_ptr<StreamHub> hub_;
  std::string nsp_;
  std::string uid_;
  std::string stream_;
  std::string channel_;
};

}  // namespace patchbay::redis

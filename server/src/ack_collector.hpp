// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <system_error>
#include <vector>

#include "patchbay/adapter.hpp"
#include "patchbay/engineio/loop.hpp"

namespace patchbay {

// Gathers the acknowledgements of one broadcast and knows when it has them all: every server has
// said to how many clients it sent the event, and each of these has answered or left. Adapters and
// sockets hold on to it as long as answers may come; when the last of them lets go, that is the
// end.
class AckCollector final : public BroadcastAckSink,
                           public std::enable_shared_from_this<AckCollector> {
 public:
  using Done = detail::Completion<std::vector<Value>>;

  // `done` is called once, on the loop.
  AckCollector(engineio::Loop& loop, Done done) : loop_(&loop), done_(std::move(done)) {}
  ~AckCollector() override;
  AckCollector(const AckCollector&) = delete;
  AckCollector& operator=(const AckCollector&) = delete;

  // Ends with what is there, and Errc::ack_timeout, when the time is up.
  void start(Millis limit);

  void on_server_count(std::size_t servers) override;
  void on_client_count(std::size_t clients) override;
  void on_ack(Value first_value) override;
  void on_client_lost() override;

 private:
  void check();
  void finish(std::error_code error);

  engineio::Loop* loop_;
  Done done_;  // null after the end
  std::unique_ptr<engineio::Timer> timer_;
  std::optional<std::size_t> servers_;
  std::size_t servers_heard_ = 0;
  std::size_t clients_ = 0;
  std::size_t lost_ = 0;
  std::vector<Value> responses_;
};

}  // namespace patchbay

// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "redis_adapter.hpp"
#include "stream_hub.hpp"
#include "streams_wire.hpp"

namespace patchbay::redis {

// With connection state recovery the stream is everybody's record, by which clients can come back
// to any server. Then all servers have to give their clients the events in the order of the stream,
// and a server its own ones only when it reads them there: a client's last offset would not tell
// otherwise what it has had.
class StreamsAdapter final : public RedisAdapter {
 public:
  StreamsAdapter(Namespace& nsp, std::shared_ptr<StreamHub> hub, std::shared_ptr<StreamsWire> wire,
                 Millis requests_timeout);

  void broadcast(const OutgoingEvent& event, const BroadcastOptions& options) override;
  void persist_session(SavedSession session) override;
  void restore_session(std::string_view private_id, std::string_view offset,
                       detail::Completion<std::optional<SavedSession>> done) override;
  void missed_events(const SavedSession& session, std::string_view offset,
                     detail::Completion<std::vector<MissedEvent>> done) override;

 private:
  [[nodiscard]] bool recovers() const noexcept;
  void write_session(SavedSession session);
  [[nodiscard]] std::string key_of(std::string_view private_id) const;

  std::shared_ptr<StreamHub> hub_;
  std::shared_ptr<StreamsWire> wire_;
};

}  // namespace patchbay::redis

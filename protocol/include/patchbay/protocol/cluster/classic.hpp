// SPDX-License-Identifier: MIT
//
// The messages of @socket.io/redis-adapter 8 (createAdapter) and @socket.io/redis-emitter 5, which
// go over Redis' PUBLISH. Broadcasts have channels of their own, whose names say the room.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "patchbay/protocol/cluster/messages.hpp"
#include "patchbay/protocol/result.hpp"

namespace patchbay::cluster::classic {

// The channels of one namespace.
class Channels {
 public:
  Channels(std::string_view key, std::string_view nsp);

  [[nodiscard]] const std::string& broadcasts() const noexcept { return broadcasts_; }
  // Broadcasts to exactly one room go to its channel, all others to broadcasts().
  [[nodiscard]] std::string for_target(const BroadcastTarget& target) const;
  // For PSUBSCRIBE: all of these.
  [[nodiscard]] std::string pattern() const;
  // The room that a channel stands for, empty for broadcasts(); nothing when it is none of these.
  [[nodiscard]] std::optional<std::string_view> room_of(std::string_view channel) const;
  [[nodiscard]] const std::string& requests() const noexcept { return requests_; }
  // Where everybody listens, and where only the server with this id does.
  [[nodiscard]] const std::string& answers() const noexcept { return answers_; }
  [[nodiscard]] std::string answers_to(std::string_view uid) const {
    return answers_ + std::string(uid) + '#';
  }

 private:
  std::string broadcasts_;
  std::string requests_;
  std::string answers_;
};

// A broadcast without acknowledgement: MessagePack.
[[nodiscard]] std::string encode_broadcast(std::string_view uid, std::string_view nsp,
                                           const EventView& event, const BroadcastOptions& options);
// One with: for the request channel.
[[nodiscard]] std::string encode_broadcast_with_ack(std::string_view uid, std::string_view nsp,
                                                    const EventView& event,
                                                    const BroadcastOptions& options,
                                                    std::string_view request_id);
// Everything else: JSON, but for ClientAnswer. An emitter's requests have no uid, which is what an
// empty one stands for.
[[nodiscard]] std::string encode(std::string_view uid, const Content& content);

// What arrives by the channels of broadcasts, of requests, and of answers. Answers to FetchSockets
// and ServerEvent that lack what they should bring are errors.
// Errors: cluster_bad_message, or what the JSON and MessagePack readers say.
[[nodiscard]] Result<Message> decode_broadcast(std::string_view data);
[[nodiscard]] Result<Message> decode_request(std::string_view data);
[[nodiscard]] Result<Message> decode_answer(std::string_view data);

}  // namespace patchbay::cluster::classic

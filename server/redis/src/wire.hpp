// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "patchbay/adapter.hpp"
#include "patchbay/protocol/cluster/messages.hpp"

namespace patchbay::redis {

// An event for the other servers' listeners, that wants no answer yet.
[[nodiscard]] inline cluster::ServerEvent server_event(std::string_view name,
                                                       std::span<const Value> args) {
  cluster::ServerEvent event{.event = {Value(name)}, .request_id = {}};
  event.event.insert(event.event.end(), args.begin(), args.end());
  return event;
}

// How the servers of a cluster talk about one namespace: which channels and which encoding. Says
// and hears; what it means is Member's.
class Wire {
 public:
  // Hears the others, on the hub's loop. What this server has said itself may be among it.
  class Listener {
   public:
    // With the offset under which its event can be recovered, if it has one.
    virtual void on_message(cluster::Message message, std::string_view offset = {}) = 0;
    // Something that makes no sense.
    virtual void on_bad_message(Errc reason) = 0;

   protected:
    ~Listener() = default;
  };

  virtual ~Wire() = default;

  // [loop] The listener hears until close(); it is asked for each time, and may be gone.
  virtual void open(std::weak_ptr<Listener> listener) = 0;
  virtual void close() = 0;

  // Unique among the members of the cluster.
  [[nodiscard]] virtual const std::string& uid() const noexcept = 0;

  // Any thread; in the order of the calls. Lost when Redis is away.
  virtual void broadcast(const cluster::EventView& event, const BroadcastOptions& options,
                         std::string_view request_id) = 0;
  virtual void say(const cluster::Content& content) = 0;
  virtual void answer(const std::string& uid, const cluster::Content& content) = 0;

  // [loop] How many members there are, this one included. Nothing when Redis is away.
  virtual void count_members(std::function<void(std::optional<std::size_t>)> done) = 0;

  // Its events have offsets, by which clients can come back to any server. Else each server keeps a
  // record of its own.
  [[nodiscard]] virtual bool has_offsets() const noexcept { return false; }

  // As Adapter::on_room_event().
  virtual void on_room_event(const RoomEvent& /*event*/) {}
};

}  // namespace patchbay::redis

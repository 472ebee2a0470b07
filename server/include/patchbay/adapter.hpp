// SPDX-License-Identifier: MIT
//
// Who carries a broadcast to its recipients. A namespace has one adapter: MemoryAdapter, which
// knows the sockets of this process and no others, or one that also reaches other servers of a
// cluster.
//
// Everything an operator can do (broadcast.hpp) arrives here as one call. A cluster adapter carries
// it out among the sockets of this process by means of LocalSockets, tells the other servers, and
// does for them what they tell it, again by LocalSockets. It needs nothing else.
//
// Threads: the functions of Adapter are called from any thread, several at once. Callbacks may be
// called on any thread, right away or later, once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "patchbay/ack.hpp"
#include "patchbay/async.hpp"
#include "patchbay/encoded_message.hpp"
#include "patchbay/protocol/sio/flags.hpp"
#include "patchbay/remote_socket.hpp"

namespace patchbay {

class Namespace;

// An event on its way out. The views live for the call.
struct OutgoingEvent {
  std::string_view name;
  std::span<const Value> args;
  std::optional<std::uint64_t> ack_id = {};
  // [name, args...] as JSON, for whoever has made it already: it will not be made again. Not for
  // events with binary.
  std::string_view json = {};
};

// Gathers what comes back from a broadcast with acknowledgement. Any thread.
class BroadcastAckSink {
 public:
  virtual ~BroadcastAckSink() = default;
  // How many servers will say on_client_count(); once.
  virtual void on_server_count(std::size_t servers) = 0;
  // To how many clients one server has sent the event; once for each server.
  virtual void on_client_count(std::size_t clients) = 0;
  // What one client answered.
  virtual void on_ack(Value first_value) = 0;
  // A client has left without answering.
  virtual void on_client_lost() = 0;
};

// Rooms come with their first socket and go with their last.
struct RoomEvent {
  enum class Kind : std::uint8_t { create, join, leave, remove };
  Kind kind;
  std::string_view room;    // lives for the call
  std::string_view socket;  // its id; empty for create and remove
};

// What is kept of a socket whose connection broke, until its client comes back.
struct SavedSession {
  std::string private_id;  // the secret by which the client claims it
  std::string socket_id;
  std::vector<std::string> rooms;
  Value data;
  // The last event that was sent to it. A client that comes back with this offset has missed
  // nothing before it went, even if the event itself is long forgotten.
  std::string last_offset = {};
  std::string user = {};  // Socket::user()
  // Of the last event that it was sent without an offset, by LocalSockets::record(). A client that
  // comes with an earlier one has had events that this does not tell.
  std::string unnamed_offset = {};
  // Where MemoryAdapter's record stood when the socket went. Nothing to others.
  std::uint64_t position = 0;
};

struct MissedEvent {
  std::string offset;
  EncodedMessage message;
};

class Adapter {
 public:
  virtual ~Adapter() = default;

  // Once the namespace can be used. Calls by other threads that found it meanwhile may come first.
  virtual void init() {}
  // The server's loops end, or nobody runs them any more: no timer, socket or posted function of
  // the adapter's may be left behind. On the first loop. What is called afterwards concerns the
  // sockets of this process.
  virtual void stop() {}
  // The namespace goes, or the server does, perhaps without init(). Nothing is called after it.
  virtual void close() {}

  // Servers with this namespace, this one included.
  virtual void server_count(detail::Completion<std::size_t> done) = 0;

  virtual void broadcast(const OutgoingEvent& event, const BroadcastOptions& options) = 0;
  // The event has an ack_id, which is unique within the namespace of this process. The sink is held
  // on to as long as answers may come: at least for flags.timeout.
  virtual void broadcast_with_ack(const OutgoingEvent& event, const BroadcastOptions& options,
                                  std::shared_ptr<BroadcastAckSink> sink) = 0;

  // With an error: those that are known nevertheless.
  virtual void fetch_sockets(const BroadcastOptions& options,
                             detail::Completion<std::vector<SocketDetails>> done) = 0;
  virtual void add_sockets(const BroadcastOptions& options, std::span<const std::string> rooms) = 0;
  virtual void del_sockets(const BroadcastOptions& options, std::span<const std::string> rooms) = 0;
  virtual void disconnect_sockets(const BroadcastOptions& options, bool close_connection) = 0;

  // An event for the other servers' listeners (Namespace::on), never for this one's.
  virtual void server_side_emit(std::string_view event, std::span<const Value> args) = 0;
  // The same; `done` gets one value from each of the other servers. With an error: from those that
  // have answered.
  virtual void server_side_emit_with_ack(std::string_view event, std::span<const Value> args,
                                         detail::Completion<std::vector<Value>> done) = 0;

  // Connection state recovery. All of it is called on the loop where the socket was or will be.
  // Keeps a session; it can be claimed once.
  virtual void persist_session(SavedSession session) = 0;
  // Takes the session out, if it is there, young enough, and nothing that was sent after `offset`
  // has been forgotten.
  virtual void restore_session(std::string_view private_id, std::string_view offset,
                               detail::Completion<std::optional<SavedSession>> done) = 0;
  // What the session missed after `offset`, oldest first. Called right before its socket joins its
  // rooms: what is delivered after `done` must not be in it. With an error: some of it has been
  // forgotten since the session was restored; its client joins anew, then.
  virtual void missed_events(const SavedSession& session, std::string_view offset,
                             detail::Completion<std::vector<MissedEvent>> done) = 0;

  // [socket's loop] A room of this process changed. The in-memory adapter does not care; others
  // subscribe and unsubscribe. With several loops, creation and removal of rooms are told one after
  // the other, under a lock: do not wait in here, nor for a lock under which you make sockets join
  // or leave.
  virtual void on_room_event(const RoomEvent& /*event*/) {}
};

using AdapterFactory = std::function<std::unique_ptr<Adapter>(Namespace&)>;

class LoopOrder;
class NamespaceShard;

// The sockets of one namespace in this process, as adapters see them: does what it is told with
// these and no others. Any thread; from one thread in the order of the calls.
class LocalSockets {
 public:
  explicit LocalSockets(Namespace& nsp);
  ~LocalSockets();
  LocalSockets(const LocalSockets&) = delete;
  LocalSockets& operator=(const LocalSockets&) = delete;

  // Encodes and sends. With an `offset` the event can be recovered: clients get the offset as its
  // last argument, and MemoryAdapter's record keeps the event.
  void deliver(const OutgoingEvent& event, const BroadcastOptions& options,
               std::string_view offset = {});
  // Keeps the event for those who come back as deliver() does, and sends it to nobody: they have
  // had it already, when its offset was not known yet.
  void record(const OutgoingEvent& event, const BroadcastOptions& options, std::string_view offset);
  // Calls on_client_count() once, then on_ack() or on_client_lost() for each; nothing any more
  // after flags.timeout. An event without ack_id gets one.
  void deliver_with_ack(const OutgoingEvent& event, const BroadcastOptions& options,
                        std::shared_ptr<BroadcastAckSink> sink);
  void fetch(const BroadcastTarget& target,
             std::function<void(std::vector<SocketDetails>)> done) const;
  void join(const BroadcastTarget& target, std::span<const std::string> rooms);
  void leave(const BroadcastTarget& target, std::span<const std::string> rooms);
  void disconnect(const BroadcastTarget& target, bool close_connection);
  // Names of all rooms, sockets' own included.
  void all_rooms(std::function<void(std::vector<std::string>)> done) const;
  // Calls this server's listeners for an event that another server emitted.
  void server_side_event(std::string event, Array args, Ack ack);

  // Recovery within this process; see Adapter. Only on a loop of the server's: that of the socket,
  // which may be another one each time. `done` is called on it, at once or later.
  void persist(SavedSession session);
  void restore(std::string_view private_id, std::string_view offset,
               std::function<void(std::optional<SavedSession>)> done);
  // Nothing when some of it has been forgotten.
  [[nodiscard]] std::optional<std::vector<MissedEvent>> missed(const SavedSession& session,
                                                               std::string_view offset) const;
  // Where the record of this loop stands. What was delivered after it, and is for these rooms, is
  // found again by missed_since(); nothing when some of it has been forgotten.
  struct RecordPosition {
    std::uint64_t number = 0;
    std::string offset;  // of the last event; empty: there was none
  };
  [[nodiscard]] RecordPosition record_position() const;
  [[nodiscard]] std::optional<std::vector<MissedEvent>> missed_since(
      const RecordPosition& position, const SavedSession& session) const;

 private:
  friend class Namespace;
  friend class Server;
  [[nodiscard]] NamespaceShard& shard(std::size_t index) const noexcept { return *shards_[index]; }
  [[nodiscard]] NamespaceShard* current_shard() const noexcept;
  // On each shard's loop, at once where this is it. The namespace lives until all is done.
  void on_each(const std::function<void(NamespaceShard&)>& function) const;
  void deliver_in_order(const OutgoingEvent& event, const BroadcastOptions& options,
                        std::string_view offset);
  // Where sessions with this id are kept, wherever their sockets live.
  [[nodiscard]] NamespaceShard& keeper_of(std::string_view private_id) const noexcept;

  Namespace* nsp_;
  // With several loops and recovery. Before the shards, which use it.
  std::unique_ptr<LoopOrder> order_;
  std::vector<std::unique_ptr<NamespaceShard>> shards_;
};

// Knows the sockets of this process and no others.
class MemoryAdapter final : public Adapter {
 public:
  explicit MemoryAdapter(Namespace& nsp);

  void server_count(detail::Completion<std::size_t> done) override;
  void broadcast(const OutgoingEvent& event, const BroadcastOptions& options) override;
  void broadcast_with_ack(const OutgoingEvent& event, const BroadcastOptions& options,
                          std::shared_ptr<BroadcastAckSink> sink) override;
  void fetch_sockets(const BroadcastOptions& options,
                     detail::Completion<std::vector<SocketDetails>> done) override;
  void add_sockets(const BroadcastOptions& options, std::span<const std::string> rooms) override;
  void del_sockets(const BroadcastOptions& options, std::span<const std::string> rooms) override;
  void disconnect_sockets(const BroadcastOptions& options, bool close_connection) override;
  void server_side_emit(std::string_view event, std::span<const Value> args) override;
  void server_side_emit_with_ack(std::string_view event, std::span<const Value> args,
                                 detail::Completion<std::vector<Value>> done) override;
  void persist_session(SavedSession session) override;
  void restore_session(std::string_view private_id, std::string_view offset,
                       detail::Completion<std::optional<SavedSession>> done) override;
  void missed_events(const SavedSession& session, std::string_view offset,
                     detail::Completion<std::vector<MissedEvent>> done) override;

 private:
  Namespace* nsp_;
};

}  // namespace patchbay

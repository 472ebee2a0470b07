// SPDX-License-Identifier: MIT
#include "namespace_shard.hpp"

#include <utility>

#include "client.hpp"
#include "loop_order.hpp"
#include "patchbay/server.hpp"

namespace patchbay {

NamespaceShard::NamespaceShard(Namespace& nsp, engineio::Loop& loop, LoopOrder* order)
    : nsp_(&nsp), loop_(&loop), order_(order) {
  const auto& recovery = nsp.server().options().connection_state_recovery;
  if (recovery) recovery_ = std::make_unique<RecoveryStore>(*recovery);
}

NamespaceShard::~NamespaceShard() = default;

void NamespaceShard::post(std::function<void()> function) {
  if (order_) {
    order_->post(loop_->index(), std::move(function));
  } else {
    loop_->post(std::move(function));
  }
}

void NamespaceShard::add(const SocketPtr& socket) {
  if (!sockets_.emplace(socket->id(), socket).second) return;
  socket->position_ = static_cast<std::uint32_t>(everyone_.size());
  everyone_.push_back(socket.get());
  count_.store(sockets_.size(), std::memory_order_relaxed);
  nsp_->on_room_change({RoomEvent::Kind::create, socket->id(), {}});
  nsp_->on_room_change({RoomEvent::Kind::join, socket->id(), socket->id()});
}

void NamespaceShard::remove(Socket& socket) {
  for (const std::string& room : rooms_.rooms_of(socket)) leave(socket, room);
  rooms_.leave_all(socket);
  const auto found = sockets_.find(socket.id());
  if (found == sockets_.end() || found->second.get() != &socket) return;
  // The last one takes the free place.
  everyone_.back()->position_ = socket.position_;
  everyone_[socket.position_] = everyone_.back();
  everyone_.pop_back();
  sockets_.erase(found);
  if (sockets_.empty()) {
    sockets_ = {};  // also the table, which remembers the largest crowd
    everyone_ = {};
  }
  count_.store(sockets_.size(), std::memory_order_relaxed);
  nsp_->on_room_change({RoomEvent::Kind::leave, socket.id(), socket.id()});
  nsp_->on_room_change({RoomEvent::Kind::remove, socket.id(), {}});
}

void NamespaceShard::join(Socket& socket, std::string_view room) {
  const bool is_new = rooms_.members(room).empty();
  if (!rooms_.join(socket, room)) return;
  if (is_new) nsp_->on_room_change({RoomEvent::Kind::create, room, {}});
  nsp_->on_room_change({RoomEvent::Kind::join, room, socket.id()});
}

void NamespaceShard::leave(Socket& socket, std::string_view room) {
  if (!rooms_.leave(socket, room)) return;
  nsp_->on_room_change({RoomEvent::Kind::leave, room, socket.id()});
  if (rooms_.members(room).empty()) nsp_->on_room_change({RoomEvent::Kind::remove, room, {}});
}

SocketPtr NamespaceShard::find(std::string_view id) const {
  const auto found = sockets_.find(id);
  return found == sockets_.end() ? nullptr : found->second;
}

std::vector<std::string> NamespaceShard::room_names() const {
  std::vector<std::string> names = rooms_.names();
  for (const auto& [id, socket] : sockets_) {
    if (socket->in_own_room_) names.emplace_back(id);
  }
  return names;
}

// --- Broadcasting

namespace {

// What sending begins with.
void prefetch_head(const engineio::Session* session) noexcept {
  constexpr std::size_t kHeadBytes = 256;
  constexpr std::size_t kCacheLine = 64;
  if (!session) return;
  const auto* const bytes = reinterpret_cast<const char*>(session);
  for (std::size_t line = 0; line < kHeadBytes; line += kCacheLine) {
    __builtin_prefetch(bytes + line);
  }
}

}  // namespace

// Recipients lie all over the memory: while one is served, the next ones are brought into the
// cache, the socket first and then the session that it refers to.
template <typename F>
void NamespaceShard::for_each_of(std::span<Socket* const> sockets, F&& function) {
  constexpr std::size_t kSocketAhead = 8;
  constexpr std::size_t kSessionAhead = 4;
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    if (i + kSocketAhead < sockets.size()) __builtin_prefetch(sockets[i + kSocketAhead]);
    if (i + kSessionAhead < sockets.size()) prefetch_head(sockets[i + kSessionAhead]->session_);
    function(*sockets[i]);
  }
}

template <typename F>
void NamespaceShard::for_each_in(std::string_view room, F&& function) {
  for_each_of(rooms_.members(room), function);
  const auto own = sockets_.find(room);
  if (own != sockets_.end() && own->second->in_own_room_) function(*own->second);
}

// The function must not make sockets come or go.
template <typename F>
void NamespaceShard::for_each_selected(const BroadcastTarget& target, F&& function) {
  // Who is excepted, or has been visited, bears this mark.
  const std::uint64_t mark = rooms_.next_mark();
  for (const auto& room : target.except) {
    for_each_in(room, [mark](Socket& socket) { socket.visit_mark_ = mark; });
  }
  const auto visit = [mark, &function](Socket& socket) {
    if (socket.visit_mark_ == mark) return;
    socket.visit_mark_ = mark;
    // Those that joined a room in a middleware are not connected yet.
    if (socket.connected_.load(std::memory_order_relaxed)) function(socket);
  };
  if (target.rooms.empty()) {
    for_each_of(everyone_, visit);
  } else {
    for (const auto& room : target.rooms) for_each_in(room, visit);
  }
}

void NamespaceShard::add_to_record(const Delivery& delivery) {
  if (!recovery_ || delivery.offset.empty()) return;
  recovery_->add_event(loop_->now(), delivery.offset, delivery.target, delivery.message);
  watch_expiry();
}

void NamespaceShard::record(const Delivery& delivery) {
  add_to_record(delivery);
  for_each_selected(delivery.target,
                    [&delivery](Socket& socket) { socket.set_unnamed_offset(delivery.offset); });
}

void NamespaceShard::deliver(const Delivery& delivery) {
  add_to_record(delivery);
  // Listeners may do anything: they are called when everybody has been sent the event, so that what
  // they emit comes behind it, here as in the record.
  const auto listening = delivery.event ? select(delivery.target) : std::vector<SocketPtr>();
  for_each_selected(delivery.target, [&delivery](Socket& socket) {
    if (!delivery.offset.empty()) socket.set_last_offset(delivery.offset);
    socket.deliver(delivery.message, delivery.is_volatile);
  });
  if (delivery.event) call_listeners(listening, *delivery.event);
}

void NamespaceShard::call_listeners(const std::vector<SocketPtr>& sockets,
                                    const OutgoingEvent& event) {
  for (const SocketPtr& socket : sockets) {
    socket->call_any(Socket::Direction::outgoing, event.name, event.args, {});
  }
}

// The answers to one event that went to many. Held by what waits in the sockets; goes with it.
class NamespaceShard::AckRound : public std::enable_shared_from_this<AckRound> {
 public:
  AckRound(NamespaceShard& shard, std::uint64_t id, std::shared_ptr<BroadcastAckSink> sink)
      : shard_(&shard), id_(id), sink_(std::move(sink)) {}

  void start(Millis limit) {
    timer_ = shard_->loop().make_timer([weak = weak_from_this()] {
      if (const auto alive = weak.lock()) alive->give_up();
    });
    timer_->start(shard_->loop().now() + limit);
  }

  void wait_for(const SocketPtr& socket) {
    waiting_.push_back(socket);
    socket->register_ack(id_, std::nullopt,
                         [self = shared_from_this()](std::error_code error, Array values) {
                           self->on_answer(error, std::move(values));
                         });
  }

 private:
  void on_answer(std::error_code error, Array values) {
    if (error) {
      sink_->on_client_lost();
    } else {
      sink_->on_ack(values.empty() ? Value() : std::move(values.front()));
    }
  }
  void give_up() {
    for (const auto& weak : waiting_) {
      if (const auto socket = weak.lock()) socket->drop_ack(id_);
    }
  }

  NamespaceShard* shard_;
  std::uint64_t id_;
  std::shared_ptr<BroadcastAckSink> sink_;
  std::vector<std::weak_ptr<Socket>> waiting_;
  std::unique_ptr<engineio::Timer> timer_;
};

std::size_t NamespaceShard::deliver_with_ack(const Delivery& delivery, std::uint64_t ack_id,
                                             Millis limit,
                                             const std::shared_ptr<BroadcastAckSink>& sink) {
  const auto recipients = select(delivery.target);
  if (delivery.event) call_listeners(recipients, *delivery.event);
  const auto round = std::make_shared<AckRound>(*this, ack_id, sink);
  round->start(limit);
  for (const SocketPtr& socket : recipients) {
    round->wait_for(socket);
    socket->deliver(delivery.message, false);
  }
  return recipients.size();
}

std::vector<SocketPtr> NamespaceShard::select(const BroadcastTarget& target) {
  std::vector<SocketPtr> sockets;
  for_each_selected(target,
                    [&sockets](Socket& socket) { sockets.push_back(socket.shared_from_this()); });
  return sockets;
}

std::vector<SocketPtr> NamespaceShard::all() const {
  std::vector<SocketPtr> sockets;
  sockets.reserve(sockets_.size());
  for (const auto& [id, socket] : sockets_) sockets.push_back(socket);
  return sockets;
}

// --- Recovery

void NamespaceShard::save_session(SavedSession session) {
  if (!recovery_) return;
  recovery_->add_session(loop_->now(), std::move(session));
  count_sessions();
  watch_expiry();
}

std::optional<SavedSession> NamespaceShard::take_session(std::string_view private_id,
                                                         std::string_view offset) {
  if (!recovery_) return std::nullopt;
  auto session = recovery_->take_session(loop_->now(), private_id, offset);
  count_sessions();
  return session;
}

std::optional<std::vector<MissedEvent>> NamespaceShard::missed(const SavedSession& session,
                                                               std::string_view offset) const {
  return recovery_ ? recovery_->missed(session, offset) : std::nullopt;
}

LocalSockets::RecordPosition NamespaceShard::record_position() const {
  if (!recovery_) return {};
  return {.number = recovery_->position(), .offset = std::string(recovery_->last_offset())};
}

std::optional<std::vector<MissedEvent>> NamespaceShard::missed_since(
    std::uint64_t position, const SavedSession& session) const {
  return recovery_ ? recovery_->missed_since(position, session) : std::nullopt;
}

void NamespaceShard::count_sessions() {
  const std::size_t now = recovery_->session_count();
  for (; sessions_counted_ < now; ++sessions_counted_) ++nsp_->users_;
  for (; sessions_counted_ > now; --sessions_counted_) {
    // Later: it may be the end of this shard.
    loop_->post([keep = nsp_->shared_from_this()] { keep->server().release(*keep); });
  }
}

// What is too old goes even if nothing happens any more.
void NamespaceShard::watch_expiry() {
  const auto next = recovery_->next_expiry();
  if (!next || expiry_watched_) return;
  expiry_watched_ = true;
  if (!expiry_timer_) {
    expiry_timer_ = loop_->make_timer([this] {
      expiry_watched_ = false;
      recovery_->expire(loop_->now());
      count_sessions();
      watch_expiry();
    });
  }
  // A timer per event would be one too many: what is due within a second goes together.
  expiry_timer_->start(*next + Millis(1'000));
}

void NamespaceShard::shut_down() {
  expiry_timer_.reset();
  recovery_.reset();
}

}  // namespace patchbay

// SPDX-License-Identifier: MIT
#include "patchbay/socket.hpp"

#include <utility>

#include "client.hpp"
#include "namespace_shard.hpp"
#include "patchbay/encoded_message.hpp"
#include "patchbay/server.hpp"
#include "reserved.hpp"
#include "socket_extras.hpp"
#include "socket_token.hpp"

namespace patchbay {

struct Socket::PendingAck {
  detail::AckCallback callback;
  std::unique_ptr<engineio::Timer> timer;  // null: waits as long as the client stays

  void finish(const SocketPtr& socket, std::error_code error, Array args) const {
    try {
      callback(error, std::move(args));
    } catch (...) {
      EventCall::report_exception(socket, "acknowledgement", std::current_exception());
    }
  }
};

Socket::Socket(Token /*token*/, std::shared_ptr<Client> client, NamespaceShard& shard,
               std::size_t slot, std::string id, Handshake handshake)
    : session_(&client->session()),
      recoverable_(shard.nsp().server().options().connection_state_recovery.has_value() &&
                   session_->revision() == 4),
      loop_(&shard.loop()),
      nsp_(shard.nsp().shared_from_this()),
      shard_(&shard),
      client_(std::move(client)),
      slot_(slot),
      id_(std::move(id)),
      handshake_(std::move(handshake)) {}

Socket::~Socket() = default;

engineio::Session* Socket::conn() const noexcept {
  return session_;
}

std::string_view Socket::transport() const noexcept {
  return session_ ? eio::to_string(session_->transport()) : std::string_view();
}

// Who has gone keeps nothing any more.
void Socket::set_user(std::string user) {
  if (!client_) return;
  if (connected_ && !this->user().empty()) leave(user_room(this->user()));
  extras().user = std::move(user);
  if (connected_) join_user_room();
}

// Not before the client has been let in: the others would see a user come who is then turned away.
void Socket::join_user_room() {
  if (!user().empty()) join(user_room(user()));
}

const std::string& Socket::user() const noexcept {
  static const std::string nobody;
  return extras_ ? extras_->user : nobody;
}

void Socket::attach(std::shared_ptr<void> companion) {
  if (client_) extras().companions.push_back(std::move(companion));
}

SocketDetails Socket::details() const {
  return {.id = id_, .handshake = handshake_.to_object(), .rooms = rooms(), .data = data_};
}

// --- Emitting

void Socket::emit_values(std::string_view event, std::span<const Value> args, EmitFlags flags) {
  require_unreserved(event);
  if (recoverable_ && !flags.volatile_) {
    emit_recoverable(event, args, flags);
    return;
  }
  const sio::Parser& parser = *nsp_->server().options().parser;
  auto packet =
      EncodedMessage::event(parser, nsp_->name(), event, args, std::nullopt, flags.compress);
  if (nsp_->outgoing_listeners_.load(std::memory_order_relaxed) == 0) {
    send_packet(std::move(packet), flags.volatile_);
    return;
  }
  shard_->dispatch([self = shared_from_this(), name = std::string(event),
                    values = Array(args.begin(), args.end()), packet = std::move(packet),
                    is_volatile = flags.volatile_] {
    if (self->client_) self->call_any(Direction::outgoing, name, values, {});
    self->deliver(packet, is_volatile);
  });
}

void Socket::emit_values_with_ack(std::string_view event, std::span<const Value> args,
                                  EmitFlags flags, detail::AckCallback callback) {
  require_unreserved(event);
  const std::uint64_t id = nsp_->next_ack_id();
  const sio::Parser& parser = *nsp_->server().options().parser;
  auto packet = EncodedMessage::event(parser, nsp_->name(), event, args, id, flags.compress);
  Array values;
  if (nsp_->outgoing_listeners_ > 0) values.assign(args.begin(), args.end());
  shard_->dispatch([self = shared_from_this(), id, flags = flags, callback = std::move(callback),
                    packet = std::move(packet), name = std::string(event),
                    values = std::move(values)]() mutable {
    self->register_ack(id, flags.timeout, std::move(callback));
    if (self->client_) self->call_any(Direction::outgoing, name, values, {});
    self->deliver(packet, flags.volatile_);
  });
}

void Socket::send_packet(EncodedMessage packet, bool is_volatile) {
  if (loop_->in_loop_thread()) {
    deliver(std::move(packet), is_volatile);
    return;
  }
  shard_->post([self = shared_from_this(), packet = std::move(packet), is_volatile] {
    self->deliver(packet, is_volatile);
  });
}

// Null when the packet has to be dropped.
engineio::Session* Socket::session_for(bool is_volatile) const noexcept {
  return session_ && is_volatile && !session_->writable() ? nullptr : session_;
}

void Socket::deliver(const EncodedMessage& packet, bool is_volatile) {
  if (auto* const session = session_for(is_volatile)) packet.send_to(*session);
}

void Socket::deliver(EncodedMessage&& packet, bool is_volatile) {
  if (auto* const session = session_for(is_volatile)) std::move(packet).send_to(*session);
}

// --- Acknowledgements

// The way back of an acknowledgement to the client.
class Socket::AckTarget final : public Ack::Target {
 public:
  AckTarget(const SocketPtr& socket, std::uint64_t id) : socket_(socket), id_(id) {}

  void answer(std::span<const Value> args) override {
    if (used_.test_and_set()) return;
    const auto socket = socket_.lock();
    if (!socket) return;
    const sio::Parser& parser = *socket->nsp().server().options().parser;
    socket->send_packet(EncodedMessage::ack(parser, socket->nsp().name(), id_, args));
  }

 private:
  std::weak_ptr<Socket> socket_;
  std::uint64_t id_;
  std::atomic_flag used_;
};

Ack Socket::make_ack(const SocketPtr& self, std::optional<std::uint64_t> id) {
  return id ? Ack(std::make_shared<AckTarget>(self, *id)) : Ack();
}

void Socket::register_ack(std::uint64_t id, std::optional<Millis> limit,
                          detail::AckCallback callback) {
  PendingAck pending{.callback = std::move(callback), .timer = nullptr};
  if (!client_) {
    pending.finish(shared_from_this(), Errc::ack_disconnected, {});
    return;
  }
  if (!pending_acks_) pending_acks_ = std::make_unique<PendingAcks>();
  if (pending_acks_->size() >= nsp_->server().options().limits.pending_acks) {
    nsp_->server().engine().count(Errc::ack_too_many);
    pending.finish(shared_from_this(), Errc::ack_too_many, {});
    return;
  }
  if (limit) {
    pending.timer = loop_->make_timer([this, id] { finish_ack(id, Errc::ack_timeout, {}); });
    pending.timer->start(loop_->now() + *limit);
  }
  pending_acks_->emplace(id, std::move(pending));
}

void Socket::on_ack(std::uint64_t id, Array args) {
  finish_ack(id, {}, std::move(args));
}

void Socket::finish_ack(std::uint64_t id, std::error_code error, Array args) {
  const auto self = shared_from_this();
  if (!pending_acks_) return;
  auto pending = pending_acks_->extract(id);
  if (pending.empty()) return;  // answered before, or never asked
  if (pending_acks_->empty()) pending_acks_.reset();
  pending.mapped().finish(self, error, std::move(args));
}

void Socket::drop_ack(std::uint64_t id) {
  if (!pending_acks_) return;
  const auto pending = pending_acks_->extract(id);
  if (pending_acks_->empty()) pending_acks_.reset();
}

// What a callback asks for meanwhile fails on its own: there is no client any more.
void Socket::fail_acks(std::error_code error) {
  const auto pending = std::exchange(pending_acks_, nullptr);
  if (!pending) return;
  const auto self = shared_from_this();
  for (const auto& [id, ack] : *pending) ack.finish(self, error, {});
}

// --- Rooms

void Socket::join(std::string_view room) {
  if (!loop_->in_loop_thread()) {
    shard_->post([self = shared_from_this(), room = std::string(room)] { self->join(room); });
  } else if (room == id_) {
    in_own_room_ = client_ != nullptr;
  } else if (client_) {
    if (memberships_.size() < nsp_->server().options().limits.rooms_per_socket) {
      shard_->join(*this, room);
    } else if (!in_room(room)) {
      client_->exceed(Errc::sio_too_many_rooms);
    }
  }
}

void Socket::join(std::span<const std::string> rooms) {
  for (const std::string& room : rooms) join(room);
}

void Socket::join(std::initializer_list<std::string_view> rooms) {
  for (const std::string_view room : rooms) join(room);
}

void Socket::leave(std::string_view room) {
  if (!loop_->in_loop_thread()) {
    shard_->post([self = shared_from_this(), room = std::string(room)] { self->leave(room); });
  } else if (room == id_) {
    in_own_room_ = false;
  } else {
    shard_->leave(*this, room);
  }
}

void Socket::leave(std::span<const std::string> rooms) {
  for (const std::string& room : rooms) leave(room);
}

void Socket::leave(std::initializer_list<std::string_view> rooms) {
  for (const std::string_view room : rooms) leave(room);
}

std::vector<std::string> Socket::rooms() const {
  std::vector<std::string> names;
  if (in_own_room_) names.push_back(id_);
  std::ranges::move(shard_->rooms().rooms_of(*this), std::back_inserter(names));
  return names;
}

bool Socket::in_room(std::string_view room) const {
  return room == id_ ? in_own_room_ : shard_->rooms().contains(*this, room);
}

BroadcastOperator Socket::broadcast(EmitFlags flags) const {
  return BroadcastOperator(*nsp_, {.target = {.rooms = {}, .except = {id_}}, .flags = flags});
}

// --- Recovery

// Like a broadcast to the socket's own room, so that it is kept as one. Who has not joined yet is
// in no room: what is for it waits on its loop, and whatever other threads emit meanwhile goes the
// same way, so that it comes later.
void Socket::emit_recoverable(std::string_view event, std::span<const Value> args,
                              EmitFlags flags) {
  const bool goes_ahead = connected_ && early_emits_ == 0;
  const bool here = !goes_ahead && loop_->in_loop_thread();
  // Only the loop may look at what is held.
  if (goes_ahead || (here && connected_ && !holds_events())) {
    nsp_->adapter().broadcast({.name = event, .args = args},
                              {.target = {.rooms = {id_}, .except = {}}, .flags = flags});
  } else if (here) {
    if (client_)
      hold({.name = std::string(event), .args = {args.begin(), args.end()}, .flags = flags});
  } else {
    ++early_emits_;
    shard_->post([self = shared_from_this(), name = std::string(event),
                  values = Array(args.begin(), args.end()), flags = flags] {
      self->emit_recoverable(name, values, flags);
      --self->early_emits_;
    });
  }
}

void Socket::hold(HeldEmit held) {
  ++early_emits_;
  extras().held.push_back(std::move(held));
}

bool Socket::holds_events() const noexcept {
  return extras_ && !extras_->held.empty();
}

// Emitting one may bring up events that came later: they line up behind those that are still held.
void Socket::emit_held() {
  while (holds_events()) {
    const HeldEmit held = extras_->held.front();
    nsp_->adapter().broadcast({.name = held.name, .args = held.args},
                              {.target = {.rooms = {id_}, .except = {}}, .flags = held.flags});
    --early_emits_;
    // A listener may have ended it all.
    if (holds_events()) extras_->held.erase(extras_->held.begin());
  }
}

void Socket::set_private_id(std::string id) {
  extras().private_id = std::move(id);
}

const std::string& Socket::private_id() const noexcept {
  return extras_->private_id;
}

void Socket::set_last_offset(std::string_view offset) {
  if (extras_) extras_->last_offset = offset;
}

void Socket::set_unnamed_offset(std::string_view offset) {
  if (extras_) extras_->unnamed_offset = offset;
}

void Socket::restore(const SavedSession& session) {
  recovered_ = true;
  data_ = session.data;
  extras().private_id = session.private_id;
  extras().last_offset = session.last_offset;
  extras().unnamed_offset = session.unnamed_offset;
  extras().user = session.user;
  for (const std::string& room : session.rooms) join(room);
}

SavedSession Socket::saved() const {
  return {.private_id = extras_->private_id,
          .socket_id = id_,
          .rooms = rooms(),
          .data = data_,
          .last_offset = extras_->last_offset,
          .user = extras_->user,
          .unnamed_offset = extras_->unnamed_offset};
}

// --- The end

void Socket::disconnect(bool close_connection, std::string_view detail) {
  shard_->dispatch([self = shared_from_this(), close_connection, detail = std::string(detail)] {
    const auto client = self->client_;
    if (!client) return;
    if (close_connection) {
      client->disconnect_all(detail);
    } else if (self->connected_ && !self->closing_) {
      client->disconnect(*self, detail);
    }
  });
}

namespace {

// A client that was sent away, or went by itself, does not come back.
bool may_come_back(std::string_view reason) noexcept {
  return reason != "client namespace disconnect" && reason != "server namespace disconnect";
}

}  // namespace

void Socket::on_close(std::string_view reason, std::string_view detail) {
  if (std::exchange(closing_, true)) return;
  const auto self = shared_from_this();
  if (connected_) dispatch(self, "disconnecting", {reason, detail}, {});
  const bool was_connected = connected_.exchange(false);
  if (was_connected && extras_ && !extras_->private_id.empty() && may_come_back(reason)) {
    nsp_->adapter().persist_session(saved());
  }
  release();
  if (was_connected) dispatch(self, "disconnect", {reason, detail}, {});
  // What the handlers hold may hold this socket.
  forget_listeners();
}

void Socket::forget_listeners() {
  listeners_.clear();
  off_any_outgoing();
  extras_.reset();
}

// The server goes: no packet says so, the closing of the connection does.
void Socket::shut_down() {
  const auto client = client_;
  if (client) client->forget(*this);
  on_close("server shutting down", {});
}

void Socket::on_rejected() {
  release();
  forget_listeners();
}

void Socket::release() {
  if (!std::exchange(client_, nullptr)) return;
  session_ = nullptr;
  shard_->remove(*this);
  in_own_room_ = false;
  fail_acks(Errc::ack_disconnected);
  nsp_->server().release(*nsp_);
}

}  // namespace patchbay

// SPDX-License-Identifier: MIT
#include "patchbay/socket.hpp"

#include <algorithm>
#include <utility>

#include "client.hpp"
#include "namespace_shard.hpp"
#include "outgoing.hpp"
#include "patchbay/protocol/sio/packet.hpp"
#include "reserved.hpp"
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
    : loop_(&shard.loop()),
      shard_(&shard),
      client_(std::move(client)),
      slot_(slot),
      id_(std::move(id)),
      handshake_(std::move(handshake)) {}

Socket::~Socket() = default;

Namespace& Socket::nsp() const noexcept {
  return shard_->nsp();
}

std::string_view Socket::transport() const noexcept {
  return client_ ? eio::to_string(client_->session().transport()) : std::string_view();
}

// --- Handlers

void Socket::add_handler(std::string_view event, EventHandler handler) {
  handlers_.push_back({.event = std::string(event),
                       .function = std::make_shared<EventHandler>(std::move(handler))});
}

void Socket::off(std::string_view event) {
  std::erase_if(handlers_, [event](const Handler& handler) { return handler.event == event; });
}

void Socket::on_event(Array args, std::optional<std::uint64_t> ack_id) {
  if (args.empty()) return;  // an event without a name has no handlers
  const std::string name =
      args[0].is_string() ? args[0].as_string() : to_json(args[0]);  // numbers are names, too
  args.erase(args.begin());
  dispatch(name, std::move(args), make_ack(ack_id));
}

void Socket::dispatch(std::string_view event, Array args, const Ack& ack) {
  // A copy of who is to be called: handlers may add and remove handlers.
  std::vector<std::shared_ptr<EventHandler>> functions;
  for (const Handler& handler : handlers_) {
    if (handler.event == event) functions.push_back(handler.function);
  }
  if (functions.empty()) return;
  const auto call_one = [&](const std::shared_ptr<EventHandler>& function, Array own_args) {
    EventCall call{.socket = shared_from_this(),
                   .event = event,
                   .args = std::move(own_args),
                   .ack = ack,
                   .handler = function};
    try {
      (*function)(call);
    } catch (...) {
      EventCall::report_exception(call.socket, event, std::current_exception());
    }
  };
  for (std::size_t i = 0; i + 1 < functions.size(); ++i) call_one(functions[i], args);
  call_one(functions.back(), std::move(args));  // mostly the only one: no copy
}

// --- Emitting

void Socket::emit_values(std::string_view event, std::span<const Value> args) {
  require_unreserved(event);
  send(Outgoing(sio::encode_event(nsp().name(), event, args, std::nullopt)));
}

void Socket::send(Outgoing packet) {
  if (loop_->in_loop_thread()) {
    if (client_) packet.send_to(client_->session());
    return;
  }
  loop_->post([self = shared_from_this(), packet = std::move(packet)] {
    if (self->client_) packet.send_to(self->client_->session());
  });
}

void Socket::emit_values_with_ack(std::string_view event, std::span<const Value> args, Millis limit,
                                  detail::AckCallback callback) {
  require_unreserved(event);
  const std::uint64_t id = nsp().next_ack_id();
  Outgoing packet(sio::encode_event(nsp().name(), event, args, id));
  loop_->dispatch([self = shared_from_this(), id, limit, callback = std::move(callback),
                   packet = std::move(packet)]() mutable {
    self->register_ack(id, limit, std::move(callback));
    self->send(std::move(packet));
  });
}

// --- Acknowledgements

// The way back of an acknowledgement to the client.
class Socket::AckTarget final : public Ack::Target {
 public:
  AckTarget(const SocketPtr& socket, std::uint64_t id) : socket_(socket), id_(id) {}

  void answer(Array args) override {
    if (used_.test_and_set()) return;
    const auto socket = socket_.lock();
    if (!socket) return;
    socket->send(Outgoing(sio::encode_ack(socket->nsp().name(), id_, args)));
  }

 private:
  std::weak_ptr<Socket> socket_;
  std::uint64_t id_;
  std::atomic_flag used_;
};

Ack Socket::make_ack(std::optional<std::uint64_t> id) {
  return id ? Ack(std::make_shared<AckTarget>(shared_from_this(), *id)) : Ack();
}

void Socket::register_ack(std::uint64_t id, Millis limit, detail::AckCallback callback) {
  PendingAck pending{.callback = std::move(callback), .timer = nullptr};
  if (!client_) {
    pending.finish(shared_from_this(), Errc::ack_disconnected, {});
    return;
  }
  if (!pending_acks_) pending_acks_ = std::make_unique<PendingAcks>();
  if (limit > Millis(0)) {
    pending.timer = loop_->make_timer([this, id] { finish_ack(id, Errc::ack_timeout, {}); });
    pending.timer->start(loop_->now() + limit);
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

void Socket::fail_acks(std::error_code error) {
  while (pending_acks_) finish_ack(pending_acks_->begin()->first, error, {});
}

// --- Rooms

void Socket::join(std::string_view room) {
  if (!loop_->in_loop_thread()) {
    loop_->post([self = shared_from_this(), room = std::string(room)] { self->join(room); });
  } else if (room == id_) {
    in_own_room_ = client_ != nullptr;
  } else if (client_) {
    shard_->rooms().join(*this, room);
  }
}

void Socket::join(std::span<const std::string> rooms) {
  for (const std::string& room : rooms) join(room);
}

void Socket::leave(std::string_view room) {
  if (!loop_->in_loop_thread()) {
    loop_->post([self = shared_from_this(), room = std::string(room)] { self->leave(room); });
  } else if (room == id_) {
    in_own_room_ = false;
  } else {
    shard_->rooms().leave(*this, room);
  }
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

BroadcastOperator Socket::broadcast() const {
  return BroadcastOperator(nsp(), {.rooms = {}, .except = {id_}});
}

// --- The end

void Socket::disconnect(bool close_connection) {
  loop_->dispatch([self = shared_from_this(), close_connection] {
    const auto client = self->client_;
    if (!client) return;
    if (close_connection) {
      client->disconnect_all();
    } else if (self->connected_ && !self->closing_) {
      client->disconnect(*self);
    }
  });
}

void Socket::on_close(std::string_view reason, std::string_view detail) {
  if (std::exchange(closing_, true)) return;
  const auto self = shared_from_this();
  if (connected_) dispatch("disconnecting", {reason, detail}, {});
  const bool was_connected = connected_.exchange(false);
  release();
  if (was_connected) dispatch("disconnect", {reason, detail}, {});
  // What the handlers hold may hold this socket.
  handlers_.clear();
}

// The server goes: no packet says so, the closing of the connection does.
void Socket::shut_down() {
  const auto client = client_;
  if (client) client->forget(*this);
  on_close("server shutting down", {});
}

void Socket::on_rejected() {
  release();
  handlers_.clear();
}

void Socket::release() {
  client_.reset();
  in_own_room_ = false;
  shard_->remove(*this);
  fail_acks(Errc::ack_disconnected);
}

}  // namespace patchbay

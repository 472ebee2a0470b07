// SPDX-License-Identifier: MIT
#include "client.hpp"

#include <utility>

#include "middleware_run.hpp"
#include "namespace_shard.hpp"
#include "socket_token.hpp"
#include "user_counter.hpp"

namespace patchbay {

namespace {

// Clients of the 2.x line come by revision 3 of Engine.IO, and speak revision 4 of Socket.IO in the
// default encoding.
sio::Revision revision_of(const engineio::Session& session) {
  return session.revision() == 3 ? sio::Revision::v4 : sio::Revision::v5;
}

}  // namespace

Client::Client(Server& server, std::shared_ptr<engineio::Session> session)
    : server_(&server),
      session_(std::move(session)),
      machine_(*this, server.options().parser->make_decoder(server.options().limits),
               server.options().limits, session_->loop().now(), server.options().connect_timeout,
               revision_of(*session_)) {}

void Client::start() {
  watch_join_deadline();
  machine_.start();
}

void Client::on_message(bool binary, std::string_view data) {
  const bool nested = std::exchange(in_message_, true);
  if (binary) {
    machine_.on_binary(data);
  } else {
    machine_.on_text(data);
  }
  in_message_ = nested;
  if (nested || !last_owner_) return;
  const auto self = std::move(last_owner_);  // mostly the end of this client
}

void Client::send(const sio::Packet& packet) {
  EncodedMessage(server_->options().parser->encode(packet)).send_to(*session_);
}

// A client that joins nothing is not worth a connection.
void Client::watch_join_deadline() {
  const auto deadline = machine_.deadline();
  if (!deadline) {
    join_timer_.reset();
    return;
  }
  if (!join_timer_) {
    join_timer_ = session_->loop().make_timer([this] {
      const auto self = shared_from_this();
      machine_.on_time(session_->loop().now());
    });
  }
  join_timer_->start(*deadline);
}

// --- Joining

bool Client::recovery_enabled() const noexcept {
  return server_->options().connection_state_recovery && machine_.revision() == sio::Revision::v5;
}

void Client::on_connect_request(Slot slot, std::string_view name, Value auth) {
  std::string wanted(name);
  Joining joining{.slot = slot, .auth = std::move(auth), .nsp = nullptr, .saved = {}, .offset = {}};
  const Value asking = joining.auth;
  server_->acquire(wanted, asking,
                   [self = shared_from_this(), joining = std::move(joining),
                    wanted](std::shared_ptr<Namespace> nsp) mutable {
                     joining.nsp = std::move(nsp);
                     engineio::Loop& loop = self->session_->loop();
                     loop.dispatch([self, joining = std::move(joining), wanted]() mutable {
                       self->on_namespace(std::move(joining), wanted);
                     });
                   });
}

void Client::on_namespace(Joining joining, std::string_view name) {
  if (closed_) {
    if (joining.nsp) server_->release(*joining.nsp);
    return;
  }
  if (!joining.nsp) {
    machine_.reject(joining.slot);
    send(sio::invalid_namespace(std::string(name)));
    return;
  }
  if (recovery_enabled() && joining.auth["pid"].is_string() && joining.auth["offset"].is_string()) {
    try_to_restore(std::move(joining));
  } else {
    make_socket(std::move(joining));
  }
}

void Client::try_to_restore(Joining joining) {
  const std::string private_id = joining.auth["pid"].as_string();
  joining.offset = joining.auth["offset"].as_string();
  const auto nsp = joining.nsp;
  nsp->adapter().restore_session(
      private_id, joining.offset,
      [self = shared_from_this(), joining](std::error_code /*error*/,
                                           std::optional<SavedSession> saved) mutable {
        joining.saved = std::move(saved);
        auto go_on = [self, joining = std::move(joining)]() mutable {
          self->make_socket(std::move(joining));
        };
        // With several loops this may be inside an emit(), which is no place for connection
        // handlers.
        engineio::Loop& loop = self->session_->loop();
        if (self->server_->options().threads > 1) {
          loop.post(std::move(go_on));
        } else {
          loop.dispatch(std::move(go_on));
        }
      });
}

void Client::make_socket(Joining joining) {
  if (closed_) {
    server_->release(*joining.nsp);
    return;
  }
  const std::size_t loop = session_->loop().index();
  NamespaceShard& shard = joining.nsp->shard(loop);
  std::string id = joining.saved ? joining.saved->socket_id : new_id(*joining.nsp);
  auto socket = std::make_shared<Socket>(Socket::Token(), shared_from_this(), shard, joining.slot,
                                         std::move(id), Handshake(session_, joining.auth));
  if (joining.saved) {
    socket->restore(*joining.saved);
  } else if (recovery_enabled()) {
    socket->set_private_id(server_->make_id(loop));
  }
  if (sockets_.size() <= joining.slot) sockets_.resize(joining.slot + 1);
  sockets_[joining.slot] = socket;
  run_middlewares(socket, std::make_shared<const Joining>(std::move(joining)));
}

std::string Client::new_id(const Namespace& nsp) const {
  if (machine_.revision() == sio::Revision::v5) {
    return server_->make_id(session_->loop().index());
  }
  // What these clients make of the session's id themselves.
  return nsp.name() == "/" ? session_->id() : nsp.name() + '#' + session_->id();
}

void Client::run_middlewares(const SocketPtr& socket, std::shared_ptr<const Joining> joining) {
  const auto& recovery = server_->options().connection_state_recovery;
  const bool known = joining->saved && recovery->skip_middlewares;
  const auto list = joining->nsp->middlewares();
  auto call = [socket, list, known](std::size_t position, Next next) {
    const auto& step = (*list)[position];
    if (known && !step.always) return next();
    step.middleware(socket, std::move(next));
  };
  auto done = [self = shared_from_this(), socket, joining](const ConnectError* error) {
    if (error) {
      self->reject_join(socket, *error);
    } else {
      self->complete_join(socket, *joining);
    }
  };
  std::make_shared<MiddlewareRun>(socket, list->size(), MiddlewareRun::Stop::turns_away,
                                  std::move(call), std::move(done))
      ->next();
}

// The middlewares have said who the user is; its place goes with the socket.
bool Client::admit_user(Socket& socket) const {
  const std::size_t limit = server_->options().limits.sockets_per_user;
  if (limit == 0 || socket.user().empty()) return true;
  std::shared_ptr<void> place = socket.nsp().user_counter_->claim(socket.user(), limit);
  if (!place) return false;
  socket.attach(std::move(place));
  return true;
}

void Client::complete_join(const SocketPtr& socket, const Joining& joining) {
  if (!socket->client_) return;  // the client has gone meanwhile
  if (!admit_user(*socket)) {
    constexpr Errc kReason = Errc::sio_too_many_user_sockets;
    server_->engine().count(kReason);
    reject_join(socket, {.message = std::string(describe(kReason)),
                         .data = Object{{"code", label(kReason)}}});
    return;
  }
  if (!joining.saved) {
    finish_join(socket, {});
    return;
  }
  joining.nsp->adapter().missed_events(
      *joining.saved, joining.offset,
      [self = shared_from_this(), socket, joining](std::error_code error,
                                                   const std::vector<MissedEvent>& missed) {
        self->session_->loop().dispatch([self, socket, joining, error, missed] {
          if (error) {
            self->join_anew(socket, joining);
          } else {
            self->finish_join(socket, missed);
          }
        });
      });
}

// Some of what the client has missed was forgotten while the middlewares took their time: it gets
// another socket, as it would have if that had happened earlier.
void Client::join_anew(const SocketPtr& socket, Joining joining) {
  if (!socket->client_) return;
  joining.saved.reset();
  ++joining.nsp->users_;  // for the next socket; the first one gives up its own
  take_socket(socket->slot_);
  socket->on_rejected();
  make_socket(std::move(joining));
}

void Client::finish_join(const SocketPtr& socket, const std::vector<MissedEvent>& missed) {
  if (!socket->client_) return;
  machine_.accept(socket->slot_);
  watch_join_deadline();
  socket->shard_->add(socket);
  socket->connected_ = true;
  socket->join_user_room();
  for (const MissedEvent& event : missed) {
    socket->set_last_offset(event.offset);
    socket->deliver(event.message, false);
  }
  Object data{{"sid", socket->id()}};
  if (recovery_enabled()) data.set("pid", socket->private_id());
  send(sio::connect_reply(machine_.revision(), socket->nsp().name(), std::move(data)));
  socket->emit_held();
  call_connection_handlers(socket);
}

void Client::call_connection_handlers(const SocketPtr& socket) {
  const auto handlers = socket->nsp().connection_handlers();
  for (const ConnectionHandler& handler : *handlers) {
    try {
      handler(socket);
    } catch (...) {
      EventCall::report_exception(socket, "connection", std::current_exception());
    }
  }
}

void Client::reject_join(const SocketPtr& socket, const ConnectError& error) {
  if (!socket->client_) return;
  const std::string nsp = socket->nsp().name();
  machine_.reject(socket->slot_);
  take_socket(socket->slot_);
  socket->on_rejected();
  send(sio::connect_refusal(machine_.revision(), nsp, error.message, error.data));
}

// --- Packets

void Client::on_event(Slot slot, Array args, std::optional<std::uint64_t> ack_id) {
  SocketPtr socket = sockets_[slot];
  Socket& target = *socket;
  target.on_event(std::move(socket), std::move(args), ack_id);
}

void Client::on_ack(Slot slot, std::uint64_t ack_id, Array args) {
  const SocketPtr socket = sockets_[slot];
  socket->on_ack(ack_id, std::move(args));
}

// --- Leaving

SocketPtr Client::take_socket(Slot slot) {
  // There are no slots any more while the session's end is being told to the sockets.
  return slot < sockets_.size() ? std::exchange(sockets_[slot], nullptr) : nullptr;
}

void Client::on_disconnect(Slot slot) {
  take_socket(slot)->on_close("client namespace disconnect", {});
}

void Client::disconnect(Socket& socket, std::string_view detail) {
  send({.type = sio::PacketType::disconnect, .nsp = socket.nsp().name(), .id = {}, .data = {}});
  const SocketPtr keep = socket.shared_from_this();
  forget(socket);
  socket.on_close("server namespace disconnect", detail);
}

void Client::forget(Socket& socket) {
  take_socket(socket.slot_);
  machine_.leave(socket.slot_);
}

void Client::disconnect_all(std::string_view detail) {
  const auto self = shared_from_this();
  for (std::size_t slot = 0; slot < sockets_.size(); ++slot) {
    if (sockets_[slot] && sockets_[slot]->connected()) disconnect(*sockets_[slot], detail);
  }
  session_->close();
}

void Client::on_violation(Errc reason) {
  const auto self = shared_from_this();
  server_->report_protocol_error(*session_, reason);
  session_->close();
}

void Client::exceed(Errc limit) {
  session_->loop().post([self = shared_from_this(), limit] {
    if (!self->closed_) self->on_violation(limit);
  });
}

void Client::on_close(eio::CloseReason reason, Errc detail) {
  closed_ = true;
  // The session lets go of its handler, which may be busy with a message.
  if (in_message_) last_owner_ = shared_from_this();
  machine_.stop();
  join_timer_.reset();
  const auto sockets = std::exchange(sockets_, {});
  const bool draining = detail == Errc::eio_server_draining;
  const auto text = draining ? std::string_view("server shutting down") : eio::to_string(reason);
  const auto more = draining || detail == Errc::none ? std::string_view() : describe(detail);
  for (const SocketPtr& socket : sockets) {
    if (socket) socket->on_close(text, more);
  }
}

}  // namespace patchbay

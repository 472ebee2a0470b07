// SPDX-License-Identifier: MIT
#include "client.hpp"

#include <atomic>
#include <utility>

#include "namespace_shard.hpp"
#include "socket_token.hpp"

namespace patchbay {

Client::Client(Server& server, std::shared_ptr<engineio::Session> session)
    : server_(&server),
      session_(std::move(session)),
      // Shares ownership of the session, so that a socket's handshake outlives its connection.
      request_(session_, &session_->request()),
      machine_(*this, sio::json_parser()->make_decoder(server.options().limits),
               server.options().limits, session_->loop().now(), server.options().connect_timeout) {
  watch_join_deadline();
}

void Client::on_message(bool binary, std::string_view data) {
  const auto self = shared_from_this();
  if (binary) {
    machine_.on_binary(data);
  } else {
    machine_.on_text(data);
  }
}

void Client::send(const sio::Packet& packet) {
  Outgoing(sio::encode(packet)).send_to(*session_);
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

// Takes one socket through the middlewares, which may take their time and any thread for it.
class Client::MiddlewareRun : public std::enable_shared_from_this<MiddlewareRun> {
 public:
  MiddlewareRun(std::shared_ptr<Client> client, SocketPtr socket,
                std::shared_ptr<const Namespace::Middlewares> middlewares)
      : client_(std::move(client)),
        socket_(std::move(socket)),
        middlewares_(std::move(middlewares)) {}

  void next() {
    if (position_ == middlewares_->size()) {
      client_->complete_join(socket_);
      return;
    }
    const Middleware& middleware = (*middlewares_)[position_++];
    const Next next(std::make_shared<Step>(shared_from_this()));
    try {
      middleware(socket_, next);
    } catch (...) {
      EventCall::report_exception(socket_, "middleware", std::current_exception());
      next(ConnectError{.message = "Internal server error", .data = {}});
    }
  }

  void reject(const ConnectError& error) { client_->reject_join(socket_, error); }

 private:
  class Step final : public Next::Step {
   public:
    explicit Step(std::shared_ptr<MiddlewareRun> run) : run_(std::move(run)) {}
    ~Step() override { reject({.message = "Internal server error", .data = {}}); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

    void proceed() override {
      if (used_.test_and_set()) return;
      auto run = std::move(run_);
      engineio::Loop& loop = run->socket_->loop();
      loop.dispatch([run = std::move(run)] { run->next(); });
    }
    void reject(ConnectError error) override {
      if (used_.test_and_set()) return;
      auto run = std::move(run_);
      engineio::Loop& loop = run->socket_->loop();
      loop.dispatch([run = std::move(run), error = std::move(error)] { run->reject(error); });
    }

   private:
    std::shared_ptr<MiddlewareRun> run_;
    std::atomic_flag used_;
  };

  std::shared_ptr<Client> client_;
  SocketPtr socket_;
  std::shared_ptr<const Namespace::Middlewares> middlewares_;
  std::size_t position_ = 0;
};

void Client::on_connect_request(Slot slot, std::string_view name, Value auth) {
  Namespace* const nsp = server_->find(name);
  if (!nsp) {
    sio::Packet refusal{.type = sio::PacketType::connect_error,
                        .nsp = std::string(name),
                        .id = {},
                        .data = Object{{"message", "Invalid namespace"}}};
    machine_.reject(slot);
    send(refusal);
    return;
  }
  NamespaceShard& shard = nsp->shard(session_->loop().index());
  auto socket = std::make_shared<Socket>(Socket::Token(), shared_from_this(), shard, slot,
                                         server_->make_id(session_->loop().index()),
                                         Handshake(request_, std::move(auth)));
  if (sockets_.size() <= slot) sockets_.resize(slot + 1);
  sockets_[slot] = socket;
  std::make_shared<MiddlewareRun>(shared_from_this(), std::move(socket), nsp->middlewares())
      ->next();
}

void Client::complete_join(const SocketPtr& socket) {
  if (!socket->client_) return;  // the client has gone meanwhile
  machine_.accept(socket->slot_);
  watch_join_deadline();
  socket->shard_->add(socket);
  socket->connected_ = true;
  send({.type = sio::PacketType::connect,
        .nsp = socket->nsp().name(),
        .id = {},
        .data = Object{{"sid", socket->id()}}});
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
  Object data{{"message", error.message}};
  if (!error.data.is_null()) data.set("data", error.data);
  send({.type = sio::PacketType::connect_error, .nsp = nsp, .id = {}, .data = std::move(data)});
}

// --- Packets

void Client::on_event(Slot slot, Array args, std::optional<std::uint64_t> ack_id) {
  const SocketPtr socket = sockets_[slot];
  socket->on_event(std::move(args), ack_id);
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

void Client::disconnect(Socket& socket) {
  send({.type = sio::PacketType::disconnect, .nsp = socket.nsp().name(), .id = {}, .data = {}});
  const SocketPtr keep = socket.shared_from_this();
  forget(socket);
  socket.on_close("server namespace disconnect", {});
}

void Client::forget(Socket& socket) {
  take_socket(socket.slot_);
  machine_.leave(socket.slot_);
}

void Client::disconnect_all() {
  const auto self = shared_from_this();
  for (std::size_t slot = 0; slot < sockets_.size(); ++slot) {
    if (sockets_[slot] && sockets_[slot]->connected()) disconnect(*sockets_[slot]);
  }
  session_->close();
}

void Client::on_violation(Errc reason) {
  const auto self = shared_from_this();
  server_->report_protocol_error(*session_, reason);
  session_->close();
}

void Client::on_close(eio::CloseReason reason, Errc detail) {
  machine_.stop();
  join_timer_.reset();
  const auto sockets = std::exchange(sockets_, {});
  for (const SocketPtr& socket : sockets) {
    if (!socket) continue;
    socket->on_close(eio::to_string(reason),
                     detail == Errc::none ? std::string_view() : describe(detail));
  }
}

}  // namespace patchbay

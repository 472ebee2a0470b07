// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "patchbay/encoded_message.hpp"
#include "patchbay/engineio/session.hpp"
#include "patchbay/protocol/sio/connection_machine.hpp"
#include "patchbay/server.hpp"

namespace patchbay {

// One Engine.IO session as Socket.IO sees it: the sockets of its client, one per namespace. Lives
// on the session's loop, owned by the session until that closes.
class Client final : public engineio::SessionHandler,
                     private sio::ConnectionMachine::Handler,
                     public std::enable_shared_from_this<Client> {
 public:
  using Slot = sio::ConnectionMachine::Slot;

  Client(Server& server, std::shared_ptr<engineio::Session> session);
  // To be called once, before anything of the session's arrives.
  void start();

  [[nodiscard]] engineio::Session& session() noexcept { return *session_; }
  [[nodiscard]] Server& server() noexcept { return *server_; }

  // Tells the client that it has left the namespace. The detail is for the sockets' handlers.
  void disconnect(Socket& socket, std::string_view detail);
  // The socket is not this client's any more.
  void forget(Socket& socket);
  // One of its sockets has reached a limit that clients may not reach: closes the session, in a
  // later turn of the loop.
  void exceed(Errc limit);
  // Disconnects in all namespaces, and then closes the session.
  void disconnect_all(std::string_view detail);

  // engineio::SessionHandler
  void on_message(bool binary, std::string_view data) override;
  void on_close(eio::CloseReason reason, Errc detail) override;

 private:
  // A wish to join a namespace, on its way.
  struct Joining {
    Slot slot;
    Value auth;
    std::shared_ptr<Namespace> nsp;
    std::optional<SavedSession> saved;  // of a client that comes back
    std::string offset;                 // the last event that it got
  };

  // sio::ConnectionMachine::Handler
  void on_connect_request(Slot slot, std::string_view nsp, Value auth) override;
  void on_event(Slot slot, Array args, std::optional<std::uint64_t> ack_id) override;
  void on_ack(Slot slot, std::uint64_t ack_id, Array args) override;
  void on_disconnect(Slot slot) override;
  void on_violation(Errc reason) override;

  void on_namespace(Joining joining, std::string_view name);
  void try_to_restore(Joining joining);
  void make_socket(Joining joining);
  void run_middlewares(const SocketPtr& socket, std::shared_ptr<const Joining> joining);
  [[nodiscard]] bool admit_user(Socket& socket) const;
  // The socket has gone through all middlewares.
  void complete_join(const SocketPtr& socket, const Joining& joining);
  void join_anew(const SocketPtr& socket, Joining joining);
  void finish_join(const SocketPtr& socket, const std::vector<MissedEvent>& missed);
  void reject_join(const SocketPtr& socket, const ConnectError& error);
  [[nodiscard]] bool recovery_enabled() const noexcept;
  [[nodiscard]] std::string new_id(const Namespace& nsp) const;

  void send(const sio::Packet& packet);
  void watch_join_deadline();
  void call_connection_handlers(const SocketPtr& socket);
  SocketPtr take_socket(Slot slot);

  Server* server_;
  std::shared_ptr<engineio::Session> session_;
  sio::ConnectionMachine machine_;
  std::vector<SocketPtr> sockets_;  // by slot; null where there is none
  std::unique_ptr<engineio::Timer> join_timer_;
  bool closed_ = false;
  // Only a client that closes while a message is handled has to keep itself alive until the end of
  // that. A shared_ptr for every message would be two atomic operations each.
  bool in_message_ = false;
  std::shared_ptr<Client> last_owner_;
};

}  // namespace patchbay

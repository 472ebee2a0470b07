// SPDX-License-Identifier: MIT
//
// Mode --socketio: what concerns the sockets of rooms, all at once or one by one, and recovery.
#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "conformance_server.hpp"
#include "patchbay/patchbay.hpp"

namespace patchbay::conformance {

namespace {

using Rooms = std::vector<std::string>;
using Room = std::optional<std::string>;

// Null stands for everyone.
BroadcastOperator scope(Server& io, const Room& room) {
  return room ? io.to(*room) : io.to(Rooms());
}

Value error_text(std::error_code error) {
  if (!error) return nullptr;
  // As Node.js says it.
  return error == Errc::ack_timeout ? "operation has timed out" : error.message();
}

Object described(const RemoteSocket& socket) {
  Rooms rooms = socket.rooms();
  std::ranges::sort(rooms);
  const Value* auth = socket.handshake().find("auth");
  return Object{{"id", socket.id()},
                {"rooms", to_value(std::move(rooms))},
                {"data", socket.data()},
                {"auth", auth ? *auth : Value()}};
}

void add_ask(Server& io, Socket& socket) {
  socket.on("ask-room", [&io](const Room& room, int limit, Args args, Ack ack) {
    BroadcastOperator to = scope(io, room);
    if (limit > 0) to = to.timeout(Millis(limit));
    to.emit_values_with_ack("question", args.values, [ack](std::error_code error, Array answers) {
      ack(Object{{"error", error_text(error)}, {"answers", std::move(answers)}});
    });
  });
}

void add_selection(Server& io, Socket& socket) {
  socket.on("fetch", [&io](const Room& room, Ack ack) {
    scope(io, room).fetch_sockets([ack](std::error_code, std::vector<RemoteSocket> sockets) {
      std::ranges::sort(sockets, {}, &RemoteSocket::id);
      Array list;
      for (const RemoteSocket& found : sockets) list.emplace_back(described(found));
      ack(std::move(list));
    });
  });
  socket.on("sockets-join", [&io](const Room& room, const Rooms& rooms, Ack ack) {
    scope(io, room).sockets_join(rooms);
    ack();
  });
  socket.on("sockets-leave", [&io](const Room& room, const Rooms& rooms, Ack ack) {
    scope(io, room).sockets_leave(rooms);
    ack();
  });
  socket.on("disconnect-sockets",
            [&io](const Room& room, bool close) { scope(io, room).disconnect_sockets(close); });
  socket.on("select", [&io](const Rooms& rooms, const Rooms& except, Args args) {
    io.to(rooms).except(except).emit_values("room", args.values);
  });
  socket.on("local-to", [&io](const std::string& room, Args args) {
    io.local().to(room).emit_values("room", args.values);
  });
}

// Calls the function with the socket of this id, if there is one.
template <typename F>
void with_remote(Server& io, const std::string& id, F function) {
  io.in(id).fetch_sockets(
      [function = std::move(function)](std::error_code, const std::vector<RemoteSocket>& sockets) {
        for (const RemoteSocket& socket : sockets) function(socket);
      });
}

void add_remote(Server& io, Socket& socket) {
  socket.on("remote-emit", [&io](const std::string& id, Value first, Value second) {
    with_remote(io, id,
                [first = std::move(first), second = std::move(second)](const RemoteSocket& remote) {
                  remote.emit("remote", first, second);
                });
  });
  socket.on("remote-ask", [&io](const std::string& id, int limit, Value question, Ack ack) {
    with_remote(io, id, [=](const RemoteSocket& remote) {
      remote.timeout(Millis(limit))
          .emit_with_ack("question", question, [ack](std::error_code error, Value answer) {
            ack(Object{{"error", error_text(error)}, {"answer", std::move(answer)}});
          });
    });
  });
  socket.on("remote-join", [&io](const std::string& id, const std::string& room, Ack ack) {
    with_remote(io, id, [=](const RemoteSocket& remote) {
      remote.join(room);
      ack();
    });
  });
  socket.on("remote-leave", [&io](const std::string& id, const std::string& room, Ack ack) {
    with_remote(io, id, [=](const RemoteSocket& remote) {
      remote.leave(room);
      ack();
    });
  });
  socket.on("remote-disconnect", [&io](const std::string& id, bool close) {
    with_remote(io, id, [=](const RemoteSocket& remote) { remote.disconnect(close); });
  });
}

void add_volatile(Server& io, Socket& socket) {
  socket.on("volatile-burst", [&socket](int count, const Value& bytes) {
    for (int i = 0; i < count; ++i) socket.volatile_().emit("v", i, bytes);
  });
  socket.on("volatile-to", [&io](const std::string& room, Args args) {
    io.volatile_().to(room).emit_values("v", args.values);
  });
}

void add_recovery(Socket& socket, const std::shared_ptr<std::atomic<int>>& middleware_runs) {
  socket.on("set-data", [&socket](Value data, Ack ack) {
    socket.data() = std::move(data);
    ack();
  });
  socket.on("recovery", [&socket, middleware_runs] {
    return Object{{"recovered", socket.recovered()},
                  {"data", socket.data()},
                  {"middlewareRuns", middleware_runs->load()}};
  });
}

}  // namespace

void add_broadcast_handlers(Server& io) {
  auto middleware_runs = std::make_shared<std::atomic<int>>(0);
  io.use([middleware_runs](const SocketPtr&, const Next& next) {
    ++*middleware_runs;
    next();
  });
  io.on_connection([&io, middleware_runs](const SocketPtr& socket) {
    add_ask(io, *socket);
    add_selection(io, *socket);
    add_remote(io, *socket);
    add_volatile(io, *socket);
    add_recovery(*socket, middleware_runs);
  });
}

}  // namespace patchbay::conformance

// SPDX-License-Identifier: MIT
//
// Mode --socketio: the handlers that README.md lists.
#include <unistd.h>

#include <algorithm>
#include <asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "conformance_server.hpp"
#include "patchbay/client_files.hpp"
#include "patchbay/patchbay.hpp"

namespace patchbay::conformance {

namespace {

constexpr std::size_t kDeparturesKept = 1000;
constexpr Millis kSlowMiddleware{100};

std::vector<std::string> sorted(std::vector<std::string> names) {
  std::ranges::sort(names);
  return names;
}

Object query_object(const Handshake& handshake) {
  Object query;
  for (const auto& [key, value] : handshake.query().entries()) query.set(key, value);
  return query;
}

class Fixture {
 public:
  Fixture(Server& io, Millis ack_timeout) : io_(&io), ack_timeout_(ack_timeout) {}

  void set_up() {
    // Each server of a cluster keeps the log of all, for clients ask any.
    io_->sockets().on("departure", [this](Value departure) { keep(std::move(departure)); });
    io_->on_connection([this](const SocketPtr& socket) { on_main(socket); });
    io_->of("/custom").on_connection([this](const SocketPtr& socket) {
      socket->emit("auth", socket->handshake().auth());
      add_common_handlers(socket);
    });
    io_->of("/guarded")
        .use([](const SocketPtr& socket, const Next& next) {
          if (socket->handshake().auth()["token"] == Value("secret")) {
            next();
          } else {
            next(ConnectError{.message = "unauthorized", .data = Object{{"code", 42}}});
          }
        })
        .on_connection([this](const SocketPtr& socket) { add_common_handlers(socket); });
    io_->of("/slow")
        .use([](const SocketPtr& socket, const Next& next) { pass_later(socket, next); })
        .on_connection([this](const SocketPtr& socket) { add_common_handlers(socket); });
  }

 private:
  static void pass_later(const SocketPtr& socket, const Next& next) {
    auto timer = std::make_shared<asio::steady_timer>(socket->loop().io_context(), kSlowMiddleware);
    timer->async_wait([timer, next](asio::error_code error) {
      if (!error) next();
    });
  }

  void record(const SocketPtr& socket, std::string_view event, std::string reason) {
    const Object departure{{"nsp", socket->nsp().name()},
                           {"id", socket->id()},
                           {"event", event},
                           {"reason", std::move(reason)},
                           {"rooms", to_value(sorted(socket->rooms()))}};
    io_->server_side_emit("departure", departure);
    keep(departure);
  }

  void keep(Value departure) {
    const std::lock_guard lock(mutex_);
    departures_.push_back(std::move(departure));
    if (departures_.size() > kDeparturesKept) departures_.pop_front();
  }

  Array departures() {
    const std::lock_guard lock(mutex_);
    return {departures_.begin(), departures_.end()};
  }

  void add_common_handlers(const SocketPtr& socket) {
    Socket* const self = socket.get();
    socket->on("who", [self] { return Object{{"nsp", self->nsp().name()}, {"id", self->id()}}; });
    socket->on("process", [] { return static_cast<std::int64_t>(getpid()); });
    socket->on("bye", [self] { self->disconnect(); });
    socket->on("kick", [self] { self->disconnect(true); });
    for (const std::string_view event : {"disconnecting", "disconnect"}) {
      socket->on(event, [this, self, event](std::string reason) {
        record(self->shared_from_this(), event, std::move(reason));
      });
    }
  }

  void on_main(const SocketPtr& socket) {
    socket->emit("auth", socket->handshake().auth());
    add_common_handlers(socket);
    add_message_handlers(*socket);
    add_room_handlers(*socket);
    add_counting_handlers(*socket);
    socket->on("handshake", [self = socket.get()] {
      return Object{{"auth", self->handshake().auth()}, {"query", query_object(self->handshake())}};
    });
    socket->on("last-disconnect", [this] { return departures(); });
  }

  void add_message_handlers(Socket& socket) {
    socket.on("message", [&socket](Args args) { socket.emit_values("message-back", args.values); });
    socket.on("message-with-ack",
              [](const Args& args, const Ack& ack) { ack.answer(args.values); });
    socket.on("ask", [this, &socket](Args args) {
      socket.emit_values_with_ack("question", args.values, {.timeout = ack_timeout_},
                                  [&socket](std::error_code error, Array answer) {
                                    if (error == Errc::ack_timeout) {
                                      socket.emit("answered", nullptr, "operation has timed out");
                                    } else if (!error) {
                                      socket.emit("answered", answer.empty() ? Value() : answer[0],
                                                  nullptr);
                                    }
                                  });
    });
  }

  void add_room_handlers(Socket& socket) {
    socket.on("join", [&socket](std::string room, Ack ack) {
      socket.join(room);
      ack();
    });
    socket.on("leave", [&socket](std::string room, Ack ack) {
      socket.leave(room);
      ack();
    });
    socket.on("rooms", [&socket] { return sorted(socket.rooms()); });
    socket.on("to", [&socket](std::string room, Args args) {
      socket.to(room).emit_values("room", args.values);
    });
    socket.on("in", [this](std::string room, Args args) {
      io_->in(room).emit_values("room", args.values);
    });
    socket.on("except", [this](std::string room, Args args) {
      io_->except(room).emit_values("room", args.values);
    });
    socket.on("broadcast",
              [&socket](Args args) { socket.broadcast().emit_values("broadcast", args.values); });
  }

  static void add_counting_handlers(Socket& socket) {
    struct Count {
      std::int64_t received = 0;
      bool in_order = true;
    };
    socket.on(
        "count", [count = Count()](std::int64_t n, std::optional<Bytes> copy, Ack ack) mutable {
          count.in_order =
              count.in_order && n == count.received && (!copy || copy->view() == std::to_string(n));
          ++count.received;
          ack(Object{{"received", count.received}, {"inOrder", count.in_order}});
        });
    socket.on("flood", [&socket](int n) {
      for (int i = 0; i < n; ++i) {
        if (i % 10 == 0) {
          socket.emit("tick", i, Bytes(std::to_string(i)));
        } else {
          socket.emit("tick", i);
        }
      }
    });
  }

  Server* io_;
  Millis ack_timeout_;
  std::mutex mutex_;  // sockets of several loops leave
  std::deque<Value> departures_;
};

}  // namespace

void run_socketio(const Settings& settings) {
  ServerOptions options = settings.options;
  options.path = "/socket.io/";
  Server io(std::move(options));
  Fixture fixture(io, settings.ack_timeout);
  fixture.set_up();
  add_broadcast_handlers(io);
  add_dynamic_namespaces(io);
  add_exactly_once_namespace(io, settings.journal);
  add_listener_namespaces(io);
  add_guards(io);
  add_settling(io);
  for (const auto& set_up : settings.engine_setup) set_up(io.engine());
  if (settings.serve_client) serve_client_files(io);
  serve(io, settings);
}

}  // namespace patchbay::conformance

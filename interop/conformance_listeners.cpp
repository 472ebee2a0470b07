// SPDX-License-Identifier: MIT
//
// Mode --socketio: /filtered has packet middlewares, /watched catch-all listeners and handlers that
// come and go. Each socket keeps a log of what ran.
#include <asio/steady_timer.hpp>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "conformance_server.hpp"
#include "patchbay/patchbay.hpp"

namespace patchbay::conformance {

namespace {

// Long enough for a client's goodbye, sent right behind an event that waits, to come first: also
// over long-polling, and on a machine that is busy with other tests.
constexpr Millis kDelay{300};

using Log = std::shared_ptr<Array>;

Array entry(std::string_view kind, std::string_view event, std::span<const Value> args) {
  Array result{kind, event};
  result.insert(result.end(), args.begin(), args.end());
  return result;
}

void filter(Socket& socket, IncomingEvent& event, const Next& next) {
  if (event.name == "deny") {
    next({.message = "denied", .data = Object{{"name", event.name}}});
  } else if (event.name == "later") {
    auto timer = std::make_shared<asio::steady_timer>(socket.loop().io_context(), kDelay);
    timer->async_wait([timer, next](asio::error_code error) {
      if (!error) next();
    });
  } else if (event.name != "swallow") {
    next();
  }
}

void rewrite(IncomingEvent& event, const Next& next) {
  if (event.name == "rewrite" && !event.args.empty()) event.args[0] = "rewritten";
  next();
}

void on_filtered(Socket& socket, const std::shared_ptr<int>& late_runs) {
  const Log log = std::make_shared<Array>();
  socket.use([&socket](IncomingEvent& event, const Next& next) { filter(socket, event, next); });
  socket.use(rewrite);
  socket.on("error", [log](std::string message, Value data) {
    log->emplace_back(Array{"error", std::move(message), std::move(data)});
  });
  for (const std::string name : {"plain", "deny", "swallow", "later", "rewrite"}) {
    socket.on(name, [log, late_runs, name](Args args, Ack ack) {
      if (name == "later") ++*late_runs;
      Array line{name};
      line.insert(line.end(), args.values.begin(), args.values.end());
      log->emplace_back(std::move(line));
      ack.answer(args.values);
    });
  }
  socket.on("log", [log] { return *log; });
  socket.on("late-runs", [late_runs] { return *late_runs; });
}

void add_any_listeners(Socket& socket, const Log& log) {
  const auto logs = [log](std::string_view kind) {
    return [log, kind](std::string_view event, std::span<const Value> args) {
      log->emplace_back(entry(kind, event, args));
    };
  };
  const ListenerId any = socket.on_any(logs("any"));
  socket.prepend_any(logs("first"));
  socket.on_any_outgoing(logs("outgoing"));
  socket.on("off-any", [&socket, any](Ack ack) {
    socket.off_any(any);
    ack();
  });
  socket.on("off-all-any", [&socket](Ack ack) {
    socket.off_any();
    socket.off_any_outgoing();
    ack();
  });
}

void add_handlers(Socket& socket, const Log& log) {
  const auto logs = [log](std::string_view name) {
    return [log, name] { log->emplace_back(Array{"handler", name}); };
  };
  socket.once("once", logs("once"));
  socket.on("pair", logs("one"));
  const ListenerId two = socket.on("pair", logs("two"));
  socket.on("off-two", [&socket, two](Ack ack) {
    socket.off(two);
    ack();
  });
  socket.on("emit-back", [&socket](Args args) { socket.emit_values("back", args.values); });
  socket.on("broadcast-back", [&socket](const Value& value) { socket.nsp().emit("back", value); });
  socket.on("log", [log] { return *log; });
}

}  // namespace

void add_listener_namespaces(Server& io) {
  auto late_runs = std::make_shared<int>(0);
  io.of("/filtered", [late_runs](const SocketPtr& socket) { on_filtered(*socket, late_runs); });
  io.of("/watched", [](const SocketPtr& socket) {
    const Log log = std::make_shared<Array>();
    add_any_listeners(*socket, log);
    add_handlers(*socket, log);
  });
}

}  // namespace patchbay::conformance

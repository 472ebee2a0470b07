// SPDX-License-Identifier: MIT
//
// Mode --cluster: one of several servers that share a Redis. Clients tell it what to do, by the
// event "do"; cluster/node_server.mjs does the same with the npm packages.
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <regex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conformance_cluster.hpp"
#include "patchbay/patchbay.hpp"

namespace patchbay::conformance {

namespace {

using Strings = std::vector<std::string>;

Object outcome(std::error_code error, Value value = {}) {
  Value text;
  // As Node.js says it.
  if (error) text = error == Errc::ack_timeout ? "operation has timed out" : error.message();
  return {{"error", std::move(text)}, {"value", std::move(value)}};
}

Object done(Value value = {}) {
  return outcome({}, std::move(value));
}

Strings strings(const Value& list) {
  return from_value<std::optional<Strings>>(list).value().value_or(Strings());
}

Array arguments(const Value& command) {
  const Array* args = command["args"].get_if<Array>();
  return args ? *args : Array();
}

std::string text(const Value& command, std::string_view key) {
  return command[key].as_string();
}

// Whom a command is about, and how.
BroadcastOperator target(Socket& socket, const Value& command) {
  BroadcastOperator to =
      command["from"] == Value("socket") ? socket.broadcast() : BroadcastOperator(socket.nsp());
  to = to.to(strings(command["to"])).except(strings(command["except"]));
  const Value& flags = command["flags"];
  if (flags["volatile"] == Value(true)) to = to.volatile_();
  if (flags["local"] == Value(true)) to = to.local();
  if (flags["compress"].is_bool()) to = to.compress(flags["compress"].as_bool());
  if (flags["timeout"].is_integer()) to = to.timeout(Millis(flags["timeout"].as_integer()));
  return to;
}

Strings sorted(Strings names) {
  std::ranges::sort(names);
  return names;
}

Object described(const RemoteSocket& socket) {
  return {{"id", socket.id()},
          {"rooms", to_value(sorted(socket.rooms()))},
          {"data", socket.data()},
          {"handshake", socket.handshake()}};
}

using Operation = std::function<void(Socket&, const Value& command, const Ack&)>;

void emit(Socket& socket, const Value& command, const Ack& ack) {
  const BroadcastOperator to = target(socket, command);
  const std::string event = text(command, "event");
  Array args = arguments(command);
  if (command["repeat"].is_integer()) {
    args.emplace_back();
    for (std::int64_t i = 0; i < command["repeat"].as_integer(); ++i) {
      args.back() = i;
      to.emit_values(event, args);
    }
  } else {
    to.emit_values(event, args);
  }
  ack(done());
}

void ask(Socket& socket, const Value& command, const Ack& ack) {
  target(socket, command)
      .emit_values_with_ack(
          text(command, "event"), arguments(command),
          [ack](std::error_code error, Array answers) { ack(outcome(error, std::move(answers))); });
}

void fetch(Socket& socket, const Value& command, const Ack& ack) {
  target(socket, command)
      .fetch_sockets([ack](std::error_code error, const std::vector<RemoteSocket>& sockets) {
        Array list;
        for (const RemoteSocket& found : sockets) list.emplace_back(described(found));
        ack(outcome(error, std::move(list)));
      });
}

void sockets_join(Socket& socket, const Value& command, const Ack& ack) {
  target(socket, command).sockets_join(strings(command["rooms"]));
  ack(done());
}

void sockets_leave(Socket& socket, const Value& command, const Ack& ack) {
  target(socket, command).sockets_leave(strings(command["rooms"]));
  ack(done());
}

void disconnect_sockets(Socket& socket, const Value& command, const Ack& ack) {
  target(socket, command).disconnect_sockets(command["close"] == Value(true));
  ack(done());
}

void act_on(const RemoteSocket& remote, const Value& command, const Ack& ack) {
  const std::string what = text(command, "what");
  if (what == "ask") {
    // With one argument or two: the function for the answer is the last one.
    const Array args = arguments(command);
    const auto answered = [ack](std::error_code error, Value answer) {
      ack(outcome(error, std::move(answer)));
    };
    const RemoteSocket asked = remote.timeout(Millis(command["timeout"].as_integer()));
    const std::string event = text(command, "event");
    if (args.empty()) {
      asked.emit_with_ack(event, answered);
    } else if (args.size() == 2) {
      asked.emit_with_ack(event, args[0], args[1], answered);
    } else {
      throw std::invalid_argument("remote ask takes no arguments, or two");
    }
    return;
  }
  if (what == "emit") {
    const Array args = arguments(command);
    if (args.size() != 2) throw std::invalid_argument("remote emit takes two arguments");
    remote.emit(text(command, "event"), args[0], args[1]);
  } else if (what == "join") {
    remote.join(strings(command["rooms"]));
  } else if (what == "leave") {
    remote.leave(strings(command["rooms"]));
  } else if (what == "disconnect") {
    remote.disconnect(command["close"] == Value(true));
  } else {
    throw std::invalid_argument("unknown: " + what);
  }
  ack(done());
}

void remote(Socket& socket, const Value& command, const Ack& ack) {
  BroadcastOperator(socket.nsp())
      .in(text(command, "id"))
      .fetch_sockets([command, ack](std::error_code error, const std::vector<RemoteSocket>& found) {
        if (found.empty()) {
          ack(Object{{"error", error ? error.message() : "no such socket"}});
        } else {
          act_on(found.front(), command, ack);
        }
      });
}

void server_emit(Socket& socket, const Value& command, const Ack& ack) {
  socket.nsp().server_side_emit_values(text(command, "event"), arguments(command));
  ack(done());
}

void server_ask(Socket& socket, const Value& command, const Ack& ack) {
  socket.nsp().server_side_emit_values_with_ack(
      text(command, "event"), arguments(command),
      [ack](std::error_code error, Array answers) { ack(outcome(error, std::move(answers))); });
}

void server_count(Socket& socket, const Value& /*command*/, const Ack& ack) {
  socket.nsp().adapter().server_count([ack](std::error_code error, std::size_t count) {
    ack(outcome(error, static_cast<std::int64_t>(count)));
  });
}

void enter(Socket& socket, const Value& command, const Ack& ack) {
  socket.join(strings(command["rooms"]));
  ack(done());
}

void set_data(Socket& socket, const Value& command, const Ack& ack) {
  socket.data() = command["data"];
  ack(done());
}

void state(Socket& socket, const Value& /*command*/, const Ack& ack) {
  ack(done(Object{{"id", socket.id()},
                  {"rooms", to_value(sorted(socket.rooms()))},
                  {"data", socket.data()},
                  {"recovered", socket.recovered()}}));
}

void reply(Socket& socket, const Value& command, const Ack& ack) {
  socket.emit_values(text(command, "event"), arguments(command));
  ack(done());
}

const std::map<std::string_view, Operation>& operations() {
  static const std::map<std::string_view, Operation> table{
      {"emit", emit},
      {"ask", ask},
      {"fetch", fetch},
      {"sockets-join", sockets_join},
      {"sockets-leave", sockets_leave},
      {"disconnect-sockets", disconnect_sockets},
      {"remote", remote},
      {"server-emit", server_emit},
      {"server-ask", server_ask},
      {"server-count", server_count},
      {"enter", enter},
      {"set-data", set_data},
      {"state", state},
      {"reply", reply},
  };
  return table;
}

void on_connection(const SocketPtr& socket) {
  socket->on("do", [self = socket.get()](const Value& command, const Ack& ack) {
    const auto found = operations().find(text(command, "op"));
    try {
      if (found == operations().end()) throw std::invalid_argument("unknown operation");
      found->second(*self, command, ack);
    } catch (const std::exception& error) {
      ack(Object{{"error", error.what()}});
    }
  });
}

void add_handlers(Namespace& nsp, const std::string& name) {
  nsp.on_connection(on_connection);
  // What another server emitted shows at this one's clients.
  nsp.on("note", [&nsp](const Args& args) { nsp.local().emit_values("noted", args.values); });
  nsp.on("question", [name](const Args& args) {
    return Object{{"server", name}, {"args", args.values}};
  });
}

}  // namespace

void run_cluster(const Settings& settings) {
  ServerOptions options = settings.options;
  options.path = "/socket.io/";
  Server io(std::move(options));
  add_handlers(io.sockets(), settings.cluster->name);
  add_handlers(io.of("/game"), settings.cluster->name);
  io.of(std::regex("^/dynamic-\\d+$")).on_connection(on_connection);
  serve(io, settings);
}

}  // namespace patchbay::conformance

// SPDX-License-Identifier: MIT
//
// Mode --emit: no server, but who emits to the clients of servers. Carries out the commands on its
// standard input, one line of JSON each, and answers each with a line. cluster/emitters.mjs does
// the same with the npm package.
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "conformance_cluster.hpp"
#include "patchbay/patchbay.hpp"
#include "patchbay/protocol/base64.hpp"
#include "patchbay/redis/emitter.hpp"

namespace patchbay::conformance {

namespace {

using Strings = std::vector<std::string>;

constexpr std::size_t kMaxDepth = 100;
constexpr Millis kPatience{10'000};

// {"$bytes": "..."} stands for bytes, in base64.
Value read(const Value& written) {
  if (const Array* array = written.get_if<Array>()) {
    Array result;
    for (const Value& item : *array) result.push_back(read(item));
    return result;
  }
  const Object* object = written.get_if<Object>();
  if (!object) return written;
  if (const Value* bytes = object->find("$bytes")) {
    return Bytes(base64_decode(bytes->as_string()).value());
  }
  Object result;
  for (const auto& [key, item] : *object) result.set(key, read(item));
  return result;
}

Strings strings(const Value& list) {
  return from_value<std::optional<Strings>>(list).value().value_or(Strings());
}

redis::Emitter target(const redis::Emitter& io, const Value& command) {
  redis::Emitter to = command["nsp"].is_string() ? io.of(command["nsp"].as_string()) : io;
  to = to.to(strings(command["to"])).except(strings(command["except"]));
  const Value& flags = command["flags"];
  if (flags["volatile"] == Value(true)) to = to.volatile_();
  if (flags["compress"].is_bool()) to = to.compress(flags["compress"].as_bool());
  return to;
}

void emit(const redis::Emitter& to, const std::string& event, Array args, const Value& repeat) {
  if (!repeat.is_integer()) return to.emit_values(event, args);
  args.emplace_back();
  for (std::int64_t i = 0; i < repeat.as_integer(); ++i) {
    args.back() = i;
    to.emit_values(event, args);
  }
}

void carry_out(const redis::Emitter& io, const Value& command) {
  const redis::Emitter to = target(io, command);
  const std::string& op = command["op"].as_string();
  if (op == "emit") {
    emit(to, command["event"].as_string(), command["args"].as_array(), command["repeat"]);
  } else if (op == "server-emit") {
    to.server_side_emit_values(command["event"].as_string(), command["args"].as_array());
  } else if (op == "sockets-join") {
    to.sockets_join(strings(command["rooms"]));
  } else if (op == "sockets-leave") {
    to.sockets_leave(strings(command["rooms"]));
  } else if (op == "disconnect-sockets") {
    to.disconnect_sockets(command["close"] == Value(true));
  } else {
    throw std::invalid_argument("emitters do not " + op);
  }
}

}  // namespace

void run_emitter(const Settings& settings) {
  const ClusterSettings& cluster = *settings.cluster;
  const redis::Emitter io(cluster.redis, {.key = cluster.classic.key});
  for (std::string line; std::getline(std::cin, line);) {
    Object answer{{"error", nullptr}};
    try {
      carry_out(io, read(parse_json(line, kMaxDepth).value()));
    } catch (const std::exception& error) {
      answer.set("error", error.what());
    }
    std::cout << to_json(answer) << std::endl;
  }
  if (!io.flush(kPatience)) throw std::runtime_error("Redis did not take all of it");
}

}  // namespace patchbay::conformance

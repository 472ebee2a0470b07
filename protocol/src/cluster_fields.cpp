// SPDX-License-Identifier: MIT
#include "cluster_fields.hpp"

#include <algorithm>
#include <utility>

#include "msgpack_bytes.hpp"
#include "patchbay/protocol/json.hpp"
#include "patchbay/protocol/msgpack.hpp"
#include "patchbay/protocol/utf8.hpp"

namespace patchbay::cluster {

Array strings_array(const std::vector<std::string>& strings) {
  return {strings.begin(), strings.end()};
}

Object target_object(const BroadcastTarget& target) {
  return Object{{"rooms", strings_array(target.rooms)}, {"except", strings_array(target.except)}};
}

// Flags that say nothing new are left out, as they are in JavaScript.
Object options_object(const BroadcastOptions& options) {
  Object flags;
  if (options.flags.volatile_) flags.set("volatile", true);
  if (!options.flags.compress) flags.set("compress", false);
  if (options.flags.timeout) flags.set("timeout", options.flags.timeout->count());
  if (options.flags.expect_single_response) flags.set("expectSingleResponse", true);
  Object object = target_object(options.target);
  object.set("flags", std::move(flags));
  return object;
}

Array sockets_array(const std::vector<SocketDetails>& sockets) {
  Array array;
  array.reserve(sockets.size());
  for (const SocketDetails& socket : sockets) {
    array.emplace_back(Object{{"id", socket.id},
                              {"handshake", socket.handshake},
                              {"rooms", strings_array(socket.rooms)},
                              {"data", socket.data}});
  }
  return array;
}

std::string read_string(const Value& value) {
  if (value.is_string()) return value.as_string();
  return value.is_number() ? to_json(value) : std::string();
}

std::vector<std::string> read_strings(const Value& value) {
  std::vector<std::string> strings;
  const Array* const array = value.get_if<Array>();
  if (!array) return strings;
  strings.reserve(array->size());
  for (const Value& item : *array) {
    if (item.is_string() || item.is_number()) strings.push_back(read_string(item));
  }
  return strings;
}

BroadcastTarget read_target(const Value& options) {
  return {.rooms = read_strings(options["rooms"]), .except = read_strings(options["except"])};
}

BroadcastOptions read_options(const Value& options) {
  BroadcastOptions read{.target = read_target(options), .flags = {}};
  const Value& flags = options["flags"];
  read.flags.volatile_ = flags["volatile"] == Value(true);
  read.flags.compress = flags["compress"] != Value(false);
  read.flags.expect_single_response = flags["expectSingleResponse"] == Value(true);
  const Value& timeout = flags["timeout"];
  constexpr double kLongest = 1e12;
  if (timeout.is_number() && timeout.as_double() >= 0 && timeout.as_double() <= kLongest) {
    read.flags.timeout = Millis(static_cast<Millis::rep>(timeout.as_double()));
  }
  return read;
}

std::vector<SocketDetails> read_sockets(const Value& sockets) {
  std::vector<SocketDetails> read;
  const Array* const array = sockets.get_if<Array>();
  if (!array) return read;
  for (const Value& socket : *array) {
    if (!socket["id"].is_string()) continue;
    const Object* const handshake = socket["handshake"].get_if<Object>();
    read.push_back({.id = socket["id"].as_string(),
                    .handshake = handshake ? *handshake : Object(),
                    .rooms = read_strings(socket["rooms"]),
                    .data = socket["data"]});
  }
  return read;
}

Array take_event(Value* packet) {
  Object* const object = packet ? packet->get_if<Object>() : nullptr;
  if (!object) return {};
  constexpr int kEventType = 2;
  if ((*packet)["type"] != Value(kEventType)) return {};
  Value* const data = object->find("data");
  Array* const event = data ? data->get_if<Array>() : nullptr;
  return event && is_event(*event) ? std::move(*event) : Array();
}

bool is_event(const Array& event) noexcept {
  return !event.empty() && event.front().is_string();
}

bool any_binary(const EventView& event) noexcept {
  return std::ranges::any_of(event.args, &Value::has_binary);
}

void append_event_json(std::string& out, const EventView& event) {
  if (!event.json.empty()) {
    out += event.json;
    return;
  }
  out += '[';
  write_json_string(out, event.name);
  for (const Value& arg : event.args) {
    out += ',';
    write_json(out, arg);
  }
  out += ']';
}

void append_event_msgpack(std::string& out, const EventView& event) {
  msgpack::append_array_head(out, event.args.size() + 1);
  msgpack::append_string(out, event.name);
  for (const Value& arg : event.args) append_msgpack(out, arg);
}

Result<Value> parse_either(std::string_view data) {
  if (!data.starts_with('{')) return parse_msgpack(data, kMaxDepth);
  if (!is_valid_utf8(data)) return Errc::json_invalid_utf8;
  return parse_json(data, kMaxDepth);
}

}  // namespace patchbay::cluster

// SPDX-License-Identifier: MIT
#include "patchbay/protocol/cluster/cluster_message.hpp"

#include <utility>

#include "cluster_data.hpp"
#include "cluster_fields.hpp"
#include "msgpack_bytes.hpp"
#include "patchbay/protocol/json.hpp"
#include "patchbay/protocol/msgpack.hpp"

namespace patchbay::cluster {

namespace {

constexpr int kEventPacket = 2;

Object event_packet(const Array& event) {
  return Object{{"type", kEventPacket}, {"data", event}};
}

void set_request_id(Object& object, const std::string& id) {
  if (!id.empty()) object.set("requestId", id);
}

// Each content as the member "data" of its message.
struct DataWriter {
  Value operator()(const Broadcast& content) const {
    Object data{{"packet", event_packet(content.event)}};
    set_request_id(data, content.request_id);
    data.set("opts", options_object(content.options));
    return data;
  }
  Value operator()(const JoinRooms& content) const { return rooms(content.target, content.rooms); }
  Value operator()(const LeaveRooms& content) const { return rooms(content.target, content.rooms); }
  Value operator()(const DisconnectSockets& content) const {
    return Object{{"opts", target(content.target)}, {"close", content.close_connection}};
  }
  Value operator()(const FetchSockets& content) const {
    return Object{{"opts", target(content.target)}, {"requestId", content.request_id}};
  }
  Value operator()(const ServerEvent& content) const {
    Object data;
    set_request_id(data, content.request_id);
    data.set("packet", content.event);
    return data;
  }
  Value operator()(const ClientCount& content) const {
    return Object{{"requestId", content.request_id}, {"clientCount", content.clients}};
  }
  Value operator()(const ClientAnswer& content) const {
    return Object{{"requestId", content.request_id}, {"packet", content.value}};
  }
  Value operator()(const FoundSockets& content) const {
    return Object{{"requestId", content.request_id}, {"sockets", sockets_array(content.sockets)}};
  }
  Value operator()(const ServerAnswer& content) const {
    return Object{{"requestId", content.request_id}, {"packet", content.value}};
  }
  Value operator()(const ListSockets& /*content*/) const { return {}; }
  Value operator()(const ListRooms& /*content*/) const { return {}; }
  Value operator()(const SocketIds& /*content*/) const { return {}; }
  Value operator()(const RoomNames& /*content*/) const { return {}; }
  Value operator()(const Heartbeat& /*content*/) const { return {}; }

 private:
  static Object target(const BroadcastTarget& target) {
    return options_object({.target = target, .flags = {}});
  }
  static Value rooms(const BroadcastTarget& whom, const std::vector<std::string>& rooms) {
    return Object{{"opts", target(whom)}, {"rooms", strings_array(rooms)}};
  }
};

struct TypeOf {
  MessageType operator()(const Broadcast&) const { return MessageType::broadcast; }
  MessageType operator()(const JoinRooms&) const { return MessageType::sockets_join; }
  MessageType operator()(const LeaveRooms&) const { return MessageType::sockets_leave; }
  MessageType operator()(const DisconnectSockets&) const { return MessageType::disconnect_sockets; }
  MessageType operator()(const FetchSockets&) const { return MessageType::fetch_sockets; }
  MessageType operator()(const FoundSockets&) const { return MessageType::fetch_sockets_response; }
  MessageType operator()(const ServerEvent&) const { return MessageType::server_side_emit; }
  MessageType operator()(const ServerAnswer&) const {
    return MessageType::server_side_emit_response;
  }
  MessageType operator()(const ClientCount&) const { return MessageType::broadcast_client_count; }
  MessageType operator()(const ClientAnswer&) const { return MessageType::broadcast_ack; }
  template <typename Other>
  MessageType operator()(const Other&) const {
    return MessageType::heartbeat;
  }
};

Result<Content> read_broadcast(Value& data) {
  Object* const object = data.get_if<Object>();
  if (!object) return Errc::cluster_bad_message;
  Broadcast content{.event = take_event(object->find("packet")),
                    .options = read_options(data["opts"]),
                    .request_id = read_string(data["requestId"])};
  if (content.event.empty()) return Errc::cluster_bad_message;
  return Content(std::move(content));
}

Result<Content> read_server_event(const Value& data) {
  const Array* const event = data["packet"].get_if<Array>();
  if (!event || !is_event(*event)) return Errc::cluster_bad_message;
  return Content(ServerEvent{.event = *event, .request_id = read_string(data["requestId"])});
}

Result<Content> read_client_count(const Value& data) {
  const Value& count = data["clientCount"];
  if (!count.is_integer() || count.as_integer() < 0) return Errc::cluster_bad_message;
  return Content(ClientCount{.request_id = read_string(data["requestId"]),
                             .clients = static_cast<std::size_t>(count.as_integer())});
}

}  // namespace

MessageType type_of(const Content& content) {
  return std::visit(TypeOf(), content);
}

Value data_of(const Content& content) {
  return std::visit(DataWriter(), content);
}

Result<Content> read_data(std::int64_t type, Value data) {
  switch (static_cast<MessageType>(type)) {
    case MessageType::initial_heartbeat:
    case MessageType::heartbeat:
    case MessageType::adapter_close:
      return Content(Heartbeat());
    case MessageType::broadcast:
      return read_broadcast(data);
    case MessageType::sockets_join:
      return Content(
          JoinRooms{.target = read_target(data["opts"]), .rooms = read_strings(data["rooms"])});
    case MessageType::sockets_leave:
      return Content(
          LeaveRooms{.target = read_target(data["opts"]), .rooms = read_strings(data["rooms"])});
    case MessageType::disconnect_sockets:
      // Without options it would be everybody.
      if (!data["opts"].is_object()) break;
      return Content(DisconnectSockets{.target = read_target(data["opts"]),
                                       .close_connection = data["close"] == Value(true)});
    case MessageType::fetch_sockets:
      return Content(FetchSockets{.target = read_target(data["opts"]),
                                  .request_id = read_string(data["requestId"])});
    case MessageType::fetch_sockets_response:
      return Content(FoundSockets{.request_id = read_string(data["requestId"]),
                                  .sockets = read_sockets(data["sockets"])});
    case MessageType::server_side_emit:
      return read_server_event(data);
    case MessageType::server_side_emit_response:
      return Content(
          ServerAnswer{.request_id = read_string(data["requestId"]), .value = data["packet"]});
    case MessageType::broadcast_client_count:
      return read_client_count(data);
    case MessageType::broadcast_ack:
      return Content(
          ClientAnswer{.request_id = read_string(data["requestId"]), .value = data["packet"]});
  }
  return Errc::cluster_bad_message;
}

void append_broadcast_json(std::string& out, const EventView& event,
                           const BroadcastOptions& options, std::string_view request_id) {
  out += R"({"packet":{"type":2,"data":)";
  append_event_json(out, event);
  out += '}';
  if (!request_id.empty()) {
    out += R"(,"requestId":)";
    write_json_string(out, request_id);
  }
  out += R"(,"opts":)";
  write_json(out, options_object(options));
  out += '}';
}

void append_broadcast_msgpack(std::string& out, const EventView& event,
                              const BroadcastOptions& options, std::string_view request_id) {
  msgpack::append_map_head(out, request_id.empty() ? 2 : 3);
  msgpack::append_string(out, "packet");
  msgpack::append_map_head(out, 2);
  msgpack::append_string(out, "type");
  msgpack::append_unsigned(out, kEventPacket);
  msgpack::append_string(out, "data");
  append_event_msgpack(out, event);
  if (!request_id.empty()) {
    msgpack::append_string(out, "requestId");
    msgpack::append_string(out, request_id);
  }
  msgpack::append_string(out, "opts");
  append_msgpack(out, options_object(options));
}

std::string encode(const Sender& sender, const Content& content, Form form) {
  Object message{{"type", static_cast<int>(type_of(content))}};
  Value data = data_of(content);
  const bool as_msgpack = form == Form::msgpack || data.has_binary();
  if (!data.is_null()) message.set("data", std::move(data));
  message.set("uid", sender.uid);
  message.set("nsp", sender.nsp);
  std::string out;
  if (as_msgpack) {
    append_msgpack(out, Value(std::move(message)));
  } else {
    write_json(out, Value(std::move(message)));
  }
  return out;
}

std::string encode_broadcast(const Sender& sender, const EventView& event,
                             const BroadcastOptions& options, std::string_view request_id,
                             Form form) {
  std::string out;
  if (form == Form::msgpack || any_binary(event)) {
    msgpack::append_map_head(out, 4);
    msgpack::append_string(out, "type");
    msgpack::append_unsigned(out, static_cast<unsigned>(MessageType::broadcast));
    msgpack::append_string(out, "data");
    append_broadcast_msgpack(out, event, options, request_id);
    msgpack::append_string(out, "uid");
    msgpack::append_string(out, sender.uid);
    msgpack::append_string(out, "nsp");
    msgpack::append_string(out, sender.nsp);
    return out;
  }
  out += R"({"type":3,"data":)";
  append_broadcast_json(out, event, options, request_id);
  out += R"(,"uid":)";
  write_json_string(out, sender.uid);
  out += R"(,"nsp":)";
  write_json_string(out, sender.nsp);
  out += '}';
  return out;
}

Result<Message> decode(std::string_view data) {
  auto parsed = parse_either(data);
  if (!parsed) return parsed.error();
  Object* const object = parsed->get_if<Object>();
  if (!object || !(*parsed)["uid"].is_string() || !(*parsed)["type"].is_integer()) {
    return Errc::cluster_bad_message;
  }
  Message message{
      .uid = (*parsed)["uid"].as_string(), .nsp = read_string((*parsed)["nsp"]), .content = {}};
  Value* const given = object->find("data");
  auto content = read_data((*parsed)["type"].as_integer(), given ? std::move(*given) : Value());
  if (!content) return content.error();
  message.content = std::move(*content);
  return message;
}

}  // namespace patchbay::cluster

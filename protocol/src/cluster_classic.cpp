// SPDX-License-Identifier: MIT
#include <utility>

#include "cluster_fields.hpp"
#include "msgpack_bytes.hpp"
#include "patchbay/protocol/cluster/classic.hpp"
#include "patchbay/protocol/json.hpp"
#include "patchbay/protocol/msgpack.hpp"

namespace patchbay::cluster::classic {

namespace {

// Types of requests and answers.
constexpr int kSockets = 0;
constexpr int kAllRooms = 1;
constexpr int kRemoteJoin = 2;
constexpr int kRemoteLeave = 3;
constexpr int kRemoteDisconnect = 4;
constexpr int kRemoteFetch = 5;
constexpr int kServerSideEmit = 6;
constexpr int kBroadcast = 7;
constexpr int kBroadcastClientCount = 8;
constexpr int kBroadcastAck = 9;

constexpr int kEventPacket = 2;

// {type: 2, data: [...], nsp}
void append_packet(std::string& out, std::string_view nsp, const EventView& event) {
  msgpack::append_map_head(out, 3);
  msgpack::append_string(out, "type");
  msgpack::append_unsigned(out, kEventPacket);
  msgpack::append_string(out, "data");
  append_event_msgpack(out, event);
  msgpack::append_string(out, "nsp");
  msgpack::append_string(out, nsp);
}

// Writes each content as the object that stands for it.
struct Writer {
  std::string_view uid;

  [[nodiscard]] Object request(int type) const {
    Object object;
    if (!uid.empty()) object.set("uid", uid);
    object.set("type", type);
    return object;
  }
  [[nodiscard]] Object request(int type, const std::string& id) const {
    Object object = request(type);
    if (!id.empty()) object.set("requestId", id);
    return object;
  }

  Object operator()(const Broadcast& content) const {
    Object object = request(kBroadcast, content.request_id);
    object.set("packet", Object{{"type", kEventPacket}, {"data", content.event}});
    object.set("opts", options_object(content.options));
    return object;
  }
  Object operator()(const JoinRooms& content) const {
    Object object = request(kRemoteJoin);
    object.set("opts", target_object(content.target));
    object.set("rooms", strings_array(content.rooms));
    return object;
  }
  Object operator()(const LeaveRooms& content) const {
    Object object = request(kRemoteLeave);
    object.set("opts", target_object(content.target));
    object.set("rooms", strings_array(content.rooms));
    return object;
  }
  Object operator()(const DisconnectSockets& content) const {
    Object object = request(kRemoteDisconnect);
    object.set("opts", target_object(content.target));
    object.set("close", content.close_connection);
    return object;
  }
  Object operator()(const FetchSockets& content) const {
    Object object = request(kRemoteFetch, content.request_id);
    object.set("opts", target_object(content.target));
    return object;
  }
  Object operator()(const ServerEvent& content) const {
    Object object = request(kServerSideEmit, content.request_id);
    object.set("data", content.event);
    return object;
  }
  Object operator()(const ListSockets& content) const {
    Object object = request(kSockets, content.request_id);
    object.set("rooms", strings_array(content.rooms));
    return object;
  }
  Object operator()(const ListRooms& content) const {
    return request(kAllRooms, content.request_id);
  }
  Object operator()(const ClientCount& content) const {
    return Object{{"type", kBroadcastClientCount},
                  {"requestId", content.request_id},
                  {"clientCount", content.clients}};
  }
  Object operator()(const ClientAnswer& content) const {
    return Object{
        {"type", kBroadcastAck}, {"requestId", content.request_id}, {"packet", content.value}};
  }
  Object operator()(const FoundSockets& content) const {
    return Object{{"requestId", content.request_id}, {"sockets", sockets_array(content.sockets)}};
  }
  Object operator()(const ServerAnswer& content) const {
    return Object{
        {"type", kServerSideEmit}, {"requestId", content.request_id}, {"data", content.value}};
  }
  Object operator()(const SocketIds& content) const {
    return Object{{"requestId", content.request_id}, {"sockets", strings_array(content.ids)}};
  }
  Object operator()(const RoomNames& content) const {
    return Object{{"requestId", content.request_id}, {"rooms", strings_array(content.rooms)}};
  }
  Object operator()(const Heartbeat& /*content*/) const { return {}; }
};

// Special characters of Redis' patterns that occur in a name stand for themselves.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("*?[]\\^").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

Result<Content> read_request(Value& message) {
  const std::string id = read_string(message["requestId"]);
  const Value& options = message["opts"];
  const Value& type = message["type"];
  switch (type.is_integer() ? type.as_integer() : -1) {
    case kSockets:
      return Content(ListSockets{.rooms = read_strings(message["rooms"]), .request_id = id});
    case kAllRooms:
      return Content(ListRooms{.request_id = id});
    case kRemoteJoin:
      if (!options.is_object()) break;
      return Content(
          JoinRooms{.target = read_target(options), .rooms = read_strings(message["rooms"])});
    case kRemoteLeave:
      if (!options.is_object()) break;
      return Content(
          LeaveRooms{.target = read_target(options), .rooms = read_strings(message["rooms"])});
    case kRemoteDisconnect:
      if (!options.is_object()) break;
      return Content(DisconnectSockets{.target = read_target(options),
                                       .close_connection = message["close"] == Value(true)});
    case kRemoteFetch:
      return Content(FetchSockets{.target = read_target(options), .request_id = id});
    case kServerSideEmit: {
      const Array* const event = message["data"].get_if<Array>();
      if (!event || !is_event(*event)) break;
      return Content(ServerEvent{.event = *event, .request_id = id});
    }
    case kBroadcast: {
      Broadcast content{.event = take_event(message.as_object().find("packet")),
                        .options = read_options(options),
                        .request_id = id};
      if (content.event.empty() || id.empty()) break;
      return Content(std::move(content));
    }
    default:
      break;
  }
  return Errc::cluster_bad_message;
}

// Before version 8 a request named one socket. What answered it was only that it is done.
Result<Content> read_old_request(const Value& message) {
  const BroadcastTarget target{.rooms = {read_string(message["sid"])}, .except = {}};
  const std::vector<std::string> rooms{read_string(message["room"])};
  if (message["type"] == Value(kRemoteJoin)) return Content(JoinRooms{target, rooms});
  if (message["type"] == Value(kRemoteLeave)) return Content(LeaveRooms{target, rooms});
  if (message["type"] == Value(kRemoteDisconnect)) {
    return Content(DisconnectSockets{target, message["close"] == Value(true)});
  }
  return Errc::cluster_bad_message;
}

Result<Content> read_answer(const Value& message) {
  std::string id = read_string(message["requestId"]);
  if (id.empty()) return Errc::cluster_bad_message;
  const Value& type = message["type"];
  if (type == Value(kBroadcastClientCount)) {
    const Value& count = message["clientCount"];
    if (!count.is_integer() || count.as_integer() < 0) return Errc::cluster_bad_message;
    return Content(ClientCount{.request_id = std::move(id),
                               .clients = static_cast<std::size_t>(count.as_integer())});
  }
  if (type == Value(kBroadcastAck)) {
    return Content(ClientAnswer{.request_id = std::move(id), .value = message["packet"]});
  }
  if (type == Value(kServerSideEmit)) {
    return Content(ServerAnswer{.request_id = std::move(id), .value = message["data"]});
  }
  if (message["sockets"].is_array()) {
    return Content(
        FoundSockets{.request_id = std::move(id), .sockets = read_sockets(message["sockets"])});
  }
  if (message["rooms"].is_array()) {
    return Content(RoomNames{.request_id = std::move(id), .rooms = read_strings(message["rooms"])});
  }
  return Errc::cluster_bad_message;
}

}  // namespace

Channels::Channels(std::string_view key, std::string_view nsp)
    : broadcasts_(std::string(key) + '#' + std::string(nsp) + '#'),
      requests_(std::string(key) + "-request#" + std::string(nsp) + '#'),
      answers_(std::string(key) + "-response#" + std::string(nsp) + '#') {}

std::string Channels::for_target(const BroadcastTarget& target) const {
  return target.rooms.size() == 1 ? broadcasts_ + target.rooms.front() + '#' : broadcasts_;
}

std::string Channels::pattern() const {
  return escaped(broadcasts_) + '*';
}

std::optional<std::string_view> Channels::room_of(std::string_view channel) const {
  if (!channel.starts_with(broadcasts_)) return std::nullopt;
  const std::string_view room = channel.substr(broadcasts_.size());
  return room.empty() ? room : room.substr(0, room.size() - 1);
}

std::string encode_broadcast(std::string_view uid, std::string_view nsp, const EventView& event,
                             const BroadcastOptions& options) {
  std::string out;
  msgpack::append_array_head(out, 3);
  msgpack::append_string(out, uid);
  append_packet(out, nsp, event);
  append_msgpack(out, options_object(options));
  return out;
}

std::string encode_broadcast_with_ack(std::string_view uid, std::string_view nsp,
                                      const EventView& event, const BroadcastOptions& options,
                                      std::string_view request_id) {
  std::string out;
  msgpack::append_map_head(out, 5);
  msgpack::append_string(out, "uid");
  msgpack::append_string(out, uid);
  msgpack::append_string(out, "requestId");
  msgpack::append_string(out, request_id);
  msgpack::append_string(out, "type");
  msgpack::append_unsigned(out, kBroadcast);
  msgpack::append_string(out, "packet");
  append_packet(out, nsp, event);
  msgpack::append_string(out, "opts");
  append_msgpack(out, options_object(options));
  return out;
}

std::string encode(std::string_view uid, const Content& content) {
  const Value object(std::visit(Writer{uid}, content));
  if (!std::holds_alternative<ClientAnswer>(content)) return to_json(object);
  std::string out;
  append_msgpack(out, object);
  return out;
}

Result<Message> decode_broadcast(std::string_view data) {
  auto parsed = parse_msgpack(data, kMaxDepth);
  if (!parsed) return parsed.error();
  Array* const parts = parsed->get_if<Array>();
  if (!parts || parts->size() < 2 || !parts->front().is_string()) return Errc::cluster_bad_message;
  Value& packet = (*parts)[1];
  Message message{.uid = parts->front().as_string(), .nsp = "/", .content = {}};
  if (packet["nsp"].is_string()) message.nsp = packet["nsp"].as_string();
  Broadcast content{
      .event = take_event(&packet), .options = read_options((*parsed)[2]), .request_id = {}};
  if (content.event.empty()) return Errc::cluster_bad_message;
  message.content = std::move(content);
  return message;
}

Result<Message> decode_request(std::string_view data) {
  auto parsed = parse_either(data);
  if (!parsed) return parsed.error();
  if (!parsed->is_object()) return Errc::cluster_bad_message;
  Message message{.uid = read_string((*parsed)["uid"]), .nsp = {}, .content = {}};
  const bool is_old = (*parsed)["sid"].is_string() && !(*parsed)["opts"].is_object();
  auto content = is_old ? read_old_request(*parsed) : read_request(*parsed);
  if (!content) return content.error();
  message.content = std::move(*content);
  return message;
}

Result<Message> decode_answer(std::string_view data) {
  const auto parsed = parse_either(data);
  if (!parsed) return parsed.error();
  auto content = read_answer(*parsed);
  if (!content) return content.error();
  return Message{.uid = {}, .nsp = {}, .content = std::move(*content)};
}

}  // namespace patchbay::cluster::classic

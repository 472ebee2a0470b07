// SPDX-License-Identifier: MIT
//
// What the servers of a cluster say to each other about one namespace, whatever the encoding:
// classic.hpp and cluster_message.hpp write and read these.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "patchbay/protocol/sio/flags.hpp"
#include "patchbay/protocol/value.hpp"

namespace patchbay {

// What one server tells another about a socket.
struct SocketDetails {
  std::string id;
  Object handshake;  // as Handshake::to_object()
  std::vector<std::string> rooms;
  Value data;
};

}  // namespace patchbay

namespace patchbay::cluster {

// An event to be encoded. The views live for the call.
struct EventView {
  std::string_view name;
  std::span<const Value> args;
  // [name, args...] as JSON, if somebody has made it; else empty. Not for events with binary.
  std::string_view json = {};
};

// --- Requests. A request id is unique among those that wait; where none is wanted it is empty.

struct Broadcast {
  Array event;  // the name first
  BroadcastOptions options;
  std::string request_id;  // acknowledgements are wanted
};
struct JoinRooms {
  BroadcastTarget target;
  std::vector<std::string> rooms;
};
struct LeaveRooms {
  BroadcastTarget target;
  std::vector<std::string> rooms;
};
struct DisconnectSockets {
  BroadcastTarget target;
  bool close_connection = false;
};
struct FetchSockets {
  BroadcastTarget target;
  std::string request_id;
};
// For the listeners of the servers themselves.
struct ServerEvent {
  Array event;  // the name first
  std::string request_id;
};
// Only older servers ask these two, and only in the classic encoding.
struct ListSockets {
  std::vector<std::string> rooms;
  std::string request_id;
};
struct ListRooms {
  std::string request_id;
};

// --- Answers.

// To how many clients a server has sent the broadcast.
struct ClientCount {
  std::string request_id;
  std::size_t clients = 0;
};
// What one of these has acknowledged with.
struct ClientAnswer {
  std::string request_id;
  Value value;
};
struct FoundSockets {
  std::string request_id;
  std::vector<SocketDetails> sockets;
};
struct ServerAnswer {
  std::string request_id;
  Value value;
};
struct SocketIds {
  std::string request_id;
  std::vector<std::string> ids;
};
struct RoomNames {
  std::string request_id;
  std::vector<std::string> rooms;
};

// Said by servers whose adapter counts the others by their heartbeats; means nothing here.
struct Heartbeat {};

using Content = std::variant<Broadcast, JoinRooms, LeaveRooms, DisconnectSockets, FetchSockets,
                             ServerEvent, ListSockets, ListRooms, ClientCount, ClientAnswer,
                             FoundSockets, ServerAnswer, SocketIds, RoomNames, Heartbeat>;

struct Message {
  // Of the sending server and namespace; "emitter" for an emitter. Empty where the encoding does
  // not tell.
  std::string uid;
  std::string nsp;
  Content content;
};

}  // namespace patchbay::cluster

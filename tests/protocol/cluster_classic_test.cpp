// SPDX-License-Identifier: MIT
//
// The bytes here are those that @socket.io/redis-adapter 8.3 and @socket.io/redis-emitter 5.1
// publish.
#include "patchbay/protocol/cluster/classic.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "../support/cluster_content.hpp"
#include "../support/hex.hpp"
#include "patchbay/protocol/json.hpp"
#include "patchbay/protocol/msgpack.hpp"

using namespace patchbay;
using namespace patchbay::cluster;
using namespace patchbay::test;

namespace {

using Strings = std::vector<std::string>;

const BroadcastTarget kInR{.rooms = {"r"}, .except = {}};

// What a broadcast reads as, in one line.
std::string line(const Result<Message>& message) {
  if (!message) return std::string(label(message.error()));
  const auto& content = std::get<Broadcast>(message->content);
  std::string text = message->uid + ' ' + message->nsp + ' ' + to_json(Value(content.event));
  for (const std::string& room : content.options.target.rooms) text += " +" + room;
  for (const std::string& room : content.options.target.except) text += " -" + room;
  if (content.options.flags.volatile_) text += " volatile";
  if (!content.options.flags.compress) text += " uncompressed";
  if (!content.request_id.empty()) text += " #" + content.request_id;
  if (content.options.flags.timeout)
    text += " " + std::to_string(content.options.flags.timeout->count()) + "ms";
  return text;
}

}  // namespace

TEST_CASE("classic: names of channels") {
  const classic::Channels channels("socket.io", "/chat");
  CHECK(channels.broadcasts() == "socket.io#/chat#");
  CHECK(channels.requests() == "socket.io-request#/chat#");
  CHECK(channels.answers() == "socket.io-response#/chat#");
  CHECK(channels.answers_to("abc") == "socket.io-response#/chat#abc#");
  CHECK(channels.for_target({}) == "socket.io#/chat#");
  CHECK(channels.for_target(kInR) == "socket.io#/chat#r#");
  CHECK(channels.for_target({.rooms = {"r", "s"}, .except = {}}) == "socket.io#/chat#");
  CHECK(channels.room_of("socket.io#/chat#") == "");
  CHECK(channels.room_of("socket.io#/chat#r#") == "r");
  CHECK(channels.room_of("socket.io#/chat#a#b#") == "a#b");
  CHECK_FALSE(channels.room_of("socket.io#/other#r#"));
}

TEST_CASE("classic: a namespace's name is no pattern") {
  CHECK(classic::Channels("socket.io", "/").pattern() == "socket.io#/#*");
  CHECK(classic::Channels("k*", "/a[b]?\\").pattern() == R"(k\*#/a\[b\]\?\\#*)");
}

TEST_CASE("classic: broadcasts") {
  const Value number_and_text[] = {1, "x"};
  const std::string plain = from_hex(
      "93a655494431323383a47479706502a46461746193a2657601a178a36e7370a12f83a5726f6f6d7390"
      "a665786365707490a5666c61677380");
  CHECK(to_hex(classic::encode_broadcast("UID123", "/", {.name = "ev", .args = number_and_text},
                                         {})) == to_hex(plain));
  CHECK(line(classic::decode_broadcast(plain)) == R"(UID123 / ["ev",1,"x"])");

  const Value nested[] = {Object{{"a", Array{1.5, -2, true, nullptr}}}};
  const BroadcastOptions options{.target = {.rooms = {"room1"}, .except = {"b"}},
                                 .flags = {.volatile_ = true, .compress = false}};
  const std::string flagged = from_hex(
      "93a655494431323383a47479706502a46461746192a2657681a16194cb3ff8000000000000fec3c0a3"
      "6e7370a12f83a5726f6f6d7391a5726f6f6d31a665786365707491a162a5666c61677382a8766f6c61"
      "74696c65c3a8636f6d7072657373c2");
  CHECK(to_hex(classic::encode_broadcast("UID123", "/", {.name = "ev", .args = nested}, options)) ==
        to_hex(flagged));
  CHECK(line(classic::decode_broadcast(flagged)) ==
        R"(UID123 / ["ev",{"a":[1.5,-2,true,null]}] +room1 -b volatile uncompressed)");

  const Value binary[] = {Bytes("\x01\x02\x03")};
  const std::string with_binary = from_hex(
      "93a655494431323383a47479706502a46461746192a362696ec403010203a36e7370a12f83a5726f6f"
      "6d7392a27231a27232a665786365707490a5666c61677380");
  const BroadcastOptions two_rooms{.target = {.rooms = {"r1", "r2"}, .except = {}}, .flags = {}};
  CHECK(to_hex(classic::encode_broadcast("UID123", "/", {.name = "bin", .args = binary},
                                         two_rooms)) == to_hex(with_binary));
  const auto read = classic::decode_broadcast(with_binary);
  CHECK(only<Broadcast>(read).event == Array{"bin", Bytes("\x01\x02\x03")});
}

TEST_CASE("classic: broadcasts of an emitter") {
  CHECK(line(classic::decode_broadcast(from_hex(
            "93a7656d697474657283a47479706502a46461746191a26576a36e7370a22f6e83a5726f6f6d7390a5666c"
            "61677381a8766f6c6174696c65c3a665786365707491a171"))) ==
        R"(emitter /n ["ev"] -q volatile)");
}

TEST_CASE("classic: a broadcast that wants acknowledgements") {
  const Value args[] = {7};
  const std::string bytes = from_hex(
      "85a3756964a6554944313233a9726571756573744964a6384c3178634fa47479706507a67061636b65"
      "7483a47479706502a46461746192a17107a36e7370a12fa46f70747383a5726f6f6d7391a172a66578"
      "6365707490a5666c61677381a774696d656f7574cd03e8");
  CHECK(to_hex(classic::encode_broadcast_with_ack(
            "UID123", "/", {.name = "q", .args = args},
            {.target = kInR, .flags = {.timeout = Millis(1'000)}}, "8L1xcO")) == to_hex(bytes));
  const auto read = classic::decode_request(bytes);
  REQUIRE(read);
  CHECK(read->uid == "UID123");
  const auto& content = only<Broadcast>(read);
  CHECK(content.event == Array{"q", 7});
  CHECK(content.request_id == "8L1xcO");
  CHECK(content.options.flags.timeout == Millis(1'000));
}

TEST_CASE("classic: requests, there and back") {
  struct Row {
    Content content;
    const char* json;
  };
  const Row rows[] = {
      {JoinRooms{kInR, {"x", "y"}},
       R"({"uid":"UID123","type":2,"opts":{"rooms":["r"],"except":[]},"rooms":["x","y"]})"},
      {LeaveRooms{{.rooms = {}, .except = {"z"}}, {"x"}},
       R"({"uid":"UID123","type":3,"opts":{"rooms":[],"except":["z"]},"rooms":["x"]})"},
      {DisconnectSockets{kInR, true},
       R"({"uid":"UID123","type":4,"opts":{"rooms":["r"],"except":[]},"close":true})"},
      {FetchSockets{kInR, "SWg2sq"},
       R"({"uid":"UID123","type":5,"requestId":"SWg2sq","opts":{"rooms":["r"],"except":[]}})"},
      {ServerEvent{{"sse", 1, "b"}, {}}, R"({"uid":"UID123","type":6,"data":["sse",1,"b"]})"},
      {ServerEvent{{"sse", 2}, "yyfVmg"},
       R"({"uid":"UID123","type":6,"requestId":"yyfVmg","data":["sse",2]})"},
      {ListSockets{{"r"}, "1"}, R"({"uid":"UID123","type":0,"requestId":"1","rooms":["r"]})"},
      {ListRooms{"2"}, R"({"uid":"UID123","type":1,"requestId":"2"})"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.json);
    CHECK(classic::encode("UID123", row.content) == row.json);
    const auto read = classic::decode_request(row.json);
    REQUIRE(read);
    CHECK(read->uid == "UID123");
    CHECK(read->content.index() == row.content.index());
    // What was read says the same.
    CHECK(classic::encode("UID123", read->content) == row.json);
  }
}

TEST_CASE("classic: an emitter's requests have no uid") {
  const std::string json = R"({"type":2,"opts":{"rooms":["r"],"except":[]},"rooms":["x"]})";
  CHECK(classic::encode({}, JoinRooms{kInR, {"x"}}) == json);
  const auto read = classic::decode_request(json);
  REQUIRE(read);
  CHECK(read->uid.empty());
}

TEST_CASE("classic: requests of old servers name one socket") {
  const auto joins = classic::decode_request(R"({"type":2,"sid":"S","room":"x","requestId":"1"})");
  CHECK(only<JoinRooms>(joins).target.rooms == Strings{"S"});
  CHECK(only<JoinRooms>(joins).rooms == Strings{"x"});
  const auto leaves = classic::decode_request(R"({"type":3,"sid":"S","room":"x","requestId":"1"})");
  CHECK(only<LeaveRooms>(leaves).rooms == Strings{"x"});
  const auto goes = classic::decode_request(R"({"type":4,"sid":"S","close":true,"requestId":"1"})");
  CHECK(only<DisconnectSockets>(goes).target.rooms == Strings{"S"});
  CHECK(only<DisconnectSockets>(goes).close_connection);
}

TEST_CASE("classic: answers, there and back") {
  const SocketDetails socket{
      .id = "S", .handshake = Object{{"url", "/"}}, .rooms = {"S", "r"}, .data = Object{{"a", 1}}};
  struct Row {
    Content content;
    const char* json;
  };
  const Row rows[] = {
      {ClientCount{"1", 2}, R"({"type":8,"requestId":"1","clientCount":2})"},
      {FoundSockets{"1", {socket}},
       R"({"requestId":"1","sockets":[{"id":"S","handshake":{"url":"/"},"rooms":["S","r"],"data":{"a":1}}]})"},
      {ServerAnswer{"1", "yes"}, R"({"type":6,"requestId":"1","data":"yes"})"},
      {RoomNames{"1", {"a", "b"}}, R"({"requestId":"1","rooms":["a","b"]})"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.json);
    CHECK(classic::encode("UID123", row.content) == row.json);
    const auto read = classic::decode_answer(row.json);
    REQUIRE(read);
    CHECK(classic::encode("UID123", read->content) == row.json);
  }
  CHECK(classic::encode("U", SocketIds{"1", {"a"}}) == R"({"requestId":"1","sockets":["a"]})");
  // Of one client: MessagePack, because it may be binary.
  const std::string bytes = classic::encode("U", ClientAnswer{"1", Bytes("\x01")});
  CHECK(to_hex(bytes) == "83a47479706509a9726571756573744964a131a67061636b6574c40101");
  CHECK(only<ClientAnswer>(classic::decode_answer(bytes)).value == Value(Bytes("\x01")));
}

TEST_CASE("classic: rooms may be numbers to JavaScript") {
  const auto read = classic::decode_request(
      R"({"uid":"U","type":2,"opts":{"rooms":[12,"r",null,{}],"except":[3]},"rooms":[7]})");
  CHECK(only<JoinRooms>(read).target.rooms == Strings{"12", "r"});
  CHECK(only<JoinRooms>(read).target.except == Strings{"3"});
  CHECK(only<JoinRooms>(read).rooms == Strings{"7"});
}

TEST_CASE("classic: what makes no sense is an error") {
  const auto msgpack = [](const Value& value) {
    std::string bytes;
    append_msgpack(bytes, value);
    return bytes;
  };
  const Value packet = Object{{"type", 2}, {"data", Array{"ev"}}};
  CHECK(line(classic::decode_broadcast(msgpack(Array{"u", packet, Object{}}))) == R"(u / ["ev"])");
  for (const Value& bad : {
           Value(),
           Value("text"),
           Value(Array{}),
           Value(Array{"u"}),
           Value(Array{1, packet}),
           Value(Array{"u", "packet"}),
           Value(Array{"u", Object{{"type", 2}}}),
           Value(Array{"u", Object{{"type", 3}, {"data", Array{"ev"}}}}),
           Value(Array{"u", Object{{"type", 2}, {"data", Array{}}}}),
           Value(Array{"u", Object{{"type", 2}, {"data", Array{Array{}}}}}),
       }) {
    CAPTURE(to_json(bad));
    CHECK(classic::decode_broadcast(msgpack(bad)).error() == Errc::cluster_bad_message);
  }
  CHECK(classic::decode_broadcast("\xc1").error() == Errc::msgpack_syntax);
  CHECK(classic::decode_broadcast("").error() == Errc::msgpack_truncated);

  for (const char* bad :
       {R"({})", R"({"type":99})", R"({"type":"2"})", R"({"type":2})", R"({"type":4})",
        R"({"type":6})", R"({"type":6,"data":[]})", R"({"type":6,"data":[1]})", R"({"type":7})",
        R"({"type":7,"packet":{"type":2,"data":["q"]},"opts":{}})", R"({"type":2,"opts":[]})"}) {
    CAPTURE(bad);
    CHECK(classic::decode_request(bad).error() == Errc::cluster_bad_message);
  }
  CHECK(classic::decode_request("{").error() == Errc::json_syntax);
  CHECK(classic::decode_request("{\"type\":\"\xff\"}").error() == Errc::json_invalid_utf8);

  for (const char* bad : {R"({})", R"({"requestId":"1"})", R"({"requestId":"1","type":8})",
                          R"({"requestId":"1","type":8,"clientCount":-1})",
                          R"({"requestId":"1","sockets":7})", R"({"sockets":[]})"}) {
    CAPTURE(bad);
    CHECK(classic::decode_answer(bad).error() == Errc::cluster_bad_message);
  }
}

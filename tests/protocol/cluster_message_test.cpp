// SPDX-License-Identifier: MIT
//
// The bytes here are those that the sharded adapter of @socket.io/redis-adapter 8.3 and
// @socket.io/redis-streams-adapter 0.3 send.
#include "patchbay/protocol/cluster/cluster_message.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "../support/cluster_content.hpp"
#include "../support/hex.hpp"
#include "patchbay/protocol/json.hpp"

using namespace patchbay;
using namespace patchbay::cluster;
using namespace patchbay::test;

namespace {

using Strings = std::vector<std::string>;

constexpr Sender kSender{.uid = "UID123", .nsp = "/"};
const BroadcastTarget kInR{.rooms = {"r"}, .except = {}};

}  // namespace

TEST_CASE("cluster message: a broadcast in JSON") {
  const Value nested[] = {Object{{"a", Array{1.5, -2, true, nullptr}}}};
  const BroadcastOptions options{.target = {.rooms = {"room1"}, .except = {"b"}},
                                 .flags = {.volatile_ = true, .compress = false}};
  const std::string json =
      R"({"type":3,"data":{"packet":{"type":2,"data":["ev",{"a":[1.5,-2,true,null]}]},"opts":{)"
      R"("rooms":["room1"],"except":["b"],"flags":{"volatile":true,"compress":false}}},)"
      R"("uid":"UID123","nsp":"/"})";
  CHECK(encode_broadcast(kSender, {.name = "ev", .args = nested}, options, {},
                         Form::json_if_possible) == json);
  const auto read = decode(json);
  const auto& content = only<Broadcast>(read);
  CHECK(read->uid == "UID123");
  CHECK(read->nsp == "/");
  CHECK(content.event == Array{"ev", nested[0]});
  CHECK(content.options.target.rooms == Strings{"room1"});
  CHECK(content.options.target.except == Strings{"b"});
  CHECK(content.options.flags.volatile_);
  CHECK_FALSE(content.options.flags.compress);
  CHECK(content.request_id.empty());
}

TEST_CASE("cluster message: what is JSON already is used as it is") {
  CHECK(encode_broadcast(kSender, {.name = "no", .args = {}, .json = R"(["ev",1])"}, {}, "7",
                         Form::json_if_possible) ==
        R"({"type":3,"data":{"packet":{"type":2,"data":["ev",1]},"requestId":"7","opts":{)"
        R"("rooms":[],"except":[],"flags":{}}},"uid":"UID123","nsp":"/"})");
}

TEST_CASE("cluster message: a broadcast with binary") {
  const Value binary[] = {Bytes("\x01\x02\x03")};
  const std::string bytes = from_hex(
      "84a47479706503a46461746182a67061636b657482a47479706502a46461746192a362696ec4030102"
      "03a46f70747383a5726f6f6d7392a27231a27232a665786365707490a5666c61677380a3756964a655"
      "4944313233a36e7370a12f");
  CHECK(to_hex(encode_broadcast(kSender, {.name = "bin", .args = binary},
                                {.target = {.rooms = {"r1", "r2"}, .except = {}}, .flags = {}}, {},
                                Form::json_if_possible)) == to_hex(bytes));
  CHECK(only<Broadcast>(decode(bytes)).event == Array{"bin", binary[0]});
}

TEST_CASE("cluster message: a broadcast that wants acknowledgements, as streams' servers send it") {
  const Value args[] = {7};
  const std::string bytes = from_hex(
      "84a47479706503a46461746183a67061636b657482a47479706502a46461746192a17107a972657175"
      "6573744964b038393132666533613638383765326536a46f70747383a5726f6f6d7391a172a6657863"
      "65707490a5666c61677381a774696d656f7574cd03e8a3756964a6554944313233a36e7370a12f");
  CHECK(to_hex(encode_broadcast(kSender, {.name = "q", .args = args},
                                {.target = kInR, .flags = {.timeout = Millis(1'000)}},
                                "8912fe3a6887e2e6", Form::msgpack)) == to_hex(bytes));
  CHECK(only<Broadcast>(decode(bytes)).request_id == "8912fe3a6887e2e6");
}

TEST_CASE("cluster message: the others, there and back, in both forms") {
  const SocketDetails socket{
      .id = "S", .handshake = Object{{"url", "/"}}, .rooms = {"S"}, .data = 1};
  struct Row {
    Content content;
    const char* json;
  };
  const Row rows[] = {
      {JoinRooms{kInR, {"x", "y"}},
       R"({"type":4,"data":{"opts":{"rooms":["r"],"except":[],"flags":{}},"rooms":["x","y"]},"uid":"UID123","nsp":"/"})"},
      {LeaveRooms{{.rooms = {}, .except = {"z"}}, {"x"}},
       R"({"type":5,"data":{"opts":{"rooms":[],"except":["z"],"flags":{}},"rooms":["x"]},"uid":"UID123","nsp":"/"})"},
      {DisconnectSockets{kInR, true},
       R"({"type":6,"data":{"opts":{"rooms":["r"],"except":[],"flags":{}},"close":true},"uid":"UID123","nsp":"/"})"},
      {FetchSockets{kInR, "404f"},
       R"({"type":7,"data":{"opts":{"rooms":["r"],"except":[],"flags":{}},"requestId":"404f"},"uid":"UID123","nsp":"/"})"},
      {FoundSockets{"404f", {socket}},
       R"({"type":8,"data":{"requestId":"404f","sockets":[{"id":"S","handshake":{"url":"/"},"rooms":["S"],"data":1}]},"uid":"UID123","nsp":"/"})"},
      {ServerEvent{{"sse", 1, "b"}, {}},
       R"({"type":9,"data":{"packet":["sse",1,"b"]},"uid":"UID123","nsp":"/"})"},
      {ServerEvent{{"sse", 2}, "4cab"},
       R"({"type":9,"data":{"requestId":"4cab","packet":["sse",2]},"uid":"UID123","nsp":"/"})"},
      {ServerAnswer{"4cab", "yes"},
       R"({"type":10,"data":{"requestId":"4cab","packet":"yes"},"uid":"UID123","nsp":"/"})"},
      {ClientCount{"1", 2},
       R"({"type":11,"data":{"requestId":"1","clientCount":2},"uid":"UID123","nsp":"/"})"},
      {ClientAnswer{"1", 42},
       R"({"type":12,"data":{"requestId":"1","packet":42},"uid":"UID123","nsp":"/"})"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.json);
    CHECK(encode(kSender, row.content, Form::json_if_possible) == row.json);
    for (const std::string& bytes :
         {std::string(row.json), encode(kSender, row.content, Form::msgpack)}) {
      const auto read = decode(bytes);
      REQUIRE(read);
      CHECK(read->uid == "UID123");
      CHECK(encode(kSender, read->content, Form::json_if_possible) == row.json);
    }
    const auto entry = encode_entry(kSender, row.content, false);
    const auto read = decode_entry(entry);
    REQUIRE(read);
    CHECK(encode(kSender, read->content, Form::json_if_possible) == row.json);
  }
}

TEST_CASE("cluster message: binary makes any of them MessagePack") {
  const std::string bytes =
      encode(kSender, ServerAnswer{"1", Bytes("\x01")}, Form::json_if_possible);
  CHECK_FALSE(bytes.starts_with('{'));
  CHECK(only<ServerAnswer>(decode(bytes)).value == Value(Bytes("\x01")));
}

TEST_CASE("cluster message: heartbeats of other kinds of adapters are known") {
  for (const char* json : {R"({"type":1,"uid":"u","nsp":"/"})", R"({"type":2,"uid":"u","nsp":"/"})",
                           R"({"type":13,"uid":"u","nsp":"/"})"}) {
    CHECK(std::holds_alternative<Heartbeat>(decode(json)->content));
  }
}

TEST_CASE("cluster message: what makes no sense is an error") {
  for (const char* bad :
       {R"({})", R"({"type":3})", R"({"uid":"u","nsp":"/"})", R"({"uid":"u","nsp":"/","type":"3"})",
        R"({"uid":"u","nsp":"/","type":0})", R"({"uid":"u","nsp":"/","type":14})",
        R"({"uid":"u","nsp":"/","type":99999999999})", R"({"uid":1,"nsp":"/","type":4})",
        R"({"uid":"u","nsp":"/","type":3})", R"({"uid":"u","nsp":"/","type":3,"data":7})",
        R"({"uid":"u","nsp":"/","type":3,"data":{"packet":{"type":2,"data":[]}}})",
        R"({"uid":"u","nsp":"/","type":6,"data":{"close":true}})",
        R"({"uid":"u","nsp":"/","type":9,"data":{"packet":{}}})",
        R"({"uid":"u","nsp":"/","type":11,"data":{"clientCount":1.5}})"}) {
    CAPTURE(bad);
    CHECK(decode(bad).error() == Errc::cluster_bad_message);
  }
  CHECK(decode("[]").error() != Errc::none);
  CHECK(decode(std::string(1'000'000, '[')).error() != Errc::none);
  CHECK(decode("{\"uid\":" + std::string(1'000'000, '[')).error() == Errc::json_too_deep);
  CHECK(decode(std::string(1'000'000, '\x91')).error() == Errc::msgpack_too_deep);
}

TEST_CASE("stream: entries") {
  const Value args[] = {1, "x"};
  const auto entry = encode_broadcast_entry(kSender, {.name = "ev", .args = args}, {}, false);
  CHECK(entry.uid == "UID123");
  CHECK(entry.nsp == "/");
  CHECK(entry.type == "3");
  CHECK(entry.data ==
        R"({"packet":{"type":2,"data":["ev",1,"x"]},"opts":{"rooms":[],"except":[],"flags":{}}})");

  const Value binary[] = {Bytes("\x01\x02\x03")};
  const BroadcastOptions two_rooms{.target = {.rooms = {"r1", "r2"}, .except = {}}, .flags = {}};
  const auto encoded =
      encode_broadcast_entry(kSender, {.name = "bin", .args = binary}, two_rooms, false);
  CHECK(encoded.data ==
        "gqZwYWNrZXSCpHR5cGUCpGRhdGGSo2JpbsQDAQIDpG9wdHODpXJvb21zkqJyMaJyMqZleGNlcHSQpWZsYWdzgA==");
  CHECK(only<Broadcast>(decode_entry(encoded)).event == Array{"bin", binary[0]});
  CHECK(encode_broadcast_entry(kSender, {.name = "bin", .args = binary}, two_rooms, true)
            .data.starts_with(R"({"packet":{"type":2,"data":["bin",null]})"));
}

TEST_CASE("stream: entries that make no sense are errors") {
  const auto read = [](const char* type, const char* data) {
    return decode_entry({.uid = "u", .nsp = "/", .type = type, .data = data}).error();
  };
  CHECK(read("", "{}") == Errc::cluster_bad_message);
  CHECK(read("three", "{}") == Errc::cluster_bad_message);
  CHECK(read("3 ", "{}") == Errc::cluster_bad_message);
  CHECK(read("3", "") == Errc::cluster_bad_message);
  CHECK(read("3", "{") == Errc::json_syntax);
  CHECK(read("3", "!!!") == Errc::cluster_bad_message);
  CHECK(read("3", "wQ==") == Errc::msgpack_syntax);
}

TEST_CASE("stream: its name, by the hash that the npm package has") {
  CHECK(stream_name("socket.io", "/anything", 1) == "socket.io");
  CHECK(stream_name("socket.io", "/", 4) == "socket.io-3");
  CHECK(stream_name("socket.io", "/chat", 4) == "socket.io-3");
  CHECK(stream_name("socket.io", "/my-namespace", 4) == "socket.io--3");
  // UTF-16 is what is hashed.
  CHECK(stream_name("s", "/\u00fcn\u00ef", 1'000'000'000) == "s-1645998");
  CHECK(stream_name("s", "/\U0001f600", 1'000'000'000) == "s-1818066");
}

TEST_CASE("stream: ids of entries") {
  for (const char* good : {"0-0", "1700000000000-0", "1-18446744073709551615"}) {
    CHECK(is_entry_id(good));
  }
  for (const char* bad : {"", "-", "1", "1-", "-1", "1-1-1", "a-1", "1-b", " 1-1", "1-1 ", "+",
                          "123456789012345678901-1", "1-1\r\n"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_entry_id(bad));
  }
  CHECK(entry_before("1-1", "1-2"));
  CHECK(entry_before("1-9", "2-0"));
  CHECK(entry_before("9-0", "10-0"));
  CHECK_FALSE(entry_before("1-1", "1-1"));
  CHECK_FALSE(entry_before("2-0", "1-9"));
}

TEST_CASE("stream: sessions") {
  const StoredSession session{
      .socket_id = "SID", .private_id = "PID", .rooms = {"SID", "r"}, .data = Object{{"a", 1}}};
  const std::string text = "hKNzaWSjU0lEo3BpZKNQSUSlcm9vbXOSo1NJRKFypGRhdGGBoWEB";
  CHECK(encode_session(session) == text);
  const auto read = decode_session(text);
  REQUIRE(read);
  CHECK(read->socket_id == "SID");
  CHECK(read->private_id == "PID");
  CHECK(read->rooms == Strings{"SID", "r"});
  CHECK(read->data == session.data);
  CHECK(read->user.empty());
  StoredSession with_user = session;
  with_user.user = "ada";
  with_user.unnamed_offset = "7-1";
  CHECK(decode_session(encode_session(with_user))->user == "ada");
  CHECK(decode_session(encode_session(with_user))->unnamed_offset == "7-1");
  for (const char* bad : {"", "!", "wA==", "gA==", "gaNzaWSjU0lE"}) {
    CAPTURE(bad);
    CHECK_FALSE(decode_session(bad));
  }
}

TEST_CASE("stream: for whom an event was") {
  const Strings rooms{"S", "r"};
  CHECK(is_for({}, rooms));
  CHECK(is_for(kInR, rooms));
  CHECK(is_for({.rooms = {"x", "S"}, .except = {}}, rooms));
  CHECK_FALSE(is_for({.rooms = {"x"}, .except = {}}, rooms));
  CHECK_FALSE(is_for({.rooms = {}, .except = {"S"}}, rooms));
  CHECK_FALSE(is_for({.rooms = {"r"}, .except = {"r"}}, rooms));
}

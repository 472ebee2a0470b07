// SPDX-License-Identifier: MIT
//
// Packets marked below as a client's were written by socket.io-msgpack-parser 3.0.2.
#include "patchbay/protocol/sio/msgpack_parser.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "../support/hex.hpp"
#include "patchbay/protocol/json.hpp"
#include "patchbay/protocol/msgpack.hpp"
#include "patchbay/protocol/sio/json_parser.hpp"

using namespace patchbay;
using namespace patchbay::sio;
using patchbay::test::from_hex;
using patchbay::test::to_hex;

namespace {

const Limits kLimits;
const std::optional<std::uint64_t> kNone;

Result<std::optional<Packet>> decode(std::string_view message) {
  return msgpack_parser()->make_decoder(kLimits)->on_binary(message);
}

Errc error_of(const Value& message) {
  std::string data;
  append_msgpack(data, message);
  return decode(data).error();
}

Packet decoded(std::string_view hex) {
  CAPTURE(hex);
  auto result = decode(from_hex(hex));
  REQUIRE(result.error() == Errc::none);
  REQUIRE(result->has_value());
  return **std::move(result);
}

std::string hex_of(const Encoded& encoded) {
  CHECK(encoded.text.empty());
  REQUIRE(encoded.attachments.size() == 1);
  return to_hex(encoded.attachments[0]);
}

// The one binary message that is expected.
struct HexSink final : MessageSink {
  void text(std::string_view /*data*/) override { FAIL("a text"); }
  void binary(std::string_view data) override {
    REQUIRE(hex.empty());
    hex = to_hex(data);
  }
  std::string hex;
};

std::string hex_of_event(std::string_view nsp, std::string_view name, std::span<const Value> args,
                         std::optional<std::uint64_t> id) {
  HexSink sink;
  msgpack_parser()->encode_event(sink, nsp, name, args, id);
  return sink.hex;
}

std::string hex_of_ack(std::string_view nsp, std::uint64_t id, std::span<const Value> args) {
  HexSink sink;
  msgpack_parser()->encode_ack(sink, nsp, id, args);
  return sink.hex;
}

}  // namespace

// --- What is refused -----------------------------------------------------------------------------

TEST_CASE("msgpack packets that are none are an error") {
  const Value deep = *parse_json(std::string(64, '[') + std::string(64, ']'), 64);
  const struct {
    Value message;
    Errc error;
  } rows[] = {
      // No map.
      {nullptr, Errc::sio_unknown_packet_type},
      {2, Errc::sio_unknown_packet_type},
      {"2[\"a\"]", Errc::sio_unknown_packet_type},
      {Array{2}, Errc::sio_unknown_packet_type},
      // Types.
      {Object{}, Errc::sio_unknown_packet_type},
      {Object{{"nsp", "/"}}, Errc::sio_unknown_packet_type},
      {Object{{"type", -1}, {"nsp", "/"}}, Errc::sio_unknown_packet_type},
      {Object{{"type", 5}, {"nsp", "/"}, {"data", Array{"a"}}}, Errc::sio_unknown_packet_type},
      {Object{{"type", 6}, {"nsp", "/"}, {"data", Array{"a"}}}, Errc::sio_unknown_packet_type},
      {Object{{"type", 256}, {"nsp", "/"}}, Errc::sio_unknown_packet_type},
      {Object{{"type", 1.5}, {"nsp", "/"}}, Errc::sio_unknown_packet_type},
      {Object{{"type", 1e300}, {"nsp", "/"}}, Errc::sio_unknown_packet_type},
      {Object{{"type", "1"}, {"nsp", "/"}}, Errc::sio_unknown_packet_type},
      {Object{{"type", nullptr}, {"nsp", "/"}}, Errc::sio_unknown_packet_type},
      {Object{{"type", true}, {"nsp", "/"}}, Errc::sio_unknown_packet_type},
      // Namespaces.
      {Object{{"type", 0}}, Errc::sio_bad_namespace},
      {Object{{"type", 0}, {"nsp", nullptr}}, Errc::sio_bad_namespace},
      {Object{{"type", 0}, {"nsp", 1}}, Errc::sio_bad_namespace},
      {Object{{"type", 0}, {"nsp", Bytes("/")}}, Errc::sio_bad_namespace},
      {Object{{"type", 0}, {"nsp", std::string(kLimits.namespace_bytes + 1, 'x')}},
       Errc::sio_bad_namespace},
      // Data.
      {Object{{"type", 0}, {"nsp", "/"}, {"data", nullptr}}, Errc::sio_bad_payload},
      {Object{{"type", 0}, {"nsp", "/"}, {"data", "x"}}, Errc::sio_bad_payload},
      {Object{{"type", 0}, {"nsp", "/"}, {"data", Array{}}}, Errc::sio_bad_payload},
      {Object{{"type", 1}, {"nsp", "/"}, {"data", nullptr}}, Errc::sio_bad_payload},
      {Object{{"type", 1}, {"nsp", "/"}, {"data", Object{}}}, Errc::sio_bad_payload},
      {Object{{"type", 2}, {"nsp", "/"}}, Errc::sio_bad_payload},
      {Object{{"type", 2}, {"nsp", "/"}, {"data", nullptr}}, Errc::sio_bad_payload},
      {Object{{"type", 2}, {"nsp", "/"}, {"data", Object{}}}, Errc::sio_bad_payload},
      {Object{{"type", 2}, {"nsp", "/"}, {"data", "a"}}, Errc::sio_bad_payload},
      {Object{{"type", 2}, {"nsp", "/"}, {"data", Array{nullptr}}}, Errc::sio_bad_payload},
      {Object{{"type", 2}, {"nsp", "/"}, {"data", Array{Bytes("a")}}}, Errc::sio_bad_payload},
      {Object{{"type", 2}, {"nsp", "/"}, {"data", Array{"disconnect"}}}, Errc::sio_reserved_event},
      {Object{{"type", 3}, {"nsp", "/"}, {"id", 1}}, Errc::sio_bad_payload},
      {Object{{"type", 3}, {"nsp", "/"}, {"id", 1}, {"data", Object{}}}, Errc::sio_bad_payload},
      {Object{{"type", 4}, {"nsp", "/"}}, Errc::sio_bad_payload},
      {Object{{"type", 4}, {"nsp", "/"}, {"data", 1}}, Errc::sio_bad_payload},
      {Object{{"type", 2}, {"nsp", "/"}, {"data", Array{"a", deep}}}, Errc::msgpack_too_deep},
      // Ids.
      {Object{{"type", 2}, {"nsp", "/"}, {"data", Array{"a"}}, {"id", -1}}, Errc::sio_bad_ack_id},
      {Object{{"type", 2}, {"nsp", "/"}, {"data", Array{"a"}}, {"id", "1"}}, Errc::sio_bad_ack_id},
      {Object{{"type", 2}, {"nsp", "/"}, {"data", Array{"a"}}, {"id", 0.5}}, Errc::sio_bad_ack_id},
      {Object{{"type", 2}, {"nsp", "/"}, {"data", Array{"a"}}, {"id", 1e300}},
       Errc::sio_bad_ack_id},
      {Object{{"type", 2}, {"nsp", "/"}, {"data", Array{"a"}}, {"id", nullptr}},
       Errc::sio_bad_ack_id},
  };
  for (const auto& row : rows) {
    CAPTURE(to_json(row.message));
    CHECK(error_of(row.message) == row.error);
  }
}

TEST_CASE("what is no MessagePack is no packet") {
  CHECK(decode("").error() == Errc::sio_empty_packet);
  CHECK(decode("2[\"a\"]").error() == Errc::msgpack_syntax);
  CHECK(decode(from_hex("83 a4 74 79 70 65 02")).error() == Errc::msgpack_truncated);
  // An id that is not a number to JavaScript either, and one beyond 63 bits.
  CHECK(decode(from_hex("83 a474797065 03 a464617461 90 a36e7370 a12f")).error() == Errc::none);
  CHECK(decode(from_hex("84 a474797065 03 a464617461 90 a36e7370 a12f a26964 "
                        "cb 7f f8 00 00 00 00 00 00"))
            .error() == Errc::sio_bad_ack_id);
  CHECK(decode(from_hex("84 a474797065 03 a464617461 90 a36e7370 a12f a26964 "
                        "cf 80 00 00 00 00 00 00 00"))
            .error() == Errc::sio_bad_ack_id);
}

TEST_CASE("text is not expected") {
  const auto decoder = msgpack_parser()->make_decoder(kLimits);
  CHECK(decoder->on_text("2[\"a\"]").error() == Errc::sio_unexpected_text);
  CHECK(decoder->on_text("").error() == Errc::sio_unexpected_text);
}

// --- What a client sends -------------------------------------------------------------------------

TEST_CASE("packets of a client's") {
  const struct {
    std::string_view hex;
    Packet packet;
  } rows[] = {
      {"82a47479706500a36e7370a12f", {PacketType::connect, "/", kNone, Object{}}},
      // No auth is undefined.
      {"83a47479706500a464617461d40000a36e7370a12f", {PacketType::connect, "/", kNone, Object{}}},
      {"83a47479706500a46461746181a5746f6b656ea178a36e7370a62f61646d696e",
       {PacketType::connect, "/admin", kNone, Object{{"token", "x"}}}},
      {"82a47479706501a36e7370a12f", {PacketType::disconnect, "/", kNone, nullptr}},
      {"83a47479706501a464617461d40000a36e7370a12f", {PacketType::disconnect, "/", kNone, nullptr}},
      {"83a47479706502a46461746192a16101a36e7370a12f",
       {PacketType::event, "/", kNone, Array{"a", 1}}},
      // With options, a Buffer and a Date.
      {"85a47479706502a46461746193a568656c6c6f81a162c403010203d7000000000000000000"
       "a76f7074696f6e7381a8636f6d7072657373c3a269640ca36e7370a12f",
       {PacketType::event, "/", 12,
        Array{"hello", Object{{"b", Bytes("\x01\x02\x03")}}, "1970-01-01T00:00:00.000Z"}}},
      {"84a47479706502a46461746191a161a36e7370a12fa26964d40000",
       {PacketType::event, "/", kNone, Array{"a"}}},
      {"84a47479706503a46461746190a36e7370a12fa2696400", {PacketType::ack, "/", 0, Array{}}},
      {"84a47479706503a46461746191a178a26964cd012ca36e7370a22f6e",
       {PacketType::ack, "/n", 300, Array{"x"}}},
      {"83a47479706504a464617461a26e6fa36e7370a12f", {PacketType::connect_error, "/", kNone, "no"}},
      // Not of a client's, but legal: numbers as floats, a name that is a number, no name, a
      // namespace without its slash.
      {"84 a474797065 ca40000000 a464617461 9105 a36e7370 a12f a26964 cb4014000000000000",
       {PacketType::event, "/", 5, Array{5}}},
      {"83 a474797065 02 a464617461 90 a36e7370 a12f", {PacketType::event, "/", kNone, Array{}}},
      {"82 a474797065 00 a36e7370 a3666f6f", {PacketType::connect, "foo", kNone, Object{}}},
      {"84 a474797065 03 a464617461 90 a36e7370 a12f a26964 cf7fffffffffffffff",
       {PacketType::ack, "/", 0x7fff'ffff'ffff'ffff, Array{}}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.hex);
    const Packet packet = decoded(row.hex);
    CHECK(packet.type == row.packet.type);
    CHECK(packet.nsp == row.packet.nsp);
    CHECK(packet.id == row.packet.id);
    CHECK(packet.data == row.packet.data);
  }
}

TEST_CASE("the data of a packet may be as deep as in the default encoding") {
  const std::string text = R"(2["a",)" + std::string(63, '[') + std::string(63, ']') + "]";
  const auto by_default = json_parser()->make_decoder(kLimits)->on_text(text);
  REQUIRE(by_default.error() == Errc::none);
  const Encoded encoded = msgpack_parser()->encode(**by_default);
  CHECK(decode(encoded.attachments[0]).error() == Errc::none);
}

TEST_CASE("the longest namespace") {
  std::string data;
  const std::string name = "/" + std::string(kLimits.namespace_bytes - 1, 'x');
  append_msgpack(data, Object{{"type", 0}, {"nsp", name}});
  CHECK(decode(data)->value().nsp == name);
}

// --- What the server sends -----------------------------------------------------------------------

TEST_CASE("packets of the server's") {
  const auto parser = msgpack_parser();
  const struct {
    Packet packet;
    std::string_view hex;
  } rows[] = {
      {{PacketType::connect, "/", kNone, Object{{"sid", "abc"}}},
       "83a47479706500a46461746181a3736964a3616263a36e7370a12f"},
      {{PacketType::connect, "/", kNone, nullptr}, "82a47479706500a36e7370a12f"},
      {{PacketType::disconnect, "/", kNone, nullptr}, "82a47479706501a36e7370a12f"},
      {{PacketType::event, "/", kNone, Array{"a", 1}},
       "83a47479706502a46461746192a16101a36e7370a12f"},
      {{PacketType::event, "/n", 12, Array{"a", Bytes("\x01\xff")}},
       "84a47479706502a46461746192a161c40201ffa36e7370a22f6ea269640c"},
      {{PacketType::event, "/", kNone, nullptr}, "83a47479706502a46461746190a36e7370a12f"},
      {{PacketType::ack, "/", 0, Array{}}, "84a47479706503a46461746190a36e7370a12fa2696400"},
      {{PacketType::ack, "/", 0, nullptr}, "84a47479706503a46461746190a36e7370a12fa2696400"},
      {{PacketType::connect_error, "/", kNone,
        Object{{"message", "no"}, {"data", Object{{"code", 1}}}}},
       "83a47479706504a46461746182a76d657373616765a26e6fa46461746181a4636f646501a36e7370a12f"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.hex);
    CHECK(hex_of(parser->encode(row.packet)) == row.hex);
  }
}

TEST_CASE("events and acks without a packet are encoded as with one") {
  const auto parser = msgpack_parser();
  const Array args{1, "x", Bytes("y"), Object{{"a", Array{nullptr}}}};
  Array named{"name"};
  named.insert(named.end(), args.begin(), args.end());
  CHECK(hex_of_event("/n", "name", args, 7) ==
        hex_of(parser->encode({PacketType::event, "/n", 7, named})));
  CHECK(hex_of_event("/", "name", {}, {}) ==
        hex_of(parser->encode({PacketType::event, "/", kNone, Array{"name"}})));
  CHECK(hex_of_ack("/n", 300, args) == hex_of(parser->encode({PacketType::ack, "/n", 300, args})));
}

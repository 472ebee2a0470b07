// SPDX-License-Identifier: MIT
#include "patchbay/protocol/eio/packet.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace patchbay;
using namespace patchbay::eio;

TEST_CASE("each packet type has its digit") {
  const struct {
    std::string_view text;
    PacketType type;
    std::string_view data;
  } rows[] = {
      {"0{}", PacketType::open, "{}"},          {"1", PacketType::close, ""},
      {"2probe", PacketType::ping, "probe"},    {"3", PacketType::pong, ""},
      {"4hello", PacketType::message, "hello"}, {"4", PacketType::message, ""},
      {"5", PacketType::upgrade, ""},           {"6", PacketType::noop, ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    std::string scratch;
    const auto packet = decode_packet(row.text, scratch);
    REQUIRE(packet);
    CHECK(packet->type == row.type);
    CHECK(packet->data == row.data);
    CHECK_FALSE(packet->binary);
    CHECK(EncodedPacket::text(row.type, row.data).payload() == row.text);
  }
}

TEST_CASE("what is no packet is an error") {
  const struct {
    std::string_view text;
    Errc error;
  } rows[] = {
      {"", Errc::eio_empty_packet},
      {"7", Errc::eio_unknown_packet_type},
      {"/", Errc::eio_unknown_packet_type},
      {":", Errc::eio_unknown_packet_type},
      {"x4", Errc::eio_unknown_packet_type},
      {std::string_view("\0", 1), Errc::eio_unknown_packet_type},
      {"\xff", Errc::eio_unknown_packet_type},
      {"b!!!", Errc::eio_invalid_base64},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    std::string scratch;
    CHECK(decode_packet(row.text, scratch).error() == row.error);
  }
}

TEST_CASE("base64 in a text packet is a binary message") {
  std::string scratch;
  const auto packet = decode_packet("bAQIDBA==", scratch);
  REQUIRE(packet);
  CHECK(packet->type == PacketType::message);
  CHECK(packet->binary);
  CHECK(packet->data == std::string_view("\x01\x02\x03\x04", 4));
}

TEST_CASE("an encoded packet is a whole frame with the shortest length form") {
  const struct {
    std::size_t data_size;  // the digit comes on top
    std::string header;
  } rows[] = {
      {0, "\x81\x01"},
      {124, "\x81\x7d"},
      {125, std::string("\x81\x7e\x00\x7e", 4)},
      {65534, std::string("\x81\x7e\xff\xff", 4)},
      {65535, std::string("\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10)},
  };
  for (const auto& row : rows) {
    CAPTURE(row.data_size);
    const std::string data(row.data_size, 'x');
    const auto packet = EncodedPacket::text(PacketType::message, data);
    CHECK(packet.frame() == row.header + "4" + data);
    CHECK(packet.payload() == "4" + data);
    CHECK_FALSE(packet.is_binary());
  }
}

TEST_CASE("a binary message carries its bytes without a digit") {
  const auto packet = EncodedPacket::binary(std::string_view("\0\xff", 2));
  CHECK(packet.is_binary());
  CHECK(packet.frame() == std::string_view("\x82\x02\0\xff", 4));
  CHECK(packet.payload() == std::string_view("\0\xff", 2));
  CHECK(EncodedPacket::binary({}).frame() == std::string_view("\x82\0", 2));
}

TEST_CASE("copies share one encoding, which lives as long as the last of them") {
  EncodedPacket kept;
  CHECK_FALSE(kept);
  {
    const auto packet = EncodedPacket::text(PacketType::message, "shared");
    kept = packet;
    const EncodedPacket another(packet);
    CHECK(another.frame().data() == packet.frame().data());
  }
  CHECK(kept.payload() == "4shared");
  EncodedPacket moved(std::move(kept));
  CHECK(moved.payload() == "4shared");
}

TEST_CASE("the compressed form of a packet is a frame with the first reserved bit") {
  const auto text = EncodedPacket::deflated(false, std::string_view("\xf2\0", 2));
  CHECK(text.frame() == std::string_view("\xc1\x02\xf2\0", 4));
  CHECK_FALSE(text.is_binary());
  CHECK_FALSE(text.compress());
  const auto binary = EncodedPacket::deflated(true, std::string(126, 'x'));
  CHECK(binary.frame() == std::string("\xc2\x7e\x00\x7e", 4) + std::string(126, 'x'));
  CHECK(binary.is_binary());
}

TEST_CASE("a packet knows whether there are other handles of it") {
  const auto packet = EncodedPacket::binary("x");
  CHECK_FALSE(packet.is_shared());
  {
    const EncodedPacket copy(packet);
    CHECK(packet.is_shared());
  }
  CHECK_FALSE(packet.is_shared());
}

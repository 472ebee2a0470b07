// SPDX-License-Identifier: MIT
#include "patchbay/protocol/eio/payload.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace patchbay;
using namespace patchbay::eio;

namespace {

struct Decoded {
  std::vector<std::string> packets;  // type digit, or 'b', and data
  Errc error = Errc::none;
};

Decoded decode(std::string_view body) {
  Decoded result;
  PayloadReader reader(body);
  while (!reader.at_end()) {
    const auto packet = reader.next();
    if (!packet) {
      result.error = packet.error();
      CHECK(reader.at_end());
      break;
    }
    const char type =
        packet->binary ? 'b' : static_cast<char>('0' + static_cast<int>(packet->type));
    result.packets.push_back(type + std::string(packet->data));
  }
  return result;
}

}  // namespace

TEST_CASE("packets of a body come one by one") {
  const auto result = decode(
      "4hello\x1e"
      "2\x1e"
      "bAQID\x1e"
      "4\xe2\x82\xac");
  CHECK(result.error == Errc::none);
  CHECK(result.packets ==
        std::vector<std::string>{"4hello", "2", "b\x01\x02\x03", "4\xe2\x82\xac"});
}

TEST_CASE("reading stops at the first bad packet, those before it count") {
  const struct {
    std::string body;
    std::size_t good;
    Errc error;
  } rows[] = {
      {"", 0, Errc::eio_empty_packet},
      {"4a\x1e", 1, Errc::eio_empty_packet},
      {"\x1e"
       "4a",
       0, Errc::eio_empty_packet},
      {"4a\x1e\x1e"
       "4b",
       1, Errc::eio_empty_packet},
      {"4a\x1e"
       "abc\x1e"
       "4b",
       1, Errc::eio_unknown_packet_type},
      {"4a\x1e"
       "4b\x1e"
       "b?",
       2, Errc::eio_invalid_base64},
  };
  for (const auto& row : rows) {
    CAPTURE(row.body);
    const auto result = decode(row.body);
    CHECK(result.error == row.error);
    CHECK(result.packets.size() == row.good);
  }
}

TEST_CASE("packets are joined by separators, binary ones as base64") {
  std::string body;
  append_to_payload(body, EncodedPacket::text(PacketType::message, "a"));
  append_to_payload(body, EncodedPacket::binary("\x01\x02\x03\x04"));
  append_to_payload(body, EncodedPacket::text(PacketType::noop, {}));
  CHECK(body ==
        "4a\x1e"
        "bAQIDBA==\x1e"
        "6");
}

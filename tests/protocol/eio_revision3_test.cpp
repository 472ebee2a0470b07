// SPDX-License-Identifier: MIT
#include "patchbay/protocol/eio/revision3.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace patchbay;
using namespace patchbay::eio;

namespace {

// For literals with zeros in them.
template <std::size_t N>
std::string bytes(const char (&literal)[N]) {
  return {literal, N - 1};
}

std::string describe_packet(const PacketView& packet) {
  const char type = static_cast<char>('0' + static_cast<int>(packet.type));
  return (packet.binary ? "b" : "") + std::string(1, type) + std::string(packet.data);
}

struct Decoded {
  std::vector<std::string> packets;  // 'b' when binary, type digit and data
  Errc error = Errc::none;
};

Decoded decode(std::string_view body, bool binary) {
  Decoded result;
  revision3::PayloadReader reader(body, binary);
  while (!reader.at_end()) {
    const auto packet = reader.next();
    if (!packet) {
      result.error = packet.error();
      CHECK(reader.at_end());
      break;
    }
    result.packets.push_back(describe_packet(*packet));
  }
  return result;
}

using Packets = std::vector<std::string>;

EncodedPacket message(std::string_view text) {
  return EncodedPacket::text(PacketType::message, text);
}

EncodedPacket binary(std::string_view data, bool base64 = false) {
  return revision3::encode_binary(EncodedPacket::binary(data), base64);
}

}  // namespace

// --- Packets

TEST_CASE("revision 3 text packets") {
  const struct {
    std::string text;
    std::string packet;
    Errc error;
  } rows[] = {
      {"", "", Errc::eio_empty_packet},
      {"7", "", Errc::eio_unknown_packet_type},
      {"/", "", Errc::eio_unknown_packet_type},
      {"x", "", Errc::eio_unknown_packet_type},
      {bytes("\x04"), "", Errc::eio_unknown_packet_type},
      {"b", "", Errc::eio_unknown_packet_type},
      {"b7AQ==", "", Errc::eio_unknown_packet_type},
      {"bAQ==", "", Errc::eio_unknown_packet_type},  // the form of revision 4
      {"b4?", "", Errc::eio_invalid_base64},
      {"b4A", "", Errc::eio_invalid_base64},
      {"4", "4", Errc::none},
      {"4hello", "4hello", Errc::none},
      {"2probe", "2probe", Errc::none},
      {"6", "6", Errc::none},
      {"b4", "b4", Errc::none},
      {"b4AQID", "b4\x01\x02\x03", Errc::none},
      {"b4_-8", "b4\xff\xef", Errc::none},
      {"b2AQID", "2\x01\x02\x03", Errc::none},  // only messages are binary
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    std::string scratch;
    const auto packet = revision3::decode_text(row.text, scratch);
    CHECK(packet.error() == row.error);
    if (packet) CHECK(describe_packet(*packet) == row.packet);
  }
}

TEST_CASE("revision 3 binary packets begin with their type") {
  const struct {
    std::string data;
    std::string packet;
    Errc error;
  } rows[] = {
      {"", "", Errc::eio_empty_packet},
      {bytes("\x07"), "", Errc::eio_unknown_packet_type},
      {bytes("\xff"), "", Errc::eio_unknown_packet_type},
      {"4", "", Errc::eio_unknown_packet_type},  // a digit is not a type byte
      {bytes("\x04"), "b4", Errc::none},
      {bytes("\x04\x00\xff"), "b4" + bytes("\x00\xff"), Errc::none},
      {bytes("\x02"), "2", Errc::none},
  };
  for (const auto& row : rows) {
    CAPTURE(row.data);
    const auto packet = revision3::decode_binary(row.data);
    CHECK(packet.error() == row.error);
    if (packet) CHECK(describe_packet(*packet) == row.packet);
  }
}

TEST_CASE("a binary message gets its type as a byte, or becomes base64") {
  const auto message = EncodedPacket::binary(bytes("\x01\x00\x03\x04"), false);
  const auto plain = revision3::encode_binary(message, false);
  CHECK(plain.is_binary());
  CHECK(plain.payload() == bytes("\x04\x01\x00\x03\x04"));
  CHECK(plain.frame() == bytes("\x82\x05\x04\x01\x00\x03\x04"));
  CHECK_FALSE(plain.compress());

  const auto base64 = revision3::encode_binary(message, true);
  CHECK_FALSE(base64.is_binary());
  CHECK(base64.payload() == "b4AQADBA==");
  CHECK(base64.frame() ==
        "\x81\x0a"
        "b4AQADBA==");
  CHECK_FALSE(base64.compress());

  CHECK(revision3::to_base64(plain).frame() == base64.frame());
  CHECK(binary("", true).payload() == "b4");
  CHECK(binary("").payload() == "\x04");
}

// --- Reading bodies

TEST_CASE("lengths of a text body that do not fit") {
  const struct {
    std::string body;
    std::size_t good;
    Errc error;
  } rows[] = {
      {"", 0, Errc::eio_empty_packet},
      {":", 0, Errc::eio_bad_payload},
      {":4a", 0, Errc::eio_bad_payload},
      {"2", 0, Errc::eio_bad_payload},
      {"abc", 0, Errc::eio_bad_payload},
      {"-1:4", 0, Errc::eio_bad_payload},
      {"+2:4a", 0, Errc::eio_bad_payload},
      {" 2:4a", 0, Errc::eio_bad_payload},
      {"2 :4a", 0, Errc::eio_bad_payload},
      {"2.0:4a", 0, Errc::eio_bad_payload},
      {"1e0:4", 0, Errc::eio_bad_payload},
      {"0x2:4a", 0, Errc::eio_bad_payload},
      {"3:4a", 0, Errc::eio_bad_payload},
      {"2:", 0, Errc::eio_bad_payload},
      {"99999999999999999999999999:4a", 0, Errc::eio_bad_payload},
      {"18446744073709551618:4a", 0, Errc::eio_bad_payload},  // 2 when it wraps
      {std::string(311, '0') + "2:4a", 0, Errc::eio_bad_payload},
      {"1:4a", 1, Errc::eio_bad_payload},
      {"2:4a2", 1, Errc::eio_bad_payload},
      {"2:4a:4a", 1, Errc::eio_bad_payload},
      {"2:4a3:4b", 1, Errc::eio_bad_payload},
      {"2:4a2:xb2:4c", 1, Errc::eio_unknown_packet_type},
      {"2:4a3:b4?", 1, Errc::eio_invalid_base64},
      {"4a\x1e"
       "4b",
       0, Errc::eio_bad_payload},  // the form of revision 4
      {bytes("\x00\x02\xff"
             "4a"),
       0, Errc::eio_bad_payload},  // a binary body
      // A smiley is two code units: a length must not end between them.
      {"2:4\xf0\x9f\x98\x80", 0, Errc::eio_bad_payload},
      {"4:4\xf0\x9f\x98\x80", 0, Errc::eio_bad_payload},
      {"5:4\xf0\x9f\x98\x80", 0, Errc::eio_bad_payload},  // counted in bytes
  };
  for (const auto& row : rows) {
    CAPTURE(row.body);
    const auto result = decode(row.body, false);
    CHECK(result.error == row.error);
    CHECK(result.packets.size() == row.good);
  }
}

TEST_CASE("packets of a text body, counted in UTF-16 code units") {
  const struct {
    std::string body;
    Packets packets;
  } rows[] = {
      {"6:4hello", {"4hello"}},
      {"6:4test16:4test26:4test3", {"4test1", "4test2", "4test3"}},
      {"6:4hello10:b4AQIDBA==", {"4hello", "b4\x01\x02\x03\x04"}},
      {"1:2", {"2"}},
      {"02:4a", {"4a"}},
      {"0:", {"6"}},  // no packet
      {"0:2:4a0:", {"6", "4a", "6"}},
      {"4:4\xc3\xa9\xe2\x82\xac\xef\xbf\xbf"
       "2:4a",
       {"4\xc3\xa9\xe2\x82\xac\xef\xbf\xbf", "4a"}},
      {"3:4\xf0\x9f\x98\x80"
       "2:4a",
       {"4\xf0\x9f\x98\x80", "4a"}},
      {"4:4\xf0\x9f\x98\x80x", {"4\xf0\x9f\x98\x80x"}},
      {"5:42:4a", {"42:4a"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.body);
    const auto result = decode(row.body, false);
    CHECK(result.error == Errc::none);
    CHECK(result.packets == row.packets);
  }
}

TEST_CASE("lengths and marks of a binary body that do not fit") {
  const struct {
    std::string body;
    std::size_t good;
    Errc error;
  } rows[] = {
      {"", 0, Errc::eio_empty_packet},
      {bytes("\x00"), 0, Errc::eio_bad_payload},
      {bytes("\x00\xff"), 0, Errc::eio_bad_payload},
      {bytes("\x00\x01"), 0, Errc::eio_bad_payload},
      {bytes("\x00\x01\xff"), 0, Errc::eio_bad_payload},
      {bytes("\x02\x01\xff"
             "4"),
       0, Errc::eio_bad_payload},
      {bytes("\xff\x01\xff"
             "4"),
       0, Errc::eio_bad_payload},
      {bytes("\x00"
             "1\xff"
             "4"),
       0, Errc::eio_bad_payload},  // a digit as text
      {bytes("\x00\x0a\xff"
             "4"),
       0, Errc::eio_bad_payload},
      {bytes("\x00\x80\xff"
             "4"),
       0, Errc::eio_bad_payload},
      {bytes("\x00\x02\xff"
             "4"),
       0, Errc::eio_bad_payload},
      {bytes("\x00\x09\x09\x09\x09\xff"
             "4"),
       0, Errc::eio_bad_payload},
      {bytes("\x00") + std::string(310, '\x09') +
           bytes("\xff"
                 "4"),
       0, Errc::eio_bad_payload},
      {bytes("\x00") + std::string(311, '\x00') +
           bytes("\x01\xff"
                 "4"),
       0, Errc::eio_bad_payload},
      {std::string(100'000, '\0'), 0, Errc::eio_bad_payload},
      {std::string(100'000, '\1'), 0, Errc::eio_bad_payload},
      {bytes("\x00\x00\xff"), 0, Errc::eio_empty_packet},
      {bytes("\x01\x00\xff"), 0, Errc::eio_empty_packet},
      {bytes("\x00\x02\xff"
             "4a\x00"),
       1, Errc::eio_bad_payload},
      {bytes("\x00\x02\xff"
             "4a\x01\x02\xff\x04"),
       1, Errc::eio_bad_payload},
      {bytes("\x00\x02\xff"
             "xa"),
       0, Errc::eio_unknown_packet_type},
      {bytes("\x01\x02\xff"
             "4a"),
       0, Errc::eio_unknown_packet_type},
      {bytes("\x00\x02\xff"
             "4\xc3"),
       0, Errc::eio_invalid_utf8},
      {bytes("\x00\x03\xff"
             "b4?"),
       0, Errc::eio_invalid_base64},
      {"2:4a", 0, Errc::eio_bad_payload},  // a text body
  };
  for (const auto& row : rows) {
    CAPTURE(row.body);
    const auto result = decode(row.body, true);
    CHECK(result.error == row.error);
    CHECK(result.packets.size() == row.good);
  }
}

TEST_CASE("packets of a binary body, counted in bytes") {
  const auto result = decode(bytes("\x00\x06\xff"
                                   "4hello"
                                   "\x01\x05\xff\x04\x01\x02\x03\xff"
                                   "\x00\x05\xff"
                                   "4\xf0\x9f\x98\x80"
                                   "\x00\x00\x01\xff"
                                   "2"
                                   "\x01\x02\xff\x04\xc3"
                                   "\x00\x06\xff"
                                   "b4AQID"),
                             true);
  CHECK(result.error == Errc::none);
  CHECK(result.packets == Packets{"4hello", "b4\x01\x02\x03\xff", "4\xf0\x9f\x98\x80", "2",
                                  "b4\xc3", "b4\x01\x02\x03"});
}

TEST_CASE("a long packet is counted with several digits") {
  const std::string text(1234, 'x');
  CHECK(decode("1235:4" + text, false).packets == Packets{"4" + text});
  CHECK(decode(bytes("\x00\x01\x02\x03\x05\xff") + "4" + text, true).packets ==
        Packets{"4" + text});
}

// --- Writing bodies

TEST_CASE("without a binary packet a body is text") {
  const std::vector packets{message("hello"), message("\xc3\xa9\xf0\x9f\x98\x80"),
                            binary("\x01\x02\x03\x04", true),
                            EncodedPacket::text(PacketType::noop, {})};
  const std::string body = revision3::encode_payload(packets);
  CHECK(body ==
        "6:4hello4:4\xc3\xa9\xf0\x9f\x98\x80"
        "10:b4AQIDBA==1:6");
  CHECK_FALSE(revision3::is_binary_payload(body));
}

TEST_CASE("with a binary packet the whole body is binary") {
  const std::vector packets{message("hello"), binary("\x01\x02\x03\x04"),
                            message("\xf0\x9f\x98\x80"), message("123456789")};
  const std::string body = revision3::encode_payload(packets);
  CHECK(body == bytes("\x00\x06\xff"
                      "4hello"
                      "\x01\x05\xff\x04\x01\x02\x03\x04"
                      "\x00\x05\xff"
                      "4\xf0\x9f\x98\x80"
                      "\x00\x01\x00\xff"
                      "4123456789"));
  CHECK(revision3::is_binary_payload(body));
  CHECK(revision3::is_binary_payload(revision3::encode_payload(std::vector{binary("")})));
}

TEST_CASE("what is written reads the same") {
  for (const std::size_t size : {0u, 1u, 8u, 9u, 98u, 99u, 1000u, 70'000u}) {
    CAPTURE(size);
    const std::string text(size, 'x');
    const std::string data(size, '\xfe');
    const std::vector mixed{message(text), binary(data), message(text)};
    CHECK(decode(revision3::encode_payload(mixed), true).packets ==
          Packets{"4" + text, "b4" + data, "4" + text});
    const std::vector base64{message(text), binary(data, true), message(text)};
    CHECK(decode(revision3::encode_payload(base64), false).packets ==
          Packets{"4" + text, "b4" + data, "4" + text});
  }
}

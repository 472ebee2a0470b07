// SPDX-License-Identifier: MIT
//
// Random packets, encoded and decoded again.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include "patchbay/protocol/sio/json_parser.hpp"
#include "patchbay/protocol/sio/msgpack_parser.hpp"

using namespace patchbay;
using namespace patchbay::sio;
using namespace std::string_view_literals;

namespace {

const Limits kLimits;

bool equal(const Packet& a, const Packet& b) {
  return a.type == b.type && a.nsp == b.nsp && a.id == b.id && a.data == b.data;
}

// Values as hostile as a peer's, from a seeded generator.
class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}

  std::size_t below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(engine_);
  }
  std::uint64_t bits() { return engine_(); }

  std::string text() {
    static constexpr std::string_view kPieces[] = {"a",
                                                   "\"",
                                                   "\\",
                                                   "/",
                                                   "\n",
                                                   "\0"sv,
                                                   "\x1f",
                                                   "\x7f",
                                                   "\xc3\xa9",
                                                   "\xe2\x80\xa8",
                                                   "\xed\x9f\xbf",
                                                   "\xf0\x9f\x98\x80",
                                                   "_placeholder",
                                                   "num",
                                                   "__proto__",
                                                   ",",
                                                   "[",
                                                   "{"};
    std::string result;
    for (std::size_t i = below(5); i > 0; --i) result += kPieces[below(std::size(kPieces))];
    return result;
  }

  Bytes bytes() {
    std::string result;
    for (std::size_t i = below(8); i > 0; --i) result += static_cast<char>(bits());
    return Bytes(result);
  }

  double number() {
    const auto mantissa = static_cast<double>(static_cast<std::int64_t>(bits()));
    const double number = std::ldexp(mantissa, static_cast<int>(below(1900)) - 1000);
    // JavaScript prints whole doubles of this size rounded to 17 digits, and those are read as an
    // exact integer: another number.
    const double size = std::abs(number);
    return size > 0x1p53 && size < 0x1p63 ? std::ldexp(number, 64) : number;
  }

  // `attachments`: how many binary values may still be used.
  Value value(std::size_t depth, std::size_t& attachments) {
    switch (below(depth == 0 ? 7 : 9)) {
      case 0:
        return nullptr;
      case 1:
        return below(2) == 1;
      case 2:
        return static_cast<std::int64_t>(bits() >> below(64));
      case 3:
        return -static_cast<std::int64_t>(bits() >> (1 + below(63)));
      case 4:
        return number();
      case 5:
        return text();
      case 6:
        if (attachments == 0) return text();
        --attachments;
        return bytes();
      case 7:
        return array(depth - 1, attachments);
      default:
        return object(depth - 1, attachments);
    }
  }

 private:
  Array array(std::size_t depth, std::size_t& attachments) {
    Array result;
    for (std::size_t i = below(5); i > 0; --i) result.push_back(value(depth, attachments));
    return result;
  }

  Object object(std::size_t depth, std::size_t& attachments) {
    Object result;
    for (std::size_t i = below(below(8) == 0 ? 40 : 5); i > 0; --i) {
      std::string key = text();
      // Next to binary content a true one would be a placeholder.
      const bool is_mark = key == "_placeholder";
      // A replaced value would take its attachment along.
      if (!result.contains(key)) {
        result.set(std::move(key), is_mark ? Value(false) : value(depth, attachments));
      }
    }
    return result;
  }

  std::mt19937_64 engine_;
};

Packet random_packet(Random& random, std::size_t attachments) {
  Packet packet;
  packet.type = random.below(2) == 0 ? PacketType::event : PacketType::ack;
  if (random.below(2) == 0) packet.nsp = "/n\xc3\xa9" + std::to_string(random.below(10));
  if (random.below(2) == 0) packet.id = random.bits() >> random.below(64);
  Array args;
  if (packet.type == PacketType::event) args.emplace_back("event " + random.text());
  for (std::size_t i = random.below(4); i > 0; --i) args.push_back(random.value(4, attachments));
  packet.data = std::move(args);
  return packet;
}

void check_round_trip(const Parser& parser, const Packet& packet) {
  const Encoded encoded = parser.encode(packet);
  CAPTURE(encoded.text);
  const auto decoder = parser.make_decoder(kLimits);
  Result<std::optional<Packet>> result = std::optional<Packet>();
  if (!encoded.text.empty()) result = decoder->on_text(encoded.text);
  for (const std::string& attachment : encoded.attachments) {
    REQUIRE(result.error() == Errc::none);
    REQUIRE_FALSE(result->has_value());
    result = decoder->on_binary(attachment);
  }
  REQUIRE(result.error() == Errc::none);
  REQUIRE(result->has_value());
  CHECK(equal(**result, packet));
  // The order of keys is part of the text.
  const Encoded again = parser.encode(**result);
  CHECK(again.text == encoded.text);
  CHECK(again.attachments == encoded.attachments);
}

}  // namespace

TEST_CASE("what was encoded is decoded to the same packet") {
  for (const std::size_t attachments : {std::size_t{0}, kLimits.attachments}) {
    Random random(20'261'124);
    for (int i = 0; i < 4000; ++i) {
      check_round_trip(*json_parser(), random_packet(random, attachments));
    }
  }
}

TEST_CASE("what was encoded as MessagePack is decoded to the same packet") {
  Random random(20'261'124);
  for (int i = 0; i < 8000; ++i) {
    Packet packet = random_packet(random, 100);
    if (packet.id) *packet.id >>= 1;  // larger ids have no exact integer in a Value
    check_round_trip(*msgpack_parser(), packet);
  }
}

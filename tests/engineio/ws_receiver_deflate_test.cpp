// SPDX-License-Identifier: MIT
//
// The receiver of a connection with permessage-deflate.
#include <doctest/doctest.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../support/heap_meter.hpp"
#include "../support/ws_client.hpp"
#include "deflate.hpp"
#include "ws_codec.hpp"
#include "ws_deflate.hpp"

namespace patchbay::engineio::ws {
namespace {

using namespace test;
using namespace std::string_view_literals;

using Events = std::vector<Seen>;

constexpr std::uint8_t kRsv1 = 4;
constexpr std::string_view kHello = "\xf2\x48\xcd\xc9\xc9\x07\x00"sv;  // RFC 7692 7.2.3.1
constexpr std::string_view kHelloAgain = "\xf2\x00\x11\x00\x00"sv;     // 7.2.3.2, in context

std::string compressed_frame(std::uint8_t opcode, std::string_view payload, bool fin = true) {
  FrameOptions options;
  options.fin = fin;
  options.reserved = kRsv1;
  return client_frame(opcode, payload, options);
}

std::string compress(std::string_view message) {
  Deflater deflater(15, 6, 8);
  std::string out;
  deflater.compress(message, out);
  return out;
}

struct Fixture {
  Limits limits;
  DeflatePool pool;
  DeflateParams params;

  Receiver receiver() { return Receiver(limits, make_message_inflater(pool, params)); }

  // The events, which must be the same however the bytes are cut.
  Events events(std::string_view bytes) {
    Events whole = receive(receiver(), bytes, bytes.size(), bytes.size());
    for (std::size_t first = 0; first <= std::min<std::size_t>(bytes.size(), 80); ++first) {
      CHECK(receive(receiver(), bytes, first, bytes.size()) == whole);
    }
    for (const std::size_t chunk : {1U, 2U, 3U, 7U, 1000U}) {
      CHECK(receive(receiver(), bytes, chunk, chunk) == whole);
    }
    return whole;
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "compressed messages unfold, among others that are not") {
  CHECK(events(compressed_frame(kText, kHello) + client_frame(kText, "plain") +
               compressed_frame(kBinary, kHello) + client_frame(kPing, "p") +
               compressed_frame(kText, "\0"sv) + compressed_frame(kText, "")) ==
        Events{text("Hello"), text("plain"), binary("Hello"), ping("p"), text(""), text("")});
}

TEST_CASE_FIXTURE(Fixture, "context is kept between messages when that was agreed") {
  const std::string wire = compressed_frame(kText, kHello) + client_frame(kText, "plain") +
                           compressed_frame(kText, kHelloAgain);
  CHECK(events(wire) == Events{text("Hello"), text("plain"), text("Hello")});
  params.client_no_context_takeover = true;
  CHECK(events(wire) == Events{text("Hello"), text("plain"), failed(Errc::ws_bad_deflate)});
}

TEST_CASE_FIXTURE(Fixture, "fragments are parts of one stream, with control frames in between") {
  for (const bool no_context : {false, true}) {
    params.client_no_context_takeover = no_context;
    const std::string wire =
        compressed_frame(kText, kHello.substr(0, 3), false) + client_frame(kPing, "one") +
        client_fragment(kContinuation, "") + client_fragment(kContinuation, kHello.substr(3, 1)) +
        client_frame(kPong, "two") + client_frame(kContinuation, kHello.substr(4)) +
        compressed_frame(kText, kHello);
    CHECK(events(wire) == Events{ping("one"), pong("two"), text("Hello"), text("Hello")});
  }
}

TEST_CASE_FIXTURE(Fixture, "the first reserved bit is legal on the first frame of a message only") {
  const Events refused{failed(Errc::ws_reserved_bits)};
  for (const std::uint8_t opcode : {kPing, kPong, kClose}) {
    CHECK(events(compressed_frame(opcode, "")) == refused);
  }
  CHECK(events(compressed_frame(kText, kHello.substr(0, 3), false) +
               compressed_frame(kContinuation, kHello.substr(3))) == refused);
  CHECK(events(client_fragment(kText, "a") + compressed_frame(kContinuation, kHello)) == refused);
  for (const int reserved : {1, 2, 3, 5, 6, 7}) {
    FrameOptions options;
    options.reserved = static_cast<std::uint8_t>(reserved);
    CHECK(events(client_frame(kText, kHello, options)) == refused);
  }
  CHECK(receive(compressed_frame(kText, kHello)) == refused);
}

TEST_CASE_FIXTURE(Fixture, "an unfolded text has to be UTF-8") {
  CHECK(events(compressed_frame(kText, compress("ab\xff"))) ==
        Events{failed(Errc::ws_invalid_utf8)});
  CHECK(events(compressed_frame(kBinary, compress("ab\xff"))) == Events{binary("ab\xff")});
  CHECK(events(compressed_frame(kText, compress("€ä😀"))) == Events{text("€ä😀")});
}

TEST_CASE_FIXTURE(Fixture, "what cannot be unfolded ends the connection with 1007") {
  for (const bool no_context : {false, true}) {
    params.client_no_context_takeover = no_context;
    for (const std::string_view bad : {"\x07"sv, kHello.substr(0, 4), "4plain"sv}) {
      CHECK(events(compressed_frame(kText, kHello) + compressed_frame(kText, bad) +
                   compressed_frame(kText, kHello)) ==
            Events{text("Hello"), failed(Errc::ws_bad_deflate)});
    }
  }
  CHECK(close_code_for(Errc::ws_bad_deflate) == 1007);
}

TEST_CASE_FIXTURE(Fixture, "the limit is for what a message unfolds to") {
  limits.message_bytes = 1000;
  const std::string most(1000, 'a');
  CHECK(events(compressed_frame(kText, compress(most))) == Events{text(most)});
  const Events refused{failed(Errc::ws_message_too_large)};
  CHECK(events(compressed_frame(kText, compress(most + "a"))) == refused);
  // Also in fragments, of which the second is too much.
  const std::string bomb = compress(std::string(1'000'000, 'a'));
  CHECK(events(compressed_frame(kText, bomb.substr(0, 10), false) +
               client_frame(kContinuation, bomb.substr(10))) == refused);
}

TEST_CASE_FIXTURE(Fixture, "what cannot be compressed may grow a little beyond the limit") {
  limits.message_bytes = 100'000;
  std::string noise(limits.message_bytes, '\0');
  unsigned state = 1;
  for (char& byte : noise) byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  const std::string wire = compress(noise);
  REQUIRE(wire.size() > limits.message_bytes);
  CHECK(receive(receiver(), compressed_frame(kBinary, wire), 999, 5000) == Events{binary(noise)});
  // But not by much, and the header is enough to say so.
  FrameOptions options;
  options.reserved = kRsv1;
  for (const std::uint64_t announced : {std::uint64_t{101'000}, std::uint64_t{1} << 62}) {
    options.announced = announced;
    CHECK(receive(receiver(), client_frame(kBinary, "", options), 1, 1) ==
          Events{failed(Errc::ws_message_too_large)});
  }
}

TEST_CASE_FIXTURE(Fixture, "fragments of nothing are bounded by their count and size") {
  limits.message_bytes = 1000;
  limits.ws_fragments = 8;
  std::string wire = compressed_frame(kText, "\0\0\0\xff\xff"sv, false);
  for (int i = 0; i < 8; ++i) wire += client_fragment(kContinuation, "\0\0\0\xff\xff"sv);
  CHECK(events(wire) == Events{failed(Errc::ws_too_many_fragments)});
}

TEST_CASE_FIXTURE(Fixture, "between messages nothing is kept but the context") {
  params.client_no_context_takeover = true;
  Receiver quiet = receiver();
  Events seen;
  CHECK(feed(quiet, compressed_frame(kText, kHello), seen));
  seen.clear();
  const std::string message(200'000, 'a');
  std::string wire = compressed_frame(kText, compress(message));
  const std::size_t before = heap_bytes();
  {
    std::span<char> input(wire);
    CHECK(quiet.next(input).data.size() == message.size());
    CHECK(heap_bytes() - before >= message.size());
    CHECK(quiet.next(input).kind == Event::Kind::need_more);
  }
  CHECK(heap_bytes() == before);
}

TEST_CASE_FIXTURE(Fixture, "an inflater that was lent comes back whole after a message broke off") {
  params.client_no_context_takeover = true;
  {
    Receiver broken = receiver();
    Events seen;
    CHECK(feed(broken, compressed_frame(kText, kHello.substr(0, 3), false), seen));
  }
  {
    Receiver bad = receiver();
    Events seen;
    CHECK_FALSE(feed(bad, compressed_frame(kText, "\x07"), seen));
  }
  CHECK(events(compressed_frame(kText, kHello)) == Events{text("Hello")});
}

}  // namespace patchbay::engineio::ws

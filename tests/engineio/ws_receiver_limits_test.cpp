// SPDX-License-Identifier: MIT
//
// What a client can make the receiver hold, and for how long.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../support/heap_meter.hpp"
#include "../support/ws_client.hpp"
#include "patchbay/protocol/utf8.hpp"
#include "ws_codec.hpp"

namespace patchbay::engineio::ws {
namespace {

using namespace test;

using Events = std::vector<Seen>;

// simdjson chooses its implementation, and allocates for it, when it is first used: not in the
// middle of what these tests count.
[[maybe_unused]] const bool kUtf8Ready = is_valid_utf8("first");

Limits small_limits() {
  Limits limits;
  limits.message_bytes = 100;
  limits.ws_fragments = 4;
  return limits;
}

// Only the header of a frame.
std::string announce(std::uint8_t opcode, std::uint64_t length, bool fin = true) {
  FrameOptions options;
  options.fin = fin;
  options.announced = length;
  return client_frame(opcode, "", options);
}

// The kind of the one event in `bytes`, which must not be a message.
Event::Kind next_kind(Receiver& receiver, std::string bytes) {
  std::span<char> input(bytes);
  return receiver.next(input).kind;
}

}  // namespace

TEST_CASE("a message of the limit passes and one byte more is refused") {
  const Limits limits = small_limits();
  const std::string most(100, 'a');
  CHECK(receive(client_frame(kText, most), limits) == Events{text(most)});
  CHECK(receive(client_frame(kText, most + "a"), limits) ==
        Events{failed(Errc::ws_message_too_large)});
  const std::string head = client_fragment(kText, most.substr(1));
  CHECK(receive(head + client_frame(kContinuation, "a"), limits) == Events{text(most)});
  CHECK(receive(head + client_frame(kContinuation, "aa"), limits) ==
        Events{failed(Errc::ws_message_too_large)});
}

TEST_CASE("each message has the whole limit for itself") {
  const Limits limits = small_limits();
  const std::string most(100, 'a');
  const std::string message =
      client_fragment(kText, most.substr(50)) + client_frame(kContinuation, most.substr(50));
  CHECK(receive(message + message + client_frame(kText, most) + message, limits) ==
        Events(4, text(most)));
}

TEST_CASE("a message too large is refused by its header") {
  const Limits limits = small_limits();
  CHECK(receive(announce(kBinary, 101), limits) == Events{failed(Errc::ws_message_too_large)});
  CHECK(receive(announce(kBinary, 100), limits).empty());
  CHECK(receive(client_fragment(kBinary, "a") + announce(kContinuation, 100), limits) ==
        Events{failed(Errc::ws_message_too_large)});
}

// The following two are named after the faults in websocketpp's own receive loop.
TEST_CASE("a continuation that makes the size sum wrap is refused") {
  const std::string head = client_fragment(kBinary, "0123456789");
  const std::uint64_t max = std::numeric_limits<std::uint64_t>::max();
  CHECK(receive(head + announce(kContinuation, max - 4)) == Events{failed(Errc::ws_bad_length)});
  CHECK(receive(head + announce(kContinuation, max / 2)) ==
        Events{failed(Errc::ws_message_too_large)});

  // Even when the limit itself is the largest there is.
  Limits limits;
  limits.message_bytes = std::numeric_limits<std::size_t>::max() / 2;
  CHECK(receive(head + announce(kContinuation, max / 2 - 4), limits) ==
        Events{failed(Errc::ws_message_too_large)});
}

TEST_CASE("a header that announces much allocates little") {
  const Limits limits;
  const std::size_t before = heap_bytes();
  Receiver receiver(limits);
  CHECK(next_kind(receiver, announce(kBinary, 900'000)) == Event::Kind::need_more);
  CHECK(heap_bytes() - before < 1000);
  CHECK(next_kind(receiver, std::string(10'000, 'x')) == Event::Kind::need_more);
  CHECK(heap_bytes() - before < 21'000);
}

TEST_CASE("a message in more fragments than allowed is refused") {
  const Limits limits = small_limits();
  for (const std::string_view piece : {"", "x"}) {
    std::string bytes = client_fragment(kText, piece);
    bytes += client_fragment(kContinuation, piece) + client_frame(kPing, "");
    bytes += client_fragment(kContinuation, piece);
    std::string whole;
    for (int i = 0; i < 4; ++i) whole += piece;
    CHECK(receive(bytes + client_frame(kContinuation, piece), limits) ==
          Events{ping(""), text(whole)});
    CHECK(receive(bytes + client_fragment(kContinuation, piece), limits) == Events{ping("")});
    CHECK(
        receive(bytes + client_fragment(kContinuation, piece) + client_frame(kContinuation, piece),
                limits) == Events{ping(""), failed(Errc::ws_too_many_fragments)});
  }
}

TEST_CASE("fragments are counted for each message anew") {
  const Limits limits = small_limits();
  std::string message = client_fragment(kText, "a");
  for (int i = 0; i < 2; ++i) message += client_fragment(kContinuation, "b");
  message += client_frame(kContinuation, "c");
  CHECK(receive(message + message + message, limits) == Events(3, text("abbc")));
}

TEST_CASE("empty fragments by the thousand take no memory") {
  const Limits limits;
  std::string bytes = client_fragment(kText, "");
  for (std::size_t i = 1; i < limits.ws_fragments; ++i) bytes += client_fragment(kContinuation, "");
  const std::size_t before = heap_bytes();
  Receiver receiver(limits);
  std::span<char> input(bytes);
  CHECK(receiver.next(input).kind == Event::Kind::need_more);
  CHECK(heap_bytes() - before < 1000);
  CHECK(next_kind(receiver, client_frame(kContinuation, "")) == Event::Kind::error);
}

TEST_CASE("whole frames are passed on in place and without an allocation") {
  std::string bytes = client_frame(kText, std::string(5000, 'a')) + client_frame(kPing, "p") +
                      client_frame(kBinary, "") + client_frame(kText, "b") +
                      client_frame(kPong, "q") +
                      client_frame(kClose,
                                   "\x03\xE8"
                                   "done");
  const Limits limits;
  Receiver receiver(limits);
  std::span<char> input(bytes);
  const std::size_t before = heap_allocations();
  std::size_t in_place = 0;
  while (true) {
    const Event event = receiver.next(input);
    const char* end = event.data.data() + event.data.size();
    if (event.data.data() >= bytes.data() && end <= bytes.data() + bytes.size()) ++in_place;
    if (event.kind == Event::Kind::close) break;
  }
  CHECK(heap_allocations() == before);
  CHECK(in_place == 6);
  CHECK(input.empty());
}

TEST_CASE("a control frame inside a fragmented message is passed on in place") {
  const Limits limits;
  Receiver receiver(limits);
  CHECK(next_kind(receiver, client_fragment(kText, "a")) == Event::Kind::need_more);
  std::string bytes = client_frame(kPing, "where");
  std::span<char> input(bytes);
  const std::size_t before = heap_allocations();
  CHECK(receiver.next(input).data.data() == bytes.data() + bytes.size() - 5);
  CHECK(heap_allocations() == before);
}

TEST_CASE("a payload whose header came in an earlier read is passed on in place") {
  const Limits limits;
  Receiver receiver(limits);
  std::string bytes = client_frame(kText, "hello");
  CHECK(next_kind(receiver, bytes.substr(0, 3)) == Event::Kind::need_more);
  std::span<char> input = std::span(bytes).subspan(3);
  const Event event = receiver.next(input);
  CHECK(event.data == "hello");
  CHECK(event.data.data() == bytes.data() + 6);
}

TEST_CASE("a message from pieces lives until the next call, and then its memory is given back") {
  const Limits limits;
  const std::string payload(300'000, 'z');
  const std::string frame = client_frame(kText, payload);
  std::string fragments = client_fragment(kText, payload) + client_frame(kContinuation, "");
  for (const std::string& bytes : {frame, fragments}) {
    std::string first = bytes.substr(0, 1000);
    std::string second = bytes.substr(1000);
    const std::size_t before = heap_bytes();
    Receiver receiver(limits);
    std::span<char> input(first);
    CHECK(receiver.next(input).kind == Event::Kind::need_more);
    input = second;
    const Event event = receiver.next(input);
    std::fill(first.begin(), first.end(), '?');
    std::fill(second.begin(), second.end(), '?');
    CHECK(event.data == payload);
    CHECK(receiver.next(input).kind == Event::Kind::need_more);
    CHECK(heap_bytes() == before);
  }
}

TEST_CASE("what was kept is given back at once by an error, and by the call after a close") {
  const Limits limits;
  const std::string partial = client_fragment(kBinary, std::string(50'000, 'x'));
  const std::size_t before = heap_bytes();
  Receiver failing(limits);
  CHECK(next_kind(failing, partial) == Event::Kind::need_more);
  CHECK(heap_bytes() - before > 50'000);
  CHECK(next_kind(failing, client_frame(kText, "")) == Event::Kind::error);
  CHECK(heap_bytes() == before);

  Receiver closing(limits);
  CHECK(next_kind(closing, partial) == Event::Kind::need_more);
  CHECK(heap_bytes() - before > 50'000);
  CHECK(next_kind(closing, client_frame(kClose, "")) == Event::Kind::close);
  CHECK(next_kind(closing, "") == Event::Kind::close);
  CHECK(heap_bytes() == before);
}

TEST_CASE("after whole frames and split ones a quiet connection keeps nothing") {
  const Limits limits;
  const std::string bytes = client_frame(kText, "one") + client_frame(kPing, "two") +
                            client_fragment(kText, "thr") + client_frame(kPing, "ee") +
                            client_frame(kContinuation, "ee");
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    CAPTURE(cut);
    Receiver receiver(limits);
    const std::size_t before = heap_bytes();
    {
      Events seen;
      feed(receiver, bytes.substr(0, cut), seen);
      feed(receiver, bytes.substr(cut), seen);
      CHECK(seen.size() == 4);
    }
    CHECK(heap_bytes() == before);
  }
}

TEST_CASE("a large message in many reads is copied a bounded number of times") {
  Limits limits;
  limits.message_bytes = 4'000'000;
  std::string bytes = client_frame(kBinary, std::string(4'000'000, 'x'));
  Receiver receiver(limits);
  const std::size_t before = heap_allocations();
  Event event;
  for (std::size_t at = 0; at < bytes.size(); at += 100) {
    std::span<char> input =
        std::span(bytes).subspan(at, std::min<std::size_t>(100, bytes.size() - at));
    event = receiver.next(input);
  }
  CHECK(event.kind == Event::Kind::binary);
  CHECK(event.data.size() == 4'000'000);
  CHECK(heap_allocations() - before < 30);  // the buffer doubles
}

}  // namespace patchbay::engineio::ws

// SPDX-License-Identifier: MIT
//
// What a client may send and what it may not. How memory is used and limits are kept is in
// ws_receiver_limits_test.cpp.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../support/ws_client.hpp"
#include "ws_codec.hpp"

namespace patchbay::engineio::ws {
namespace {

using namespace std::string_literals;
using namespace test;

using Events = std::vector<Seen>;

struct Conversation {
  std::string name;
  std::string bytes;
  Events events;
};

// However the bytes are cut into reads, the events must be the same.
void check_conversation(const Conversation& c) {
  INFO(c.name);
  const Limits limits;
  CHECK(receive(c.bytes) == c.events);
  for (const std::size_t chunk : {1U, 2U, 3U, 7U, 13U}) {
    CAPTURE(chunk);
    CHECK(receive(c.bytes, limits, chunk, chunk) == c.events);
  }
  if (c.bytes.size() > 2000) return;
  for (std::size_t first = 1; first < c.bytes.size(); ++first) {
    CAPTURE(first);
    CHECK(receive(c.bytes, limits, first, c.bytes.size()) == c.events);
  }
}

void check_all(const std::vector<Conversation>& conversations) {
  for (const Conversation& c : conversations) check_conversation(c);
}

}  // namespace

TEST_CASE("a frame that breaks a rule is an error with its name") {
  check_all({
      {"RSV1", client_frame(kText, "a", {.reserved = 4}), {failed(Errc::ws_reserved_bits)}},
      {"RSV2", client_frame(kText, "a", {.reserved = 2}), {failed(Errc::ws_reserved_bits)}},
      {"RSV3", client_frame(kBinary, "a", {.reserved = 1}), {failed(Errc::ws_reserved_bits)}},
      {"RSV1 on a ping",
       client_frame(kPing, "", {.reserved = 4}),
       {failed(Errc::ws_reserved_bits)}},
      {"opcode 3", client_frame(3, "a"), {failed(Errc::ws_reserved_opcode)}},
      {"opcode 4", client_frame(4, "a"), {failed(Errc::ws_reserved_opcode)}},
      {"opcode 5", client_frame(5, "a"), {failed(Errc::ws_reserved_opcode)}},
      {"opcode 6", client_frame(6, "a"), {failed(Errc::ws_reserved_opcode)}},
      {"opcode 7", client_frame(7, "a"), {failed(Errc::ws_reserved_opcode)}},
      {"opcode 11", client_frame(11, ""), {failed(Errc::ws_reserved_opcode)}},
      {"opcode 12", client_frame(12, ""), {failed(Errc::ws_reserved_opcode)}},
      {"opcode 13", client_frame(13, ""), {failed(Errc::ws_reserved_opcode)}},
      {"opcode 14", client_frame(14, ""), {failed(Errc::ws_reserved_opcode)}},
      {"opcode 15", client_frame(15, ""), {failed(Errc::ws_reserved_opcode)}},
      {"text unmasked", client_frame(kText, "a", {.masked = false}), {failed(Errc::ws_not_masked)}},
      {"empty unmasked", client_frame(kText, "", {.masked = false}), {failed(Errc::ws_not_masked)}},
      {"ping unmasked", client_frame(kPing, "", {.masked = false}), {failed(Errc::ws_not_masked)}},
      {"close unmasked",
       client_frame(kClose, "", {.masked = false}),
       {failed(Errc::ws_not_masked)}},
      {"ping not final", client_fragment(kPing, ""), {failed(Errc::ws_bad_control_frame)}},
      {"pong not final", client_fragment(kPong, ""), {failed(Errc::ws_bad_control_frame)}},
      {"close not final", client_fragment(kClose, ""), {failed(Errc::ws_bad_control_frame)}},
      {"ping of 126",
       client_frame(kPing, std::string(126, 'a')),
       {failed(Errc::ws_bad_control_frame)}},
      {"pong of 65536",
       client_frame(kPong, std::string(65536, 'a')),
       {failed(Errc::ws_bad_control_frame)}},
      {"close of 126",
       client_frame(kClose, "\x03\xE8" + std::string(124, 'a')),
       {failed(Errc::ws_bad_control_frame)}},
      {"ping with a long form of 5",
       client_frame(kPing, "aaaaa", {.length_bytes = 2}),
       {failed(Errc::ws_bad_control_frame)}},
  });
}

TEST_CASE("a frame that breaks a rule is refused by its first two bytes") {
  for (const std::string& frame :
       {client_frame(kText, "a", {.reserved = 4}), client_frame(3, "a"), client_frame(11, "a"),
        client_frame(kText, "a", {.masked = false}), client_fragment(kPing, "a"),
        client_frame(kPing, std::string(126, 'a'))}) {
    CHECK(receive(frame.substr(0, 1)).empty());
    CHECK(receive(frame.substr(0, 2)).size() == 1);
  }
}

TEST_CASE("a length not in its shortest form, or over 63 bits, is refused") {
  const auto announce = [](std::uint64_t length, int length_bytes) {
    return client_frame(kBinary, "", {.announced = length, .length_bytes = length_bytes});
  };
  const Events refused = {failed(Errc::ws_bad_length)};
  check_all({
      {"0 in 16 bits", announce(0, 2), refused},
      {"125 in 16 bits", announce(125, 2), refused},
      {"0 in 64 bits", announce(0, 8), refused},
      {"126 in 64 bits", announce(126, 8), refused},
      {"65535 in 64 bits", announce(65535, 8), refused},
      {"2^63", announce(0x8000'0000'0000'0000, 8), refused},
      {"2^64 - 1", announce(~std::uint64_t{0}, 8), refused},
      {"2^63 - 1 is only too large",
       announce(0x7FFF'FFFF'FFFF'FFFF, 8),
       {failed(Errc::ws_message_too_large)}},
  });
}

TEST_CASE("payloads of every length class arrive unmasked") {
  for (const std::size_t size : {0U, 1U, 7U, 8U, 9U, 125U, 126U, 127U, 128U, 65535U, 65536U}) {
    const std::string payload(size, '*');
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(i * 31 % 256);
    check_all({
        {"text of " + std::to_string(size), client_frame(kText, payload), {text(payload)}},
        {"binary of " + std::to_string(size), client_frame(kBinary, bytes), {binary(bytes)}},
    });
  }
}

TEST_CASE("a payload is unmasked at any alignment and length") {
  const std::string payload = "The quick brown fox jumps over the lazy dog";
  const Limits limits;
  for (std::size_t size = 0; size <= payload.size(); ++size) {
    const std::string frame = client_frame(kText, payload.substr(0, size));
    for (std::size_t offset = 0; offset < 16; ++offset) {
      std::vector<char> buffer(offset + frame.size());
      const std::span<char> place = std::span(buffer).subspan(offset);
      std::copy(frame.begin(), frame.end(), place.begin());
      std::span<char> input = place;
      Receiver receiver(limits);
      CHECK(receiver.next(input).data == payload.substr(0, size));
      CHECK(input.empty());
    }
  }
}

TEST_CASE("pings and pongs keep their payload") {
  const std::string most(125, '\xFE');
  check_all({
      {"empty ping", client_frame(kPing, ""), {ping("")}},
      {"ping with text", client_frame(kPing, "hello"), {ping("hello")}},
      {"ping with bytes", client_frame(kPing, "\x00\xFF\xFE\x00"s), {ping("\x00\xFF\xFE\x00"s)}},
      {"largest ping", client_frame(kPing, most), {ping(most)}},
      {"unsolicited pongs",
       client_frame(kPong, "") + client_frame(kPong, "x") + client_frame(kPing, "y"),
       {pong(""), pong("x"), ping("y")}},
  });
}

TEST_CASE("fragments make one message, with control frames between them") {
  const std::string head = client_fragment(kText, "frag");
  const std::string tail = client_frame(kContinuation, "ment");
  check_all({
      {"two fragments", head + tail, {text("fragment")}},
      {"binary in three",
       client_fragment(kBinary, "\xFF") + client_fragment(kContinuation, "\xFE") +
           client_frame(kContinuation, "\xFD"),
       {binary("\xFF\xFE\xFD")}},
      {"empty fragments",
       client_fragment(kText, "") + client_fragment(kContinuation, "") +
           client_frame(kContinuation, ""),
       {text("")}},
      {"an empty last fragment",
       client_fragment(kText, "a") + client_frame(kContinuation, ""),
       {text("a")}},
      {"ping between", head + client_frame(kPing, "p") + tail, {ping("p"), text("fragment")}},
      {"several between",
       head + client_frame(kPing, "1") + client_frame(kPong, "22") +
           client_fragment(kContinuation, "-") + client_frame(kPing, "") + tail,
       {ping("1"), pong("22"), ping(""), text("frag-ment")}},
      {"close between", head + client_frame(kClose, "\x03\xE8") + tail, {closed(1000)}},
      {"messages behind one another",
       head + tail + client_frame(kText, "b") + head + tail,
       {text("fragment"), text("b"), text("fragment")}},
      {"another kind behind",
       client_fragment(kBinary, "\xFF") + client_frame(kContinuation, "") + head + tail,
       {binary("\xFF"), text("fragment")}},
  });
}

TEST_CASE("fragments out of order are refused") {
  const Events refused = {failed(Errc::ws_bad_fragmentation)};
  const std::string head = client_fragment(kText, "a");
  const std::string tail = client_frame(kContinuation, "b");
  check_all({
      {"continuation of nothing", tail, refused},
      {"fragment of nothing", client_fragment(kContinuation, "b"), refused},
      {"text inside a message", head + client_frame(kText, "b"), refused},
      {"binary inside a message", head + client_frame(kBinary, "b"), refused},
      {"a start inside a message", head + client_fragment(kText, "b"), refused},
      {"continuation behind a message",
       head + tail + tail,
       {text("ab"), failed(Errc::ws_bad_fragmentation)}},
      {"continuation behind a whole message",
       client_frame(kText, "x") + tail,
       {text("x"), failed(Errc::ws_bad_fragmentation)}},
      {"continuation behind a ping",
       client_frame(kPing, "") + tail,
       {ping(""), failed(Errc::ws_bad_fragmentation)}},
  });
}

TEST_CASE("text must be UTF-8, wherever it is cut") {
  const std::string good = "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xF0\x9F\x98\x80";
  const Events refused = {failed(Errc::ws_invalid_utf8)};
  std::vector<Conversation> conversations;
  for (std::size_t cut = 0; cut <= good.size(); ++cut) {
    conversations.push_back({"good, fragments cut at " + std::to_string(cut),
                             client_fragment(kText, good.substr(0, cut)) +
                                 client_frame(kContinuation, good.substr(cut)),
                             {text(good)}});
  }
  for (const std::string& bad : {"\x80"s, "\xFF"s, "\xC0\xAF"s, "\xE0\x80\xAF"s, "\xED\xA0\x80"s,
                                 "\xF4\x90\x80\x80"s, "\xF8\x88\x80\x80\x80"s, "\xC3"s, "\xE2\x82"s,
                                 "\xF0\x9F\x98"s, "abc\xCE"s, good + "\xED\xA0\x80z"}) {
    conversations.push_back({"bad, whole", client_frame(kText, bad), refused});
    conversations.push_back({"bad, but binary", client_frame(kBinary, bad), {binary(bad)}});
    for (std::size_t cut = 0; cut <= bad.size(); ++cut) {
      conversations.push_back({"bad, fragmented",
                               client_fragment(kText, bad.substr(0, cut)) +
                                   client_frame(kContinuation, bad.substr(cut)),
                               refused});
    }
  }
  check_all(conversations);
}

// Named after the fault in websocketpp's own receive loop.
TEST_CASE("text whose UTF-8 is cut off, spread over fragments, is refused") {
  check_conversation({"the last sequence lacks a byte",
                      client_fragment(kText, "\xE2") + client_fragment(kContinuation, "\x82") +
                          client_frame(kContinuation, ""),
                      {failed(Errc::ws_invalid_utf8)}});
}

TEST_CASE("RSV1 on a continuation frame is refused") {
  check_conversation(
      {"continuation",
       client_fragment(kText, "a") + client_frame(kContinuation, "b", {.reserved = 4}),
       {failed(Errc::ws_reserved_bits)}});
}

// No extension is negotiated yet, so nothing may be compressed: not even well-formed deflate.
TEST_CASE("a compressed message is refused") {
  const std::string hello = "\xF2\x48\xCD\xC9\xC9\x07\x00"s;
  check_conversation(
      {"deflate", client_frame(kText, hello, {.reserved = 4}), {failed(Errc::ws_reserved_bits)}});
}

TEST_CASE("a close frame has no payload, or a valid code and a reason in UTF-8") {
  const auto close = [](int code, std::string_view reason) {
    std::string payload;
    append_big_endian(payload, static_cast<std::uint64_t>(code), 2);
    return client_frame(kClose, payload.append(reason));
  };
  const std::string longest(123, 'r');
  std::vector<Conversation> conversations = {
      {"empty", client_frame(kClose, ""), {closed()}},
      {"one byte", client_frame(kClose, "\x03"), {failed(Errc::ws_bad_close_frame)}},
      {"code and reason", close(1000, "bye"), {closed(1000, "bye")}},
      {"longest reason", close(4000, longest), {closed(4000, longest)}},
      {"reason not UTF-8", close(1000, "\xCE\xBA\xED\xA0\x80"), {failed(Errc::ws_invalid_utf8)}},
      {"reason cut off", close(1000, "ab\xE2\x82"), {failed(Errc::ws_invalid_utf8)}},
      {"what follows is not read",
       close(1001, "") + client_frame(kText, "late") + "\xFF\xFF",
       {closed(1001)}},
  };
  for (const int code : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
                         3000, 3999, 4000, 4999}) {
    conversations.push_back(
        {"valid code", close(code, ""), {closed(static_cast<std::uint16_t>(code))}});
  }
  for (const int code : {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535}) {
    conversations.push_back({"bad code", close(code, "x"), {failed(Errc::ws_bad_close_frame)}});
  }
  check_all(conversations);
}

TEST_CASE("one read may hold the end of a frame, whole frames and the start of another") {
  std::string bytes;
  Events events;
  for (int i = 0; i < 20; ++i) {
    const std::string payload(static_cast<std::size_t>(i * 7), static_cast<char>('a' + i));
    bytes += client_frame(i % 3 == 0 ? kBinary : kText, payload);
    events.push_back(i % 3 == 0 ? binary(payload) : text(payload));
    if (i % 5 == 0) {
      bytes += client_frame(kPing, payload.substr(0, 100));
      events.push_back(ping(payload.substr(0, 100)));
    }
  }
  bytes += client_fragment(kText, "part") + client_frame(kContinuation, "s");
  events.push_back(text("parts"));
  bytes += client_frame(kClose, "\x03\xE9");
  events.push_back(closed(1001));
  check_conversation({"a long one", bytes, events});
}

TEST_CASE("after an error each call repeats it and leaves the input alone") {
  const Limits limits;
  Receiver receiver(limits);
  Events seen;
  CHECK_FALSE(feed(receiver, client_frame(3, ""), seen));
  std::string more = client_frame(kText, "never read");
  const std::string before = more;
  std::span<char> input(more);
  for (int i = 0; i < 3; ++i) {
    const Event event = receiver.next(input);
    CHECK(event.kind == Event::Kind::error);
    CHECK(event.error == Errc::ws_reserved_opcode);
    CHECK(event.data.empty());
    CHECK(input.size() == before.size());
  }
  CHECK(more == before);
}

TEST_CASE("after a close each call repeats it and leaves the input alone") {
  const Limits limits;
  for (const std::string& prefix : {""s, client_fragment(kText, "unfinished")}) {
    Receiver receiver(limits);
    std::string bytes = prefix +
                        client_frame(kClose,
                                     "\x03\xE8"
                                     "bye") +
                        client_frame(kText, "late");
    std::span<char> input(bytes);
    CHECK(receiver.next(input).close_code == 1000);
    const std::string rest(input.begin(), input.end());
    CHECK(rest == client_frame(kText, "late"));
    for (int i = 0; i < 3; ++i) {
      const Event event = receiver.next(input);
      CHECK(event.kind == Event::Kind::close);
      CHECK(event.error == Errc::none);
      CHECK(event.data.empty());
      CHECK(std::string(input.begin(), input.end()) == rest);
    }
  }
}

TEST_CASE("no input is no event, also in the middle of a frame") {
  const Limits limits;
  Receiver receiver(limits);
  std::span<char> nothing;
  CHECK(receiver.next(nothing).kind == Event::Kind::need_more);
  const std::string frame = client_frame(kText, "hello");
  Events seen;
  for (const char byte : frame) {
    CHECK(seen.empty());
    feed(receiver, std::string_view(&byte, 1), seen);
    if (seen.empty()) CHECK(receiver.next(nothing).kind == Event::Kind::need_more);
  }
  CHECK(seen == Events{text("hello")});
}

TEST_CASE("a receiver can be moved in the middle of a frame") {
  const Limits limits;
  const std::string bytes = client_fragment(kText, "mov") + client_frame(kContinuation, "ed");
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    CAPTURE(cut);
    Events seen;
    Receiver first(limits);
    feed(first, bytes.substr(0, cut), seen);
    Receiver second(std::move(first));
    feed(second, bytes.substr(cut), seen);
    CHECK(seen == Events{text("moved")});
  }
}

}  // namespace patchbay::engineio::ws

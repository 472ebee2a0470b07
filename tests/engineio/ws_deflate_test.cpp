// SPDX-License-Identifier: MIT
#include "ws_deflate.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "patchbay/protocol/eio/send_queue.hpp"

namespace patchbay::engineio::ws {
namespace {

using eio::EncodedPacket;
using eio::PacketType;

constexpr std::size_t kManyBuffers = 64;

bool is_compressed(const EncodedPacket& frame) {
  return (static_cast<unsigned char>(frame.frame()[0]) & 0x40U) != 0;
}

EncodedPacket message(std::string_view text, bool compress = true) {
  return EncodedPacket::text(PacketType::message, text, compress);
}

std::string words(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "word " + std::to_string(i * i) + ' ';
  return text;
}

// One connection: what it sends, and its client's inflater.
struct Connection {
  Connection(DeflatePool& pool, const PerMessageDeflateOptions& options,
             const DeflateParams& agreed)
      : sender(pool, options, agreed),
        inflater(agreed.server_max_window_bits),
        forgets(agreed.server_no_context_takeover) {}

  // Sends all that is queued, `step` frames at a time, and returns what the client reads.
  std::vector<std::string> drain(std::size_t step = kManyBuffers) {
    std::vector<std::string> read;
    while (!queue.empty()) {
      const auto frames = sender.prepare(queue.packets(), step);
      REQUIRE_FALSE(frames.empty());
      const std::size_t count = std::min(step, frames.size());
      for (const EncodedPacket& frame : frames.first(count)) read.push_back(unfold(frame));
      sender.pop(count);
      queue.pop(count);
    }
    return read;
  }

  std::string unfold(const EncodedPacket& frame) {
    if (!is_compressed(frame)) return std::string(frame.payload());
    ++compressed;
    bytes += frame.payload().size();
    if (forgets) inflater.reset();
    std::string out;
    CHECK(inflater.add(frame.payload(), out, 10'000'000) == Errc::none);
    CHECK(inflater.finish(out, 10'000'000) == Errc::none);
    return out;
  }

  DeflateSender sender;
  Inflater inflater;
  bool forgets;
  eio::SendQueue queue;
  std::size_t compressed = 0;
  std::size_t bytes = 0;
};

constexpr DeflateParams kContext{};
constexpr DeflateParams kNoContext{true, true, 15, 15};

}  // namespace

TEST_CASE("packets below the threshold and packets not to be compressed keep their frames") {
  for (const DeflateParams& params : {kContext, kNoContext}) {
    DeflatePool pool;
    const PerMessageDeflateOptions options;
    Connection connection(pool, options, params);
    const auto below = message(std::string(1022, 'a'));  // and the digit
    const auto at = message(std::string(1023, 'a'));
    const auto exempt = message(std::string(5000, 'a'), false);
    for (const auto& packet : {below, at, exempt}) connection.queue.push(packet);
    const auto frames = connection.sender.prepare(connection.queue.packets(), kManyBuffers);
    REQUIRE(frames.size() == 3);
    CHECK(frames[0].frame().data() == below.frame().data());
    CHECK(is_compressed(frames[1]));
    CHECK(frames[2].frame().data() == exempt.frame().data());
    connection.drain();
  }
}

TEST_CASE("what was queued arrives in its order, however it is taken") {
  for (const DeflateParams& params : {kContext, kNoContext, DeflateParams{false, false, 8, 15},
                                      DeflateParams{true, false, 9, 8}}) {
    for (const std::size_t step : {1U, 2U, 5U, 64U}) {
      DeflatePool pool;
      const PerMessageDeflateOptions options{.threshold = 20};
      Connection connection(pool, options, params);
      std::vector<std::string> sent;
      for (std::size_t i = 0; i < 100; ++i) {
        const std::string text = words(i % 7 == 0 ? 2000 : i % 13);
        sent.push_back(i % 3 == 0 ? text : "4" + text);
        connection.queue.push(i % 3 == 0 ? EncodedPacket::binary(text, i % 5 != 0)
                                         : message(text, i % 5 != 0));
      }
      CHECK(connection.drain(step) == sent);
      CHECK(connection.compressed > 50);
    }
  }
}

TEST_CASE("context makes later messages smaller") {
  DeflatePool pool;
  const PerMessageDeflateOptions options;
  Connection with(pool, options, kContext);
  Connection without(pool, options, kNoContext);
  for (int i = 0; i < 10; ++i) {
    with.queue.push(message(words(200)));
    without.queue.push(message(words(200)));
  }
  with.drain();
  without.drain();
  CHECK(with.bytes < without.bytes / 4);
}

TEST_CASE("a message that would grow is sent as it is when nothing depends on it") {
  std::string noise(2000, '\0');
  unsigned state = 1;
  for (char& byte : noise) byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  for (const DeflateParams& params : {kContext, kNoContext}) {
    DeflatePool pool;
    const PerMessageDeflateOptions options;
    Connection connection(pool, options, params);
    connection.queue.push(EncodedPacket::binary(noise));
    CHECK(connection.drain() == std::vector<std::string>{noise});
    CHECK(connection.compressed == (params == kContext ? 1 : 0));
  }
}

TEST_CASE("a connection that takes little has little compressed ahead") {
  DeflatePool pool;
  const PerMessageDeflateOptions options{.level = 0};  // stores, so sizes stay
  Connection connection(pool, options, kContext);
  for (int i = 0; i < 50; ++i) connection.queue.push(message(std::string(10'000, 'a')));
  CHECK(connection.sender.prepare(connection.queue.packets(), kManyBuffers).size() == 7);
  // Asking again changes nothing.
  CHECK(connection.sender.prepare(connection.queue.packets(), kManyBuffers).size() == 7);
  connection.sender.pop(2);
  connection.queue.pop(2);
  CHECK(connection.sender.prepare(connection.queue.packets(), kManyBuffers).size() == 7);
  connection.sender.pop(7);
  connection.queue.pop(7);
  CHECK(connection.sender.prepare(connection.queue.packets(), 3).size() == 3);
}

TEST_CASE("a broadcast is compressed once in a turn for all without context") {
  DeflatePool pool;
  const PerMessageDeflateOptions options;
  std::deque<Connection> connections;
  for (int i = 0; i < 5; ++i) connections.emplace_back(pool, options, kNoContext);
  connections.emplace_back(pool, options, DeflateParams{true, true, 9, 15});
  connections.emplace_back(pool, options, kContext);
  {
    const auto first = message(words(300));
    const auto second = message(words(301));
    for (Connection& connection : connections) {
      connection.queue.push(first);
      connection.queue.push(second);
    }
  }

  const auto frame_of = [&](std::size_t i, std::size_t packet) {
    Connection& connection = connections[i];
    return connection.sender.prepare(connection.queue.packets(), kManyBuffers)[packet].frame();
  };
  pool.begin_turn();
  for (std::size_t i = 1; i < 5; ++i) {
    CHECK(frame_of(i, 0).data() == frame_of(0, 0).data());
    CHECK(frame_of(i, 1).data() == frame_of(0, 1).data());
  }
  CHECK(frame_of(0, 0) != frame_of(0, 1));
  // Another window is another frame, and so is one that depends on what went before.
  CHECK(frame_of(5, 0).data() != frame_of(0, 0).data());
  CHECK(frame_of(6, 0).data() != frame_of(0, 0).data());
  pool.end_turn();

  const std::vector<std::string> sent{"4" + words(300), "4" + words(301)};
  for (Connection& connection : connections) CHECK(connection.drain() == sent);
}

TEST_CASE("nothing of a broadcast is kept after the turn") {
  DeflatePool pool;
  const PerMessageDeflateOptions options;
  auto packet = message(words(300));
  const auto holder = packet;
  for (const bool in_turn : {true, false}) {
    Connection connection(pool, options, kNoContext);
    connection.queue.push(packet);
    if (in_turn) pool.begin_turn();
    connection.drain();
    CHECK((pool.find_frame(packet, 15) != nullptr) == in_turn);
    pool.end_turn();
    CHECK(pool.find_frame(packet, 15) == nullptr);
  }
}

TEST_CASE("what is kept in a turn is bounded") {
  DeflatePool pool;
  pool.begin_turn();
  const auto large = EncodedPacket::binary(std::string(1'500'000, 'x'));
  const auto another = EncodedPacket::binary(std::string(1'500'000, 'x'));
  const auto third = EncodedPacket::binary(std::string(1'500'000, 'x'));
  for (const auto& packet : {large, another, third}) {
    pool.keep_frame(packet, 15, EncodedPacket::deflated(true, "x"));
  }
  CHECK(pool.find_frame(large, 15) != nullptr);
  CHECK(pool.find_frame(large, 14) == nullptr);
  CHECK(pool.find_frame(another, 15) != nullptr);
  CHECK(pool.find_frame(third, 15) == nullptr);
}

}  // namespace patchbay::engineio::ws

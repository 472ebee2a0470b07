// SPDX-License-Identifier: MIT
//
// Engine.IO packets and bodies of long-polling, revisions 4 and 3.
#include <vector>

#include "patchbay/protocol/eio/packet.hpp"
#include "patchbay/protocol/eio/payload.hpp"
#include "patchbay/protocol/eio/revision3.hpp"
#include "samples.hpp"

namespace patchbay::bench {
namespace {

using eio::EncodedPacket;
using eio::PacketType;

constexpr std::size_t kPackets = 10;

std::vector<EncodedPacket> packets(bool with_binary) {
  std::vector<EncodedPacket> out;
  for (std::size_t i = 0; i < kPackets; ++i) {
    out.push_back(with_binary && i % 2 == 1
                      ? EncodedPacket::binary(bytes(kSmall))
                      : EncodedPacket::text(PacketType::message, text(kSmall)));
  }
  return out;
}

std::string payload4(const std::vector<EncodedPacket>& packets) {
  std::string body;
  for (const EncodedPacket& packet : packets) eio::append_to_payload(body, packet);
  return body;
}

// In revision 3 binary packets have a type byte of their own.
std::vector<EncodedPacket> packets3(bool with_binary) {
  std::vector<EncodedPacket> out = packets(with_binary);
  for (EncodedPacket& packet : out) {
    if (packet.is_binary()) packet = eio::revision3::encode_binary(packet, false);
  }
  return out;
}

void encode_text(benchmark::State& state, std::size_t size) {
  const std::string data = text(size);
  while (state.KeepRunning()) {
    const auto packet = EncodedPacket::text(PacketType::message, data);
    benchmark::DoNotOptimize(packet.frame().data());
  }
  count_bytes(state, size);
}
BENCHMARK_CAPTURE(encode_text, small, kSmall)->Name("engineio/encode/small");
BENCHMARK_CAPTURE(encode_text, large, kLarge)->Name("engineio/encode/large");

void encode_binary(benchmark::State& state, std::size_t size) {
  const std::string data = bytes(size);
  while (state.KeepRunning()) {
    const auto packet = EncodedPacket::binary(data);
    benchmark::DoNotOptimize(packet.frame().data());
  }
  count_bytes(state, size);
}
BENCHMARK_CAPTURE(encode_binary, binary, kSmall)->Name("engineio/encode/binary");

void decode(benchmark::State& state, const std::string& packet) {
  std::string scratch;
  while (state.KeepRunning()) {
    auto view = eio::decode_packet(packet, scratch);
    if (!view) return state.SkipWithError("not accepted");
    benchmark::DoNotOptimize(view->data.data());
  }
}
BENCHMARK_CAPTURE(decode, small, "4" + text(kSmall))->Name("engineio/decode/small");

void write_payload4(benchmark::State& state, bool with_binary) {
  const auto all = packets(with_binary);
  std::string body;
  while (state.KeepRunning()) {
    body.clear();
    for (const EncodedPacket& packet : all) eio::append_to_payload(body, packet);
    benchmark::DoNotOptimize(body.data());
  }
  count_bytes(state, body.size());
}
BENCHMARK_CAPTURE(write_payload4, text, false)->Name("engineio/payload4-write/text");
BENCHMARK_CAPTURE(write_payload4, mixed, true)->Name("engineio/payload4-write/mixed");

void write_payload3(benchmark::State& state, bool with_binary) {
  const auto all = packets3(with_binary);
  std::size_t size = 0;
  while (state.KeepRunning()) {
    const std::string body = eio::revision3::encode_payload(all);
    benchmark::DoNotOptimize(body.data());
    size = body.size();
  }
  count_bytes(state, size);
}
BENCHMARK_CAPTURE(write_payload3, text, false)->Name("engineio/payload3-write/text");
BENCHMARK_CAPTURE(write_payload3, mixed, true)->Name("engineio/payload3-write/mixed");

template <typename Reader>
std::size_t count_packets(Reader reader) {
  std::size_t count = 0;
  while (!reader.at_end()) {
    auto packet = reader.next();
    benchmark::DoNotOptimize(packet);
    if (packet) ++count;
  }
  return count;
}

void read_payload4(benchmark::State& state, bool with_binary) {
  const std::string body = payload4(packets(with_binary));
  while (state.KeepRunning()) {
    if (count_packets(eio::PayloadReader(body)) != kPackets) {
      return state.SkipWithError("packets missing");
    }
  }
  count_bytes(state, body.size());
}
BENCHMARK_CAPTURE(read_payload4, text, false)->Name("engineio/payload4-read/text");
BENCHMARK_CAPTURE(read_payload4, mixed, true)->Name("engineio/payload4-read/mixed");

void read_payload3(benchmark::State& state, bool with_binary) {
  const std::string body = eio::revision3::encode_payload(packets3(with_binary));
  const bool binary = eio::revision3::is_binary_payload(body);
  while (state.KeepRunning()) {
    if (count_packets(eio::revision3::PayloadReader(body, binary)) != kPackets) {
      return state.SkipWithError("packets missing");
    }
  }
  count_bytes(state, body.size());
}
BENCHMARK_CAPTURE(read_payload3, text, false)->Name("engineio/payload3-read/text");
BENCHMARK_CAPTURE(read_payload3, mixed, true)->Name("engineio/payload3-read/mixed");

}  // namespace
}  // namespace patchbay::bench

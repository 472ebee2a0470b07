// SPDX-License-Identifier: MIT
//
// Frames as clients send them: header, unmasking, the check for UTF-8. A frame is unmasked in
// place, so each turn works on a fresh copy; the copy is what a read from the socket would be.
#include <algorithm>
#include <array>
#include <span>

#include "patchbay/protocol/limits.hpp"
#include "patchbay/protocol/utf8.hpp"
#include "samples.hpp"
#include "ws_codec.hpp"

namespace patchbay::bench {
namespace {

namespace ws = engineio::ws;
using Kind = ws::Event::Kind;

std::string masked_frame(ws::Opcode opcode, std::string_view payload) {
  constexpr std::array<char, 4> kKey{0x37, 0x5a, 0x21, 0x6d};
  constexpr char kMaskBit = '\x80';
  std::string frame;
  ws::append_frame(frame, opcode, payload);
  const std::size_t header = frame.size() - payload.size();
  frame[1] = static_cast<char>(frame[1] | kMaskBit);
  frame.insert(header, kKey.data(), kKey.size());
  for (std::size_t i = 0; i < payload.size(); ++i) {
    char& byte = frame[header + kKey.size() + i];
    byte = static_cast<char>(byte ^ kKey[i % kKey.size()]);
  }
  return frame;
}

void receive(benchmark::State& state, ws::Opcode opcode, const std::string& payload) {
  const Kind expected = opcode == ws::Opcode::text ? Kind::text : Kind::binary;
  const std::string frame = masked_frame(opcode, payload);
  const Limits limits;
  ws::Receiver receiver(limits);
  std::string buffer = frame;
  while (state.KeepRunning()) {
    std::ranges::copy(frame, buffer.begin());
    std::span<char> input(buffer);
    const ws::Event event = receiver.next(input);
    if (event.kind != expected) return state.SkipWithError("not accepted");
    benchmark::DoNotOptimize(event.data.data());
  }
  count_bytes(state, payload.size());
}
BENCHMARK_CAPTURE(receive, small, ws::Opcode::text, text(kSmall))->Name("websocket/receive/small");
BENCHMARK_CAPTURE(receive, large, ws::Opcode::text, text(kLarge))->Name("websocket/receive/large");
BENCHMARK_CAPTURE(receive, international, ws::Opcode::text, international_text(kLarge))
    ->Name("websocket/receive/international");
BENCHMARK_CAPTURE(receive, binary, ws::Opcode::binary, bytes(kSmall))
    ->Name("websocket/receive/binary");
BENCHMARK_CAPTURE(receive, binary_large, ws::Opcode::binary, bytes(kLarge))
    ->Name("websocket/receive/binary-large");

// As with depth 16: many frames in what one read gave.
void receive_many(benchmark::State& state) {
  constexpr int kFrames = 16;
  std::string frames;
  for (int i = 0; i < kFrames; ++i) frames += masked_frame(ws::Opcode::text, text(kSmall));
  const Limits limits;
  ws::Receiver receiver(limits);
  std::string buffer = frames;
  while (state.KeepRunning()) {
    std::ranges::copy(frames, buffer.begin());
    std::span<char> input(buffer);
    int count = 0;
    while (receiver.next(input).kind == Kind::text) ++count;
    if (count != kFrames) return state.SkipWithError("frames missing");
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * kFrames);
}
BENCHMARK(receive_many)->Name("websocket/receive/16-small");

void check_utf8(benchmark::State& state, const std::string& text) {
  while (state.KeepRunning()) {
    const bool valid = is_valid_utf8(text);
    if (!valid) return state.SkipWithError("not accepted");
  }
  count_bytes(state, text.size());
}
BENCHMARK_CAPTURE(check_utf8, small, text(kSmall))->Name("utf8/check/small");
BENCHMARK_CAPTURE(check_utf8, large, text(kLarge))->Name("utf8/check/large");
BENCHMARK_CAPTURE(check_utf8, international, international_text(kLarge))
    ->Name("utf8/check/international");

}  // namespace
}  // namespace patchbay::bench

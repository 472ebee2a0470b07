// SPDX-License-Identifier: MIT
//
// Any bytes from a client: however they are cut into reads the events are the same, and what is
// held in between stays in proportion to what has arrived. The first byte of the input chooses the
// size of a read, the rest is the wire.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../support/heap_meter.hpp"
#include "../support/ws_client.hpp"
#include "ws_codec.hpp"

namespace {

using patchbay::Limits;
using patchbay::engineio::ws::Event;
using patchbay::engineio::ws::Receiver;
using patchbay::test::Seen;

// Small, so that the fuzzer reaches them.
Limits fuzz_limits() {
  Limits limits;
  limits.message_bytes = 300;
  limits.ws_fragments = 6;
  return limits;
}

// The most that a receiver may hold: buffers that double, for a message and a control frame.
std::size_t most_held(const Limits& limits, std::size_t arrived) {
  constexpr std::size_t kState = 512;
  return kState + 2 * std::min(arrived, limits.message_bytes + 125);
}

void check_memory(std::string_view wire, const Limits& limits) {
  const std::size_t before = patchbay::test::heap_bytes();
  Receiver receiver(limits);
  for (std::size_t i = 0; i < wire.size(); ++i) {
    char byte = wire[i];
    std::span<char> input(&byte, 1);
    while (true) {
      const Event::Kind kind = receiver.next(input).kind;
      if (patchbay::test::heap_bytes() - before > most_held(limits, i + 1)) std::abort();
      if (kind == Event::Kind::need_more) break;
      if (kind == Event::Kind::close || kind == Event::Kind::error) return;
    }
  }
}

void check_events(const std::vector<Seen>& events, const Limits& limits) {
  for (const Seen& seen : events) {
    if (seen.data.size() > limits.message_bytes) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t chunk = std::size_t{data[0]} + 1;
  const std::string_view wire(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Limits limits = fuzz_limits();

  const std::vector<Seen> whole = patchbay::test::receive(wire, limits);
  check_events(whole, limits);
  if (patchbay::test::receive(wire, limits, chunk, chunk) != whole) std::abort();
  if (patchbay::test::receive(wire, limits, 1, 1) != whole) std::abort();
  check_memory(wire, limits);
  return 0;
}

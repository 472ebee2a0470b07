// SPDX-License-Identifier: MIT
//
// Any bytes from a client that has agreed to permessage-deflate: however they are cut into reads
// the events are the same (with the largest window), no message is larger than the limit, and what
// a bomb unfolds to is not held beyond it. The first byte of the input chooses the size of a read,
// the second what was agreed; the rest is the wire.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

#include "../support/heap_meter.hpp"
#include "../support/ws_client.hpp"
#include "ws_codec.hpp"
#include "ws_deflate.hpp"

namespace {

using patchbay::Limits;
using patchbay::engineio::ws::DeflateParams;
using patchbay::engineio::ws::DeflatePool;
using patchbay::engineio::ws::Event;
using patchbay::engineio::ws::make_message_inflater;
using patchbay::engineio::ws::Receiver;
using patchbay::test::Seen;

// Small, so that the fuzzer reaches them.
Limits fuzz_limits() {
  Limits limits;
  limits.message_bytes = 2000;
  limits.ws_fragments = 6;
  return limits;
}

// A message, a buffer that it was copied from when it grew, a control frame and the objects.
std::size_t most_held(const Limits& limits) {
  constexpr std::size_t kObjects = 2048;
  return kObjects + 2 * (limits.message_bytes + 125);
}

void check_memory(std::string_view wire, const Limits& limits, const DeflateParams& params) {
  DeflatePool pool;
  const std::size_t before = patchbay::test::heap_bytes();
  Receiver receiver(limits, make_message_inflater(pool, params));
  std::vector<char> bytes(wire.begin(), wire.end());
  std::span<char> input(bytes);
  Event::Kind kind = Event::Kind::text;
  while (kind != Event::Kind::need_more && kind != Event::Kind::close &&
         kind != Event::Kind::error) {
    kind = receiver.next(input).kind;
    if (patchbay::test::heap_bytes() - before > most_held(limits) + bytes.capacity()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t chunk = std::size_t{data[0]} + 1;
  DeflateParams params;
  params.client_no_context_takeover = (data[1] & 1U) != 0;
  params.client_max_window_bits = 8 + (data[1] >> 1U) % 8;
  const std::string_view wire(reinterpret_cast<const char*>(data) + 2, size - 2);
  const Limits limits = fuzz_limits();

  DeflatePool pool;
  const auto receiver = [&] { return Receiver(limits, make_message_inflater(pool, params)); };
  const std::vector<Seen> whole = patchbay::test::receive(receiver(), wire, wire.size(), 1);
  for (const Seen& seen : whole) {
    if (seen.data.size() > limits.message_bytes) std::abort();
  }
  const std::vector<Seen> chunks = patchbay::test::receive(receiver(), wire, chunk, chunk);
  const std::vector<Seen> bytes = patchbay::test::receive(receiver(), wire, 1, 1);
  // With a smaller window, references beyond it may be seen or not; see deflate.hpp.
  if (params.client_max_window_bits == 15 && (chunks != whole || bytes != whole)) std::abort();
  check_memory(wire, limits, params);
  return 0;
}

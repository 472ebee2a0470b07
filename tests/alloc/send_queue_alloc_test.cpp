// SPDX-License-Identifier: MIT
#include "patchbay/protocol/eio/send_queue.hpp"

#include <doctest/doctest.h>

#include <string>

#include "failing_new.hpp"

using namespace patchbay::eio;
using patchbay::test::fail_each_allocation;
using patchbay::test::FailingAllocation;

namespace {

std::size_t bytes_in(const SendQueue& queue) {
  std::size_t bytes = 0;
  for (const EncodedPacket& packet : queue.packets()) bytes += packet.frame().size();
  return bytes;
}

}  // namespace

TEST_CASE("a packet that cannot be made leaves nothing behind") {
  const std::string large(1000, 'x');
  const std::size_t allocations = fail_each_allocation([&](std::size_t n) {
    try {
      const FailingAllocation failing(n);
      const auto packet = EncodedPacket::text(PacketType::message, large);
      const auto binary = EncodedPacket::binary(large);
      const auto deflated = EncodedPacket::deflated(true, large);
    } catch (const std::bad_alloc&) {
    }
    return FailingAllocation::happened();
  });
  CHECK(allocations == 3);
}

TEST_CASE("a push that fails leaves the queue as it was") {
  // One packet for all: the queue's own allocations are what fails.
  const auto packet = EncodedPacket::text(PacketType::message, "hello");
  for (const std::size_t popped : {0, 1, 40, 63}) {
    CAPTURE(popped);
    const std::size_t allocations = fail_each_allocation([&](std::size_t n) {
      SendQueue queue;
      std::size_t pushed = 0;
      try {
        const FailingAllocation failing(n);
        for (; pushed < 64; ++pushed) queue.push(packet);
        queue.pop(popped);
        for (; pushed < 200; ++pushed) queue.push(packet);
      } catch (const std::bad_alloc&) {
      }
      const bool failed = FailingAllocation::happened();
      const std::size_t expected = pushed - (pushed >= 64 ? popped : 0);
      CHECK(queue.size() == expected);
      CHECK(queue.bytes() == bytes_in(queue));
      queue.push(packet);
      CHECK(queue.size() == expected + 1);
      queue.pop(queue.size());
      CHECK(queue.bytes() == 0);
      return failed;
    });
    CHECK(allocations > 3);
  }
}

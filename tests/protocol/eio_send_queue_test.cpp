// SPDX-License-Identifier: MIT
#include "patchbay/protocol/eio/send_queue.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace patchbay::eio;

namespace {

EncodedPacket numbered(int n) {
  return EncodedPacket::text(PacketType::message, std::to_string(n));
}

}  // namespace

TEST_CASE("packets leave in the order they came, and the bytes are counted") {
  SendQueue queue;
  CHECK(queue.empty());
  for (int i = 0; i < 3; ++i) queue.push(numbered(i));
  CHECK(queue.size() == 3);
  CHECK(queue.bytes() == 3 * 4);  // frame header, digit, number
  CHECK(queue.packets()[0].payload() == "40");
  queue.pop(2);
  CHECK(queue.size() == 1);
  CHECK(queue.bytes() == 4);
  CHECK(queue.packets()[0].payload() == "42");
  queue.pop(1);
  CHECK(queue.empty());
  CHECK(queue.bytes() == 0);
  CHECK(queue.packets().empty());
}

TEST_CASE("a queue that never runs empty keeps its order for ever") {
  SendQueue queue;
  int pushed = 0;
  int popped = 0;
  for (; pushed < 5; ++pushed) queue.push(numbered(pushed));
  for (int i = 0; i < 10'000; ++i) {
    queue.push(numbered(pushed++));
    REQUIRE(queue.packets()[0].payload() == "4" + std::to_string(popped));
    queue.pop(1);
    ++popped;
  }
  CHECK(queue.size() == 5);
}

TEST_CASE("clear forgets everything") {
  SendQueue queue;
  queue.push(numbered(1));
  queue.push(numbered(2));
  queue.pop(1);
  queue.clear();
  CHECK(queue.empty());
  CHECK(queue.bytes() == 0);
  queue.push(numbered(3));
  CHECK(queue.packets()[0].payload() == "43");
}

TEST_CASE("queues that share a budget count in it until they have sent, or are gone") {
  SendBudget budget;
  const std::size_t one = numbered(1).frame().size();
  {
    SendQueue a(&budget);
    SendQueue b(&budget);
    a.push(numbered(1));
    a.push(numbered(2));
    b.push(numbered(3));
    CHECK(budget.bytes() == 3 * one);
    a.pop(1);
    CHECK(budget.bytes() == 2 * one);
    a.clear();
    a.clear();
    CHECK(budget.bytes() == one);
  }
  CHECK(budget.bytes() == 0);
}

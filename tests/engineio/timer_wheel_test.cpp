// SPDX-License-Identifier: MIT
#include "timer_wheel.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <random>
#include <vector>

using namespace patchbay;
using patchbay::engineio::TimerWheel;

namespace {

constexpr TimePoint kStart{Millis(123'456'789)};

struct Node final : TimerWheel::Node {
  std::vector<TimePoint> woken;
  std::function<void(TimePoint)> reaction;

 private:
  void on_timer(TimePoint now) override {
    woken.push_back(now);
    if (reaction) reaction(now);
  }
};

// Lets time pass as a loop would: wakes up when the wheel wants to, until the end.
void run(TimerWheel& wheel, TimePoint end) {
  while (const auto next = wheel.next_wakeup()) {
    if (*next > end) break;
    wheel.advance(*next);
  }
  wheel.advance(end);
}

}  // namespace

TEST_CASE("a deadline is met, never early and at most one tick late") {
  for (int ms : {0, 1, 7, 8, 9, 100, 25'000, 32'767, 32'768, 40'000, 100'000, 1'000'000}) {
    CAPTURE(ms);
    TimerWheel wheel(kStart);
    Node node;
    const TimePoint deadline = kStart + Millis(ms);
    wheel.schedule(node, deadline);
    CHECK(node.scheduled());
    run(wheel, deadline + Millis(1000));
    REQUIRE(node.woken.size() == 1);
    CHECK(node.woken[0] >= deadline);
    CHECK(node.woken[0] <= deadline + TimerWheel::kTick);
    CHECK_FALSE(node.scheduled());
  }
}

TEST_CASE("a node is moved and cancelled") {
  TimerWheel wheel(kStart);
  Node later;
  Node sooner;
  Node never;
  wheel.schedule(later, kStart + Millis(100));
  wheel.schedule(later, kStart + Millis(500));
  wheel.schedule(sooner, kStart + Millis(500));
  wheel.schedule(sooner, kStart + Millis(100));
  wheel.schedule(never, kStart + Millis(200));
  TimerWheel::cancel(never);
  run(wheel, kStart + Millis(300));
  CHECK(later.woken.empty());
  CHECK(sooner.woken.size() == 1);
  run(wheel, kStart + Millis(1000));
  CHECK(later.woken.size() == 1);
  CHECK(never.woken.empty());
  CHECK_FALSE(wheel.next_wakeup());
}

TEST_CASE("a deadline in the past is met at once") {
  TimerWheel wheel(kStart);
  wheel.advance(kStart + Millis(1000));
  Node node;
  wheel.schedule(node, kStart);
  run(wheel, kStart + Millis(1000) + 2 * TimerWheel::kTick);
  CHECK(node.woken.size() == 1);
}

TEST_CASE("nodes schedule, cancel and destroy one another when woken") {
  TimerWheel wheel(kStart);
  const TimePoint together = kStart + Millis(80);
  Node first;
  Node cancelled;
  auto destroyed = std::make_unique<Node>();
  Node again;
  wheel.schedule(first, together);
  wheel.schedule(cancelled, together);
  wheel.schedule(*destroyed, together);
  wheel.schedule(again, together);
  first.reaction = [&](TimePoint now) {
    TimerWheel::cancel(cancelled);
    destroyed.reset();
    if (first.woken.size() < 3) wheel.schedule(first, now + Millis(80));
  };
  run(wheel, kStart + Millis(1000));
  CHECK(first.woken.size() == 3);
  CHECK(cancelled.woken.empty());
  CHECK(again.woken.size() == 1);
}

TEST_CASE("after a long pause everything due is met in one go") {
  TimerWheel wheel(kStart);
  std::vector<std::unique_ptr<Node>> nodes;
  for (int i = 0; i < 100; ++i) {
    nodes.push_back(std::make_unique<Node>());
    wheel.schedule(*nodes.back(), kStart + Millis(i * 1000));
  }
  wheel.advance(kStart + Millis(1'000'000));
  for (const auto& node : nodes) CHECK(node->woken.size() == 1);
}

TEST_CASE("random schedules agree with a simple model") {
  std::mt19937 random(7);  // NOLINT(*-msc51-cpp): the same each time
  TimerWheel wheel(kStart);
  std::vector<std::unique_ptr<Node>> nodes;
  std::vector<TimePoint> deadlines;
  for (int i = 0; i < 500; ++i) {
    nodes.push_back(std::make_unique<Node>());
    deadlines.emplace_back();
  }
  TimePoint now = kStart;
  for (int round = 0; round < 3000; ++round) {
    const std::size_t i = random() % nodes.size();
    deadlines[i] = now + Millis(random() % 70'000);
    wheel.schedule(*nodes[i], deadlines[i]);
    const auto wakeup = wheel.next_wakeup();
    REQUIRE(wakeup);
    CHECK(*wakeup <= deadlines[i] + TimerWheel::kTick);
    now += Millis(random() % 100);
    wheel.advance(now);
    for (std::size_t n = 0; n < nodes.size(); ++n) {
      for (const TimePoint woken : nodes[n]->woken) CHECK(woken >= deadlines[n]);
      if (!nodes[n]->woken.empty()) nodes[n]->woken.clear();
      if (nodes[n]->scheduled()) CHECK(deadlines[n] + TimerWheel::kTick > now);
    }
  }
}

// SPDX-License-Identifier: MIT
#include "timer_wheel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

using namespace patchbay;
using namespace patchbay::engineio;

namespace {

// Not at a tick's border, and far from zero as real clocks are.
constexpr TimePoint kStart{Millis(123'456'789)};
constexpr Millis kTurn = TimerWheel::kTick * 4096;

struct Alarm final : TimerWheel::Node {
  Alarm() = default;
  explicit Alarm(std::function<void()> action) : on_fire(std::move(action)) {}
  void on_timer(TimePoint now) override {
    fired_at.push_back(now);
    if (on_fire) on_fire();
  }
  std::vector<TimePoint> fired_at;
  std::function<void()> on_fire;
};

// Goes through time by the wheel's own wakeups, as a loop does, until it wants none any more.
void run_until_idle(TimerWheel& wheel, TimePoint& now) {
  while (const auto wakeup = wheel.next_wakeup()) {
    now = std::max(now, *wakeup);
    wheel.advance(now);
  }
}

}  // namespace

TEST_CASE("a wheel without nodes wants no wakeup") {
  TimerWheel wheel(kStart);
  CHECK(wheel.next_wakeup() == std::nullopt);
  wheel.advance(kStart + kTurn * 3);
  CHECK(wheel.next_wakeup() == std::nullopt);
}

TEST_CASE("every deadline is met, never early and at most a tick late") {
  for (int offset = 0; offset < 3 * TimerWheel::kTick.count(); ++offset) {
    for (int delay = 0; delay < 40; ++delay) {
      const TimePoint start = kStart + Millis(offset);
      const TimePoint deadline = start + Millis(delay);
      TimerWheel wheel(start);
      Alarm alarm;
      wheel.schedule(alarm, deadline);
      CHECK(alarm.scheduled());
      CHECK(alarm.deadline() == deadline);
      for (TimePoint now = start; now < deadline + Millis(100); now += Millis(1)) {
        wheel.advance(now);
      }
      REQUIRE(alarm.fired_at.size() == 1);
      CHECK(alarm.fired_at[0] >= deadline);
      CHECK(alarm.fired_at[0] <= deadline + TimerWheel::kTick);
    }
  }
}

TEST_CASE("going from wakeup to wakeup meets deadlines within a tick") {
  for (const Millis delay : {Millis(0), Millis(1), Millis(7), Millis(8), Millis(9), Millis(1000),
                             kTurn - Millis(1), kTurn, kTurn + Millis(1), kTurn * 5 + Millis(3)}) {
    TimerWheel wheel(kStart);
    Alarm alarm;
    wheel.schedule(alarm, kStart + delay);
    TimePoint now = kStart;
    run_until_idle(wheel, now);
    REQUIRE(alarm.fired_at.size() == 1);
    CHECK(alarm.fired_at[0] >= kStart + delay);
    CHECK(alarm.fired_at[0] <= kStart + delay + TimerWheel::kTick);
  }
}

TEST_CASE("a deadline in the past is due at the next advance") {
  TimerWheel wheel(kStart);
  wheel.advance(kStart);
  Alarm alarm;
  wheel.schedule(alarm, kStart - Millis(5000));
  TimePoint now = kStart;
  run_until_idle(wheel, now);
  CHECK(alarm.fired_at.size() == 1);
  CHECK(now <= kStart + TimerWheel::kTick);
}

TEST_CASE("a node fires once") {
  TimerWheel wheel(kStart);
  Alarm alarm;
  wheel.schedule(alarm, kStart + Millis(10));
  wheel.advance(kStart + Millis(1000));
  wheel.advance(kStart + kTurn * 2);
  CHECK(alarm.fired_at.size() == 1);
  CHECK_FALSE(alarm.scheduled());
}

TEST_CASE("scheduling again replaces the deadline, earlier or later") {
  TimerWheel wheel(kStart);
  Alarm earlier;
  Alarm later;
  wheel.schedule(earlier, kStart + Millis(500));
  wheel.schedule(later, kStart + Millis(500));
  wheel.schedule(earlier, kStart + Millis(100));
  wheel.schedule(later, kStart + Millis(900));
  wheel.advance(kStart + Millis(110));
  CHECK(earlier.fired_at.size() == 1);
  wheel.advance(kStart + Millis(890));
  CHECK(later.fired_at.empty());
  wheel.advance(kStart + Millis(910));
  CHECK(earlier.fired_at.size() == 1);
  CHECK(later.fired_at.size() == 1);
}

TEST_CASE("a cancelled node does not fire, and can be scheduled again") {
  TimerWheel wheel(kStart);
  Alarm alarm;
  TimerWheel::cancel(alarm);
  wheel.schedule(alarm, kStart + Millis(10));
  TimerWheel::cancel(alarm);
  TimerWheel::cancel(alarm);
  CHECK_FALSE(alarm.scheduled());
  CHECK(wheel.next_wakeup() == std::nullopt);
  wheel.advance(kStart + Millis(100));
  CHECK(alarm.fired_at.empty());
  wheel.schedule(alarm, kStart + Millis(110));
  wheel.advance(kStart + Millis(200));
  CHECK(alarm.fired_at.size() == 1);
}

TEST_CASE("a destroyed node is forgotten") {
  TimerWheel wheel(kStart);
  {
    Alarm alarm;
    wheel.schedule(alarm, kStart + Millis(10));
  }
  CHECK(wheel.next_wakeup() == std::nullopt);
  wheel.advance(kStart + Millis(100));
}

TEST_CASE("a callback may cancel and destroy its neighbours of the same tick") {
  for (int killer = 0; killer < 3; ++killer) {
    TimerWheel wheel(kStart);
    std::vector<std::unique_ptr<Alarm>> alarms;
    Alarm cancelled;
    int fired = 0;
    for (int i = 0; i < 3; ++i) {
      alarms.push_back(std::make_unique<Alarm>([&, i] {
        ++fired;
        if (i != killer) return;
        TimerWheel::cancel(cancelled);
        for (int other = 0; other < 3; ++other) {
          if (other != i) alarms[static_cast<std::size_t>(other)].reset();
        }
      }));
    }
    for (const auto& alarm : alarms) wheel.schedule(*alarm, kStart + Millis(10));
    wheel.schedule(cancelled, kStart + Millis(10));
    wheel.advance(kStart + Millis(20));
    // Those before the killer fired, those behind it are gone.
    CHECK(fired == killer + 1);
    CHECK(cancelled.fired_at.empty());
    CHECK(wheel.next_wakeup() == std::nullopt);
  }
}

TEST_CASE("a node may destroy itself when it fires") {
  TimerWheel wheel(kStart);
  struct Suicide final : TimerWheel::Node {
    explicit Suicide(int& count) : deaths(&count) {}
    void on_timer(TimePoint /*now*/) override {
      ++*deaths;
      delete this;
    }
    int* deaths;
  };
  int deaths = 0;
  for (int i = 0; i < 3; ++i) wheel.schedule(*new Suicide(deaths), kStart + Millis(10));
  wheel.advance(kStart + Millis(20));
  CHECK(deaths == 3);
}

TEST_CASE("a node that schedules itself from its callback fires again in time, not at once") {
  TimerWheel wheel(kStart);
  TimePoint now = kStart;
  Alarm alarm;
  alarm.on_fire = [&] {
    if (alarm.fired_at.size() < 5) wheel.schedule(alarm, now + Millis(100));
  };
  wheel.schedule(alarm, kStart + Millis(100));
  run_until_idle(wheel, now);
  REQUIRE(alarm.fired_at.size() == 5);
  for (std::size_t i = 1; i < 5; ++i) {
    const auto gap = alarm.fired_at[i] - alarm.fired_at[i - 1];
    CHECK(gap >= Millis(100));
    CHECK(gap <= Millis(100) + TimerWheel::kTick);
  }
}

TEST_CASE("a node that is overdue whenever it is scheduled does not hold advance for ever") {
  TimerWheel wheel(kStart);
  Alarm alarm;
  alarm.on_fire = [&] { wheel.schedule(alarm, kStart); };
  wheel.schedule(alarm, kStart);
  wheel.advance(kStart + Millis(50));
  CHECK(alarm.fired_at.size() == 1);
  CHECK(alarm.scheduled());
  wheel.advance(kStart + Millis(50) + TimerWheel::kTick);
  CHECK(alarm.fired_at.size() == 2);
}

TEST_CASE("a callback may cancel a node of a later tick of the same advance") {
  TimerWheel wheel(kStart);
  Alarm second;
  Alarm first([&] { TimerWheel::cancel(second); });
  wheel.schedule(first, kStart + Millis(10));
  wheel.schedule(second, kStart + Millis(500));
  wheel.advance(kStart + Millis(1000));
  CHECK(first.fired_at.size() == 1);
  CHECK(second.fired_at.empty());
}

TEST_CASE("after a pause of more than a turn all that is due fires, and nothing else") {
  TimerWheel wheel(kStart);
  std::vector<Alarm> due(50);
  for (std::size_t i = 0; i < due.size(); ++i) {
    wheel.schedule(due[i], kStart + Millis(static_cast<int>(i) * 997));
  }
  Alarm beyond;
  wheel.schedule(beyond, kStart + kTurn * 4);
  wheel.advance(kStart + kTurn * 3);
  for (const Alarm& alarm : due) CHECK(alarm.fired_at.size() == 1);
  CHECK(beyond.fired_at.empty());
  wheel.advance(kStart + kTurn * 4 + TimerWheel::kTick);
  CHECK(beyond.fired_at.size() == 1);
}

TEST_CASE("time that stands still or goes back wakes nobody early") {
  TimerWheel wheel(kStart);
  Alarm alarm;
  wheel.schedule(alarm, kStart + Millis(100));
  wheel.advance(kStart + Millis(50));
  wheel.advance(kStart + Millis(50));
  wheel.advance(kStart);
  CHECK(alarm.fired_at.empty());
  wheel.advance(kStart + Millis(108));
  CHECK(alarm.fired_at.size() == 1);
}

TEST_CASE("any mixture of starting, moving and stopping agrees with a list of deadlines") {
  constexpr std::size_t kNodes = 40;
  std::mt19937 random(7);
  const auto below = [&random](int limit) {
    return static_cast<int>(random() % static_cast<unsigned>(limit));
  };
  TimerWheel wheel(kStart);
  TimePoint now = kStart;
  std::vector<Alarm> alarms(kNodes);
  std::vector<std::optional<TimePoint>> model(kNodes);

  for (int step = 0; step < 30'000; ++step) {
    const auto i = static_cast<std::size_t>(below(kNodes));
    if (const int action = below(10); action < 4) {
      const Millis delay = below(8) == 0 ? kTurn + Millis(below(100'000)) : Millis(below(3'000));
      wheel.schedule(alarms[i], now + delay);
      model[i] = now + delay;
    } else if (action < 5) {
      TimerWheel::cancel(alarms[i]);
      model[i].reset();
    } else {
      now += below(50) == 0 ? kTurn + Millis(below(50'000)) : Millis(below(200));
      wheel.advance(now);
    }
    std::optional<TimePoint> earliest;
    for (std::size_t k = 0; k < kNodes; ++k) {
      Alarm& alarm = alarms[k];
      if (!alarm.fired_at.empty()) {
        REQUIRE(model[k].has_value());
        REQUIRE(alarm.fired_at.size() == 1);
        REQUIRE(*model[k] <= now);
        alarm.fired_at.clear();
        model[k].reset();
      }
      REQUIRE(alarm.scheduled() == model[k].has_value());
      if (!model[k]) continue;
      REQUIRE(*model[k] > now - TimerWheel::kTick);  // else it would have been missed
      earliest = earliest ? std::min(*earliest, *model[k]) : *model[k];
    }
    const auto wakeup = wheel.next_wakeup();
    REQUIRE(wakeup.has_value() == earliest.has_value());
    if (earliest) REQUIRE(*wakeup <= std::max(*earliest, now) + TimerWheel::kTick);
  }
}

// SPDX-License-Identifier: MIT
#include "loop_order.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "patchbay/server.hpp"

using namespace patchbay;

namespace {

// A loop that does one step when told to; the test says whose thread this is.
class ManualLoop final : public engineio::Loop {
 public:
  [[nodiscard]] std::size_t index() const noexcept override { return 0; }
  [[nodiscard]] bool in_loop_thread() const noexcept override { return here; }
  void post(std::function<void()> function) override { posted.push_back(std::move(function)); }
  [[nodiscard]] TimePoint now() const noexcept override { return {}; }
  [[nodiscard]] std::unique_ptr<engineio::Timer> make_timer(std::function<void()>) override {
    return nullptr;
  }
  [[nodiscard]] asio::io_context& io_context() noexcept override { std::abort(); }

  void run() {
    here = true;
    while (!posted.empty()) {
      const auto function = std::move(posted.front());
      posted.pop_front();
      function();
    }
    here = false;
  }

  std::deque<std::function<void()>> posted;
  bool here = false;
};

struct Fixture {
  // For both loops, which write down what they do.
  void for_all(const std::string& name) {
    order.post_to_all({[this, name] { done_a += name; }, [this, name] { done_b += name; }});
  }
  void for_a(const std::string& name) {
    order.post(0, [this, name] { done_a += name; });
  }

  Server io;
  LoopOrder order{io.sockets(), {&a, &b}};  // outlives what waits in the loops
  ManualLoop a;
  ManualLoop b;
  std::string done_a;
  std::string done_b;
};

}  // namespace

TEST_CASE("tasks for all happen on every loop in the same order") {
  Fixture f;
  f.for_all("1");
  f.for_all("2");
  f.for_all("3");
  CHECK(f.done_a.empty());
  f.b.run();
  CHECK(f.done_b == "123");
  CHECK(f.done_a.empty());
  f.a.run();
  CHECK(f.done_a == "123");
}

TEST_CASE("on the caller's own loop they happen at once, after what was put in before") {
  Fixture f;
  f.for_all("1");
  f.for_a("x");
  f.a.here = true;
  f.for_all("2");
  CHECK(f.done_a == "1x2");
  CHECK(f.done_b.empty());
  f.a.here = false;
  f.a.run();
  f.b.run();
  CHECK(f.done_a == "1x2");
  CHECK(f.done_b == "12");
}

TEST_CASE("a task for one loop keeps its place among those for all") {
  Fixture f;
  f.for_all("1");  // the loop has been called already when the rest comes
  f.for_a("x");
  f.for_all("2");
  f.for_a("y");
  f.a.run();
  CHECK(f.done_a == "1x2y");
}

TEST_CASE("a loop is called once for what has gathered, and again for what comes later") {
  Fixture f;
  for (int i = 0; i < 10; ++i) f.for_a("x");
  CHECK(f.a.posted.size() == 1);
  f.a.run();
  f.for_a("y");
  CHECK(f.a.posted.size() == 1);
  f.a.run();
  CHECK(f.done_a == "xxxxxxxxxxy");
}

TEST_CASE("what a task puts in for all comes after what was there") {
  Fixture f;
  f.order.post(0, [&] {
    f.done_a += "(";
    f.for_all("2");
    f.done_a += ")";
  });
  f.for_a("1");
  f.a.run();
  CHECK(f.done_a == "(12)");
  f.b.run();
  CHECK(f.done_b == "2");
}

TEST_CASE("with no one to run the loops everything for all happens at once") {
  Fixture f;
  f.a.here = f.b.here = true;
  f.for_all("1");
  CHECK(f.done_a == "1");
  CHECK(f.done_b == "1");
  CHECK(f.a.posted.empty());
}

TEST_CASE("a loop that ends lets go of what waits for it") {
  Fixture f;
  const auto held = std::make_shared<int>(0);
  f.order.post(0, [held] {});
  f.order.post_to_all({[held] {}, [] {}});
  CHECK(held.use_count() == 3);
  f.a.posted.clear();
  CHECK(held.use_count() == 1);
  // It may come to life again.
  f.for_all("1");
  f.a.run();
  CHECK(f.done_a == "1");
}

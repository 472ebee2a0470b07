// SPDX-License-Identifier: MIT
#include "poller.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <asio/post.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "descriptor.hpp"

using namespace patchbay::engineio;

namespace {

struct Pair {
  Pair() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    near = Descriptor(ends[0]);
    far = Descriptor(ends[1]);
  }
  void send(std::string_view text) const {
    REQUIRE(::send(far.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  }
  Descriptor near;
  Descriptor far;
};

struct Turns final : Poller::TurnListener {
  void on_turn_begin() override { log += '<'; }
  void on_turn_end() override {
    log += '>';
    if (at_end) at_end();
  }
  std::string log;
  std::function<void()> at_end;
};

class Source final : public Poller::Source {
 public:
  Source(Poller& poller, Turns& turns, char name) : poller_(&poller), turns_(&turns), name_(name) {}
  void watch(std::uint32_t events = EPOLLIN) {
    REQUIRE(!poller_->add(pair.near.get(), *this, events));
  }
  void close() {
    poller_->forget(*this);
    pair.near.close();
  }
  void on_ready(std::uint32_t events) override {
    seen.push_back(events);
    turns_->log += name_;
    if (when_ready) when_ready();
  }

  Pair pair;
  std::vector<std::uint32_t> seen;
  std::function<void()> when_ready;

 private:
  Poller* poller_;
  Turns* turns_;
  char name_;
};

struct Fixture {
  asio::io_context context{1};
  Turns turns;
  Poller poller{context, turns};
  Source a{poller, turns, 'a'};
  Source b{poller, turns, 'b'};

  void poll() {
    context.restart();
    context.poll();
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "poller: sources are told of what comes, once, between begin and end") {
  a.watch();
  b.watch();
  poll();
  a.pair.send("1");
  b.pair.send("1");
  poll();
  CHECK(a.seen == std::vector<std::uint32_t>{EPOLLIN});
  CHECK(b.seen == std::vector<std::uint32_t>{EPOLLIN});
  const std::string once = turns.log;
  CHECK((once == "<ab>" || once == "<ba>"));
  poll();  // nothing was read, but nothing new has come either
  CHECK(turns.log == once);
  a.pair.send("2");
  poll();
  CHECK(turns.log == once + "<a>");
}

TEST_CASE_FIXTURE(Fixture, "poller: what was there before is told as well") {
  a.pair.send("1");
  a.watch();
  poll();
  CHECK(a.seen == std::vector<std::uint32_t>{EPOLLIN});
}

TEST_CASE_FIXTURE(Fixture, "poller: the end of a connection is told though nobody asked") {
  a.watch(0);
  a.pair.far.close();
  poll();
  REQUIRE(a.seen.size() == 1);
  CHECK((a.seen[0] & EPOLLRDHUP) != 0);
}

TEST_CASE_FIXTURE(Fixture, "poller: changing what is wanted tells again what is there") {
  a.watch();
  poll();
  CHECK(a.seen.empty());
  poller.modify(a.pair.near.get(), a, EPOLLIN | EPOLLOUT);
  poll();
  CHECK(a.seen == std::vector<std::uint32_t>{EPOLLOUT});
}

TEST_CASE_FIXTURE(Fixture, "poller: a source that is forgotten in mid-turn is not called") {
  a.watch();
  b.watch();
  a.when_ready = [this] { b.close(); };
  b.when_ready = [this] { a.close(); };
  a.pair.send("1");
  b.pair.send("1");
  poll();
  CHECK(a.seen.size() + b.seen.size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "poller: a source that is removed stays open and hears nothing") {
  a.watch();
  a.pair.send("1");
  poller.remove(a.pair.near.get(), a);
  poll();
  a.pair.send("2");
  poll();
  CHECK(a.seen.empty());
  char buffer[2];
  CHECK(::recv(a.pair.near.get(), buffer, sizeof buffer, 0) == 2);
}

TEST_CASE_FIXTURE(Fixture, "poller: who asks to be called again is called in the next turn") {
  a.watch();
  SUBCASE("from a turn") {
    int left = 2;
    a.when_ready = [this, left]() mutable {
      if (left-- > 0) poller.call_again(a);
    };
    a.pair.send("1");
    poll();
    CHECK(turns.log == "<a><a><a>");
    CHECK(a.seen == std::vector<std::uint32_t>{EPOLLIN, 0, 0});
  }
  SUBCASE("from elsewhere") {
    poller.call_again(a);
    poll();
    CHECK(turns.log == "<a>");
  }
  SUBCASE("but not once it is forgotten") {
    poller.call_again(a);
    a.close();
    poll();
    CHECK(a.seen.empty());
  }
}

TEST_CASE_FIXTURE(Fixture, "poller: a source that is always ready leaves room for others") {
  a.watch();
  a.when_ready = [this] { poller.call_again(a); };
  a.pair.send("1");
  bool reached = false;
  while (a.seen.empty()) context.run_one();
  asio::post(context, [&] { reached = true; });
  for (int i = 0; i < 10 && !reached; ++i) context.run_one();
  CHECK(reached);
}

TEST_CASE_FIXTURE(Fixture, "poller: more sources than events fit are all called") {
  std::vector<std::unique_ptr<Source>> many;
  for (int i = 0; i < 400; ++i) {
    many.push_back(std::make_unique<Source>(poller, turns, 'm'));
    many.back()->watch();
    many.back()->pair.send("1");
  }
  poll();
  for (const auto& source : many) CHECK(source->seen.size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "poller: a stopped one keeps nothing running") {
  a.watch();
  poll();
  poller.stop();
  context.restart();
  context.run();  // returns
  a.pair.send("1");
  context.restart();
  context.run();
  CHECK(a.seen.empty());
}

TEST_CASE("poller: what still waits in the io_context when it goes does nothing") {
  asio::io_context context;
  Turns turns;
  {
    Poller poller(context, turns);
    Source source(poller, turns, 'a');
    source.watch();
    poller.call_again(source);
    source.pair.send("1");
  }
  context.run();
  CHECK(turns.log.empty());
}

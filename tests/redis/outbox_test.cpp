// SPDX-License-Identifier: MIT
//
// The outbox without a network: what it writes is kept, and a test says what Redis answered and
// what was read again.
#include "outbox.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace patchbay::redis;

namespace {

using Strings = std::vector<std::string>;

struct Office : Outbox::Post {
  virtual ~Office() = default;
  void send(const std::string& command, Link::Callback callback) override {
    written.push_back(command.substr(command.rfind("$", command.size() - 5)));
    callbacks.push_back(std::move(callback));
  }
  void reconnect(const std::string& /*reason*/) override { break_off(); }

  std::shared_ptr<Outbox::Letter> letter(const std::string& data) {
    return std::make_shared<Outbox::Letter>(
        Outbox::Letter{.stream = "s",
                       .entry = {.uid = "me", .nsp = "/", .type = "3", .data = data},
                       .max_len = 10,
                       .deliver = [this, data](std::string_view id, bool again) {
                         log.push_back(data + '@' + std::string(id) + (again ? " again" : ""));
                       }});
  }
  void add(const std::string& data) { outbox->add(letter(data)); }
  void answer(const std::string& resp) {
    ReplyReader reader;
    REQUIRE(reader.feed(resp));
    const auto callback = std::move(callbacks.front());
    callbacks.pop_front();
    callback(reader.next());
  }
  void taken(const std::string& id) { answer("+" + id + "\r\n"); }
  void read(const std::string& id) {
    outbox->on_own_entry("s", id, {.uid = "me", .nsp = "/", .type = "3", .data = {}});
  }
  // The connection goes; nothing that was asked is answered any more.
  void break_off() {
    callbacks.clear();
    outbox->on_away();
  }
  Strings take_log() { return std::exchange(log, {}); }
  std::size_t take_written() { return std::exchange(written, {}).size(); }

  std::shared_ptr<Outbox> outbox = std::make_shared<Outbox>(*this);
  Strings written;
  std::deque<Link::Callback> callbacks;
  Strings log;
};

struct LiveOffice : Office {
  LiveOffice() { outbox->on_caught_up(); }
};

}  // namespace

TEST_CASE_FIXTURE(LiveOffice, "letters are delivered when they are read, in that order") {
  add("a");
  add("b");
  CHECK(take_written() == 2);
  taken("1-0");
  CHECK(take_log().empty());
  read("1-0");
  // It may be read before it is answered.
  read("2-0");
  taken("2-0");
  CHECK(take_log() == Strings{"a@1-0", "b@2-0"});
}

TEST_CASE_FIXTURE(LiveOffice, "while Redis is away they are delivered at once, and written later") {
  break_off();
  add("a");
  add("b");
  CHECK(take_log() == Strings{"a@", "b@"});
  CHECK(take_written() == 0);
  outbox->on_caught_up();
  CHECK(take_written() == 2);
  taken("1-0");
  read("1-0");
  read("2-0");
  CHECK(take_log() == Strings{"a@1-0 again", "b@2-0 again"});
}

TEST_CASE_FIXTURE(LiveOffice,
                  "what Redis had taken before the connection broke is not written again") {
  add("a");
  add("b");
  add("c");
  taken("1-0");
  take_written();
  break_off();
  CHECK(take_log() == Strings{"a@", "b@", "c@"});
  // Read before it has caught up: of b that was not known.
  read("1-0");
  read("2-0");
  CHECK(take_log() == Strings{"a@1-0 again", "b@2-0 again"});
  outbox->on_caught_up();
  CHECK(take_written() == 1);
  read("5-0");
  CHECK(take_log() == Strings{"c@5-0 again"});
}

TEST_CASE_FIXTURE(LiveOffice, "what is not in the stream is written before what waited") {
  add("a");
  break_off();
  add("b");
  take_written();
  outbox->on_caught_up();
  taken("1-0");
  taken("2-0");
  read("1-0");
  read("2-0");
  CHECK(take_log() == Strings{"a@", "b@", "a@1-0 again", "b@2-0 again"});
}

TEST_CASE_FIXTURE(LiveOffice, "what Redis has taken and lost is delivered, and not written again") {
  add("a");
  add("b");
  taken("1-0");
  take_written();
  SUBCASE("noticed by what comes behind it") {
    taken("2-0");
    read("2-0");
    CHECK(take_log() == Strings{"a@", "b@2-0"});
  }
  SUBCASE("noticed after a restart") {
    break_off();
    outbox->on_caught_up();
    CHECK(take_written() == 1);  // b
    CHECK(take_log() == Strings{"a@", "b@"});
  }
}

TEST_CASE_FIXTURE(LiveOffice, "what Redis refuses is delivered here") {
  add("a");
  add("b");
  answer("-OOM command not allowed\r\n");
  CHECK(take_log() == Strings{"a@"});
  taken("1-0");
  read("1-0");
  CHECK(take_log() == Strings{"b@1-0"});
}

TEST_CASE_FIXTURE(LiveOffice, "an error that passes is none: it is written again") {
  add("a");
  answer("-LOADING Redis is loading the dataset in memory\r\n");
  CHECK(take_log() == Strings{"a@"});
  take_written();
  outbox->on_caught_up();
  CHECK(take_written() == 1);
  read("1-0");
  CHECK(take_log() == Strings{"a@1-0 again"});
}

TEST_CASE_FIXTURE(LiveOffice, "what nobody has written is nobody's") {
  read("1-0");
  add("a");
  outbox->on_own_entry("s", "2-0", {.uid = "another", .nsp = "/", .type = "3", .data = {}});
  outbox->on_own_entry("t", "2-0", {.uid = "me", .nsp = "/", .type = "3", .data = {}});
  CHECK(take_log().empty());
}

TEST_CASE_FIXTURE(LiveOffice, "what waits for Redis has a limit") {
  break_off();
  const std::string big(8 * 1024 * 1024, 'x');
  for (int i = 0; i < 10; ++i) {
    auto one = letter(big);
    one->deliver = {};
    outbox->add(std::move(one));
  }
  outbox->on_caught_up();
  CHECK(take_written() == 7);
}

TEST_CASE_FIXTURE(LiveOffice, "what listeners add while they are told comes behind") {
  add("a");
  auto first = letter("b");
  first->deliver = [this](std::string_view, bool) {
    log.emplace_back("b");
    add("c");
  };
  break_off();
  outbox->add(first);
  CHECK(take_log() == Strings{"a@", "b", "c@"});
}

TEST_CASE_FIXTURE(LiveOffice, "it is settled when all that was delivered has its place") {
  CHECK(outbox->settled());
  add("a");
  CHECK(outbox->settled());
  break_off();
  CHECK_FALSE(outbox->settled());
  add("b");
  Strings told;
  const auto ask = [&](const char* who) {
    outbox->when_settled([&told, who](bool settled) {
      told.push_back(std::string(who) + (settled ? " yes" : " no"));
    });
  };
  ask("too early");
  CHECK(told == Strings{"too early no"});
  outbox->on_caught_up();
  CHECK_FALSE(outbox->settled());
  ask("first");
  add("c");
  read("1-0");
  CHECK(told.size() == 1);
  read("2-0");
  CHECK(told == Strings{"too early no", "first yes"});
  CHECK(outbox->settled());
  ask("second");
  CHECK(told.back() == "second yes");
}

TEST_CASE_FIXTURE(LiveOffice, "who waits for it to settle is told when it will not") {
  break_off();
  add("a");
  outbox->on_caught_up();
  bool told = false;
  outbox->when_settled([&told](bool settled) { told = !settled; });
  CHECK_FALSE(told);
  break_off();
  CHECK(told);
}

TEST_CASE_FIXTURE(LiveOffice,
                  "what was trimmed before it was read is delivered when others' entries show it") {
  add("a");
  add("b");
  taken("1-0");
  outbox->on_entry("s", "0-5");
  outbox->on_entry("t", "9-0");
  CHECK(take_log().empty());
  outbox->on_entry("s", "2-0");
  CHECK(take_log() == Strings{"a@"});
  // Of this one nothing is known yet.
  outbox->on_entry("s", "3-0");
  CHECK(take_log().empty());
}

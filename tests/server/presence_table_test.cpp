// SPDX-License-Identifier: MIT
//
// Several nodes on a virtual clock, and a network between them that can lose and cut.
#include "presence_table.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace patchbay;

namespace {

using Names = std::vector<std::string>;

struct Network;

struct Node final : PresenceTable::Handler {
  Node(Network& net, std::string name, Millis linger)
      : network(&net), table({.node = std::move(name), .linger = linger}, *this) {}
  void say(Object message) override;
  void on_join(const std::string& user) override { log.push_back("+" + user); }
  void on_leave(const std::string& user) override { log.push_back("-" + user); }

  Network* network;
  PresenceTable table;
  Names log;
  bool cut = false;   // hears nobody, and nobody hears it
  bool dead = false;  // does nothing any more
};

struct Network {
  Node& add(const std::string& name, Millis linger = Millis(0)) {
    nodes.push_back(std::make_unique<Node>(*this, name, linger));
    nodes.back()->table.start(now);
    settle();
    return *nodes.back();
  }
  // All that is on its way arrives.
  void settle() {
    while (!under_way.empty()) {
      const auto [sender, message] = std::move(under_way.front());
      under_way.pop_front();
      for (const auto& node : nodes) {
        if (node.get() == sender || node->cut || node->dead) continue;
        node->table.on_message(now, message);
      }
    }
  }
  void pass(Millis time) {
    const TimePoint end = now + time;
    while (true) {
      Node* next = nullptr;
      for (const auto& node : nodes) {
        if (node->dead) continue;
        if (!next || node->table.next_time() < next->table.next_time()) next = node.get();
      }
      if (!next || next->table.next_time() > end) break;
      now = std::max(now, next->table.next_time());
      next->table.on_time(now);
      settle();
    }
    now = end;
  }
  void come(Node& node, const std::string& user) {
    node.table.add_socket(now, user);
    settle();
  }
  void go(Node& node, const std::string& user) {
    node.table.remove_socket(now, user);
    settle();
  }

  TimePoint now{};
  std::vector<std::unique_ptr<Node>> nodes;
  std::deque<std::pair<Node*, Value>> under_way;
  double loss = 0;
  std::minstd_rand random{7};
};

void Node::say(Object message) {
  if (cut || dead) return;
  if (std::uniform_real_distribution<>(0, 1)(network->random) < network->loss) return;
  network->under_way.emplace_back(this, Value(std::move(message)));
}

constexpr Millis kTimeout = PresenceOptions().timeout;
constexpr Millis kHeartbeat = PresenceOptions().heartbeat;

}  // namespace

TEST_CASE("every node knows who is where") {
  Network net;
  Node& a = net.add("a");
  Node& b = net.add("b");
  net.come(a, "ada");
  net.come(a, "ada");
  net.come(b, "ada");
  net.come(b, "bob");
  for (const Node* node : {&a, &b}) {
    CHECK(node->table.users() == Names{"ada", "bob"});
    CHECK(node->table.where("ada") == Names{"a", "b"});
    CHECK(node->table.where("bob") == Names{"b"});
    CHECK(node->table.where("eve").empty());
    CHECK(node->table.online("ada"));
    CHECK_FALSE(node->table.online("eve"));
    CHECK(node->table.nodes() == Names{"a", "b"});
    CHECK(node->log == Names{"+ada", "+bob"});
  }
}

TEST_CASE("a user has left when the last socket of the last node has") {
  Network net;
  Node& a = net.add("a");
  Node& b = net.add("b");
  net.come(a, "ada");
  net.come(a, "ada");
  net.come(b, "ada");
  net.go(a, "ada");
  CHECK(b.table.where("ada") == Names{"a", "b"});
  net.go(a, "ada");
  CHECK(b.table.where("ada") == Names{"b"});
  net.go(b, "ada");
  for (const Node* node : {&a, &b}) {
    CHECK(node->log == Names{"+ada", "-ada"});
    CHECK(node->table.users().empty());
  }
}

TEST_CASE("one who is only away for a moment has not left") {
  Network net;
  Node& a = net.add("a", Millis(1'000));
  Node& b = net.add("b", Millis(1'000));
  net.come(a, "ada");
  net.go(a, "ada");
  net.pass(Millis(999));
  CHECK(b.table.online("ada"));
  net.come(a, "ada");
  net.pass(Millis(5'000));
  CHECK(b.log == Names{"+ada"});
  net.go(a, "ada");
  net.pass(Millis(1'000));
  CHECK(a.log == Names{"+ada", "-ada"});
  CHECK(b.log == Names{"+ada", "-ada"});
}

TEST_CASE("a node that comes later learns who is there") {
  Network net;
  Node& a = net.add("a");
  net.come(a, "ada");
  Node& b = net.add("b");
  CHECK(b.log == Names{"+ada"});
  CHECK(b.table.where("ada") == Names{"a"});
  net.come(b, "bob");
  CHECK(a.table.where("bob") == Names{"b"});
}

TEST_CASE("a full house comes in parts") {
  Network net;
  Node& a = net.add("a");
  for (int i = 0; i < 4'500; ++i) net.come(a, "user" + std::to_string(i));
  const Node& b = net.add("b");
  CHECK(b.table.users().size() == 4'500);
  CHECK(b.log.size() == 4'500);
}

TEST_CASE("the users of a node that died have left after the timeout") {
  Network net;
  Node& a = net.add("a");
  Node& b = net.add("b");
  net.come(b, "ada");
  net.come(b, "bob");
  net.come(a, "bob");
  b.dead = true;
  net.pass(kTimeout - Millis(1));
  CHECK(a.table.online("ada"));
  net.pass(Millis(1));
  CHECK(a.table.users() == Names{"bob"});
  CHECK(a.table.nodes() == Names{"a"});
  CHECK(a.log == Names{"+ada", "+bob", "-ada"});
}

TEST_CASE("a node that says goodbye needs no timeout") {
  Network net;
  Node& a = net.add("a");
  Node& b = net.add("b");
  net.come(b, "ada");
  b.table.stop();
  net.settle();
  CHECK(a.log == Names{"+ada", "-ada"});
}

TEST_CASE("after a cut both sides know again, and have told each change once") {
  Network net;
  Node& a = net.add("a");
  Node& b = net.add("b");
  net.come(b, "stays");
  net.come(b, "goes");
  b.cut = true;
  net.pass(Millis(1'000));
  net.go(b, "goes");
  net.come(b, "comes");
  net.come(a, "other");
  SUBCASE("a short one") {
    net.pass(Millis(1'000));
  }
  SUBCASE("a long one, in which each takes the other for dead") {
    net.pass(kTimeout * 2);
    CHECK(a.table.users() == Names{"other"});
    CHECK(b.table.users() == Names{"comes", "stays"});
  }
  b.cut = false;
  net.pass(kHeartbeat * 2);
  for (const Node* node : {&a, &b}) {
    CHECK(node->table.users() == Names{"comes", "other", "stays"});
    CHECK(node->table.where("stays") == Names{"b"});
  }
}

TEST_CASE("whatever is lost, all agree with what is, soon after nothing is lost any more") {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    Network net;
    net.random.seed(seed);
    for (const char* name : {"a", "b", "c"}) net.add(name);
    net.loss = 0.3;
    std::vector<std::pair<Node*, std::string>> present;
    for (int step = 0; step < 300; ++step) {
      Node& node = *net.nodes[net.random() % 3];
      if (present.empty() || net.random() % 2 == 0) {
        const std::string user = "u" + std::to_string(net.random() % 10);
        present.emplace_back(&node, user);
        net.come(node, user);
      } else {
        const auto one =
            present.begin() + static_cast<std::ptrdiff_t>(net.random() % present.size());
        net.go(*one->first, one->second);
        present.erase(one);
      }
      net.pass(Millis(net.random() % 200));
    }
    net.loss = 0;
    net.pass(kTimeout);
    for (const auto& node : net.nodes) {
      for (int i = 0; i < 10; ++i) {
        const std::string user = "u" + std::to_string(i);
        Names nodes;
        for (const auto& other : net.nodes) {
          const bool there = std::ranges::any_of(present, [&](const auto& one) {
            return one.first == other.get() && one.second == user;
          });
          if (there) nodes.push_back(other->table.node());
        }
        CHECK(node->table.where(user) == nodes);
        const auto told = [&](const char* sign) {
          return std::ranges::count(node->log, sign + user);
        };
        CHECK(told("+") - told("-") == (nodes.empty() ? 0 : 1));
      }
    }
  }
}

TEST_CASE("messages that make no sense change nothing") {
  Network net;
  Node& a = net.add("a");
  const Value bad[] = {
      {},
      "text",
      Object{},
      Object{{"node", "b"}},
      Object{{"node", 7}, {"what", "join"}, {"user", "ada"}, {"number", 1}},
      Object{{"node", "b"}, {"what", "join"}, {"user", "ada"}},
      Object{{"node", "b"}, {"what", "join"}, {"user", "ada"}, {"number", -1}},
      Object{{"node", "b"}, {"what", "list"}, {"users", "ada"}},
      Object{{"node", "b"}, {"what", "list"}, {"users", Array{1, nullptr}}, {"number", "x"}},
      Object{{"node", "a"}, {"what", "list"}, {"users", Array{"ada"}}, {"number", 0}},
  };
  for (const Value& message : bad) a.table.on_message(net.now, message);
  CHECK(a.table.users().empty());
  CHECK(a.log.empty());
}

// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "patchbay/presence.hpp"
#include "patchbay/protocol/time.hpp"
#include "patchbay/protocol/value.hpp"

namespace patchbay {

// What one server knows about who is where: a state machine without clock or network. Each node
// numbers what it says about its users; a number that is not the next one means that something was
// missed, and then the node is asked for all it has.
class PresenceTable {
 public:
  class Handler {
   public:
    // To the other nodes.
    virtual void say(Object message) = 0;
    virtual void on_join(const std::string& user) = 0;
    virtual void on_leave(const std::string& user) = 0;

   protected:
    ~Handler() = default;
  };

  // The name in the options is not empty. The handler must outlive it.
  PresenceTable(PresenceOptions options, Handler& handler);

  // Asks who else is there.
  void start(TimePoint now);
  // The others need not wait until it is dead.
  void stop();

  // A socket of this node's has come or gone.
  void add_socket(TimePoint now, const std::string& user);
  void remove_socket(TimePoint now, const std::string& user);
  // From another node; what makes no sense is ignored.
  void on_message(TimePoint now, const Value& message);
  // To be called when next_time() has come.
  void on_time(TimePoint now);
  [[nodiscard]] TimePoint next_time() const;

  [[nodiscard]] const std::string& node() const noexcept { return options_.node; }
  [[nodiscard]] bool online(std::string_view user) const { return places_.contains(user); }
  [[nodiscard]] std::vector<std::string> where(std::string_view user) const;
  [[nodiscard]] std::vector<std::string> users() const;
  [[nodiscard]] std::vector<std::string> nodes() const;

 private:
  struct Own {
    std::size_t sockets = 0;
    // Without sockets: when that is told.
    TimePoint leaves_at{};
  };
  struct Node {
    TimePoint heard;
    // Of the last thing it has said; nothing while its list is not known.
    std::optional<std::uint64_t> number;
    std::optional<TimePoint> asked;
    std::set<std::string> users;
    std::set<std::string> coming;  // of a list of which there is more to come
  };

  void say(std::string_view what, Object more = {});
  void say_all();
  void on_list(const std::string& name, Node& node, const Value& message);
  void on_change(TimePoint now, const std::string& name, Node& node, const Value& message,
                 bool joined);
  void ask(TimePoint now, const std::string& name, Node& node);
  void replace_users(const std::string& name, Node& node, std::set<std::string> users);
  void enter(const std::string& user, const std::string& node);
  void leave(const std::string& user, const std::string& node);
  void forget(const std::string& name);

  PresenceOptions options_;
  Handler* handler_;
  std::uint64_t number_ = 0;
  TimePoint next_beat_{};
  std::map<std::string, Own, std::less<>> own_;
  std::set<std::pair<TimePoint, std::string>> leaving_;
  std::map<std::string, Node, std::less<>> nodes_;                    // the others
  std::map<std::string, std::set<std::string>, std::less<>> places_;  // user: nodes
};

}  // namespace patchbay

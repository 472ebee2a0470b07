// SPDX-License-Identifier: MIT
#include "presence_table.hpp"

#include <algorithm>
#include <utility>

namespace patchbay {

namespace {

// Users of one message, so that a full house does not come as one message of megabytes.
constexpr std::size_t kPart = 2'000;

std::optional<std::uint64_t> number_of(const Value& message) {
  const Value& number = message["number"];
  if (!number.is_integer() || number.as_integer() < 0) return std::nullopt;
  return static_cast<std::uint64_t>(number.as_integer());
}

}  // namespace

PresenceTable::PresenceTable(PresenceOptions options, Handler& handler)
    : options_(std::move(options)), handler_(&handler) {}

void PresenceTable::say(std::string_view what, Object more) {
  Object message{{"node", options_.node}, {"what", what}, {"number", number_}};
  for (auto& [key, value] : more) message.set(key, std::move(value));
  handler_->say(std::move(message));
}

void PresenceTable::start(TimePoint now) {
  next_beat_ = now + options_.heartbeat;
  say("hello");
}

void PresenceTable::stop() {
  say("bye");
}

// --- This node's

void PresenceTable::add_socket(TimePoint /*now*/, const std::string& user) {
  Own& own = own_[user];
  if (own.sockets++ > 0) return;
  // Still here, as far as the others know.
  if (leaving_.erase({own.leaves_at, user}) > 0) return;
  ++number_;
  say("join", {{"user", user}});
  enter(user, options_.node);
}

void PresenceTable::remove_socket(TimePoint now, const std::string& user) {
  const auto found = own_.find(user);
  if (found == own_.end() || found->second.sockets == 0 || --found->second.sockets > 0) return;
  found->second.leaves_at = now + options_.linger;
  leaving_.emplace(found->second.leaves_at, user);
  if (options_.linger == Millis(0)) on_time(now);
}

void PresenceTable::say_all() {
  Array part;
  std::size_t left = own_.size();
  do {
    for (auto own = std::next(own_.begin(), static_cast<std::ptrdiff_t>(own_.size() - left));
         own != own_.end() && part.size() < kPart; ++own, --left) {
      part.emplace_back(own->first);
    }
    say("list", {{"users", std::exchange(part, {})}, {"more", left > 0}});
  } while (left > 0);
}

// --- The others'

void PresenceTable::on_message(TimePoint now, const Value& message) {
  if (!message["node"].is_string() || !message["what"].is_string()) return;
  const std::string& name = message["node"].as_string();
  const std::string& what = message["what"].as_string();
  if (name == options_.node) return;
  if (what == "bye") return forget(name);
  const auto [place, is_new] = nodes_.try_emplace(name);
  Node& node = place->second;
  node.heard = now;
  if (what == "hello") {
    say_all();
    ask(now, name, node);
  } else if (what == "ask") {
    if (message["whom"] == Value(options_.node)) say_all();
  } else if (what == "list") {
    on_list(name, node, message);
  } else if (what == "join" || what == "leave") {
    on_change(now, name, node, message, what == "join");
  }
  // Whatever it was: the last number it has used.
  if (what != "list" && node.number != number_of(message)) ask(now, name, node);
}

void PresenceTable::on_list(const std::string& name, Node& node, const Value& message) {
  if (const Array* const users = message["users"].get_if<Array>()) {
    for (const Value& user : *users) {
      if (user.is_string()) node.coming.insert(user.as_string());
    }
  }
  if (message["more"] == Value(true)) return;
  node.number = number_of(message);
  node.asked.reset();
  replace_users(name, node, std::exchange(node.coming, {}));
}

void PresenceTable::on_change(TimePoint /*now*/, const std::string& name, Node& node,
                              const Value& message, bool joined) {
  const auto number = number_of(message);
  if (!message["user"].is_string() || !number || !node.number || *number != *node.number + 1) {
    return;
  }
  node.number = number;
  const std::string& user = message["user"].as_string();
  if (joined) {
    if (node.users.insert(user).second) enter(user, name);
  } else {
    if (node.users.erase(user) > 0) leave(user, name);
  }
}

// Once, and again when the answer is lost.
void PresenceTable::ask(TimePoint now, const std::string& name, Node& node) {
  if (node.asked && now < *node.asked + options_.heartbeat) return;
  node.asked = now;
  node.coming.clear();
  say("ask", {{"whom", name}});
}

void PresenceTable::replace_users(const std::string& name, Node& node,
                                  std::set<std::string> users) {
  const std::set<std::string> before = std::exchange(node.users, std::move(users));
  const std::set<std::string> after = node.users;
  for (const std::string& user : after) {
    if (!before.contains(user)) enter(user, name);
  }
  for (const std::string& user : before) {
    if (!after.contains(user)) leave(user, name);
  }
}

void PresenceTable::forget(const std::string& name) {
  const auto node = nodes_.extract(name);
  if (node.empty()) return;
  for (const std::string& user : node.mapped().users) leave(user, name);
}

// --- All together

void PresenceTable::enter(const std::string& user, const std::string& node) {
  auto& nodes = places_[user];
  nodes.insert(node);
  if (nodes.size() == 1) handler_->on_join(user);
}

void PresenceTable::leave(const std::string& user, const std::string& node) {
  const auto found = places_.find(user);
  if (found == places_.end() || found->second.erase(node) == 0 || !found->second.empty()) return;
  places_.erase(found);
  handler_->on_leave(user);
}

void PresenceTable::on_time(TimePoint now) {
  while (!leaving_.empty() && leaving_.begin()->first <= now) {
    const std::string user = leaving_.extract(leaving_.begin()).value().second;
    own_.erase(user);
    ++number_;
    say("leave", {{"user", user}});
    leave(user, options_.node);
  }
  std::vector<std::string> dead;
  for (const auto& [name, node] : nodes_) {
    if (now >= node.heard + options_.timeout) dead.push_back(name);
  }
  for (const std::string& name : dead) forget(name);
  if (now >= next_beat_) {
    next_beat_ = now + options_.heartbeat;
    say("alive");
  }
}

TimePoint PresenceTable::next_time() const {
  TimePoint next = next_beat_;
  if (!leaving_.empty()) next = std::min(next, leaving_.begin()->first);
  for (const auto& [name, node] : nodes_) next = std::min(next, node.heard + options_.timeout);
  return next;
}

std::vector<std::string> PresenceTable::where(std::string_view user) const {
  const auto found = places_.find(user);
  if (found == places_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

std::vector<std::string> PresenceTable::users() const {
  std::vector<std::string> names;
  names.reserve(places_.size());
  for (const auto& [user, nodes] : places_) names.push_back(user);
  return names;
}

std::vector<std::string> PresenceTable::nodes() const {
  std::vector<std::string> names{options_.node};
  for (const auto& [name, node] : nodes_) names.push_back(name);
  std::ranges::sort(names);
  return names;
}

}  // namespace patchbay

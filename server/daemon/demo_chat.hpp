// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "patchbay/patchbay.hpp"

namespace patchbay::daemon {

// The server side of the demo page. The events are described at the top of demo/demo.js. What it
// knows lives on the server's first loop: handlers, which run on their sockets' loops, go there. In
// a cluster, messages and pictures reach everybody; who and which rooms are there, and the history,
// each server knows for its own clients.
class DemoChat {
 public:
  // The server must outlive it.
  explicit DemoChat(Server& io);

 private:
  struct Person {
    SocketPtr socket;
    std::string name;
    std::string room;  // empty before the first join
  };
  struct Room {
    std::vector<std::string> people;  // socket ids in order of arrival
    std::deque<Value> history;
  };

  void on_connection(const SocketPtr& socket);
  // This and all that follows: on the first loop.
  void on_disconnect(const std::string& id);

  // Each answers the request, and then tells those whom it concerns.
  void join(Person& person, const Value& request, const Ack& ack);
  void rename(Person& person, const Value& name, const Ack& ack);
  void message(Person& person, const Value& text, const Ack& ack);
  void picture(Person& person, const Value& request, const Ack& ack);

  void enter(Person& person, const std::string& room);
  // Returns the room that was left.
  std::string leave(Person& person);
  // What messages and pictures have in common.
  Object new_post(const Person& person);

  [[nodiscard]] Array people_of(const Room& room) const;
  [[nodiscard]] Array room_list() const;
  void tell_people(const std::string& room);
  void tell_rooms();

  Server* io_;
  engineio::Loop* home_;
  std::map<std::string, Person, std::less<>> people_;  // by socket id
  std::map<std::string, Room, std::less<>> rooms_;
  std::int64_t last_id_ = 0;
};

}  // namespace patchbay::daemon

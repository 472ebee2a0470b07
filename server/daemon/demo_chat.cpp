// SPDX-License-Identifier: MIT
#include "demo_chat.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <utility>

namespace patchbay::daemon {

namespace {

constexpr std::string_view kLobby = "lobby";
constexpr std::size_t kMaxRooms = 100;
constexpr std::size_t kMaxPeople = 100;
constexpr std::size_t kHistory = 20;
constexpr std::size_t kMaxNameCharacters = 24;
constexpr std::size_t kMaxTextCharacters = 2000;
constexpr std::size_t kMaxPictureBytes = std::size_t{700} * 1024;
constexpr std::array<std::string_view, 4> kPictureTypes{"image/png", "image/jpeg", "image/gif",
                                                        "image/webp"};

Object refused(std::string_view error) {
  return Object{{"ok", false}, {"error", error}};
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// Code points of UTF-8: all bytes but those that continue one.
std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool has_control_characters(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; });
}

// A name of a person or a room, if the value can be one.
std::optional<std::string> label(const Value& value) {
  if (!value.is_string()) return std::nullopt;
  const std::string_view text = trimmed(value.as_string());
  const std::size_t count = characters(text);
  if (count == 0 || count > kMaxNameCharacters || has_control_characters(text)) return std::nullopt;
  return std::string(text);
}

// Rooms of the chat have a prefix, so that none is named like a socket's own room.
std::string channel(std::string_view room) {
  return "room:" + std::string(room);
}

std::int64_t milliseconds_since_1970() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

DemoChat::DemoChat(Server& io) : io_(&io), home_(&io.engine().loop(0)) {
  rooms_.emplace(kLobby, Room());
  io.on_connection([this](const SocketPtr& socket) { on_connection(socket); });
}

void DemoChat::on_connection(const SocketPtr& socket) {
  home_->dispatch([this, socket] {
    people_.emplace(socket->id(), Person{.socket = socket, .name = {}, .room = {}});
    socket->emit("rooms", room_list());
  });
  const auto handled_by =
      [this, id = socket->id()](void (DemoChat::*handle)(Person&, const Value&, const Ack&)) {
        return [this, id, handle](Value argument, Ack ack) {
          home_->dispatch([this, id, handle, argument = std::move(argument), ack = std::move(ack)] {
            const auto person = people_.find(id);
            if (person != people_.end()) (this->*handle)(person->second, argument, ack);
          });
        };
      };
  socket->on("join", handled_by(&DemoChat::join));
  socket->on("rename", handled_by(&DemoChat::rename));
  socket->on("message", handled_by(&DemoChat::message));
  socket->on("picture", handled_by(&DemoChat::picture));
  socket->on("ping", [](Ack ack) { ack(); });
  socket->on("disconnect",
             [this, id = socket->id()] { home_->dispatch([this, id] { on_disconnect(id); }); });
}

void DemoChat::on_disconnect(const std::string& id) {
  const auto found = people_.find(id);
  if (found == people_.end()) return;
  const bool was_in_room = !found->second.room.empty();
  const std::string left = leave(found->second);
  people_.erase(found);
  if (!was_in_room) return;
  tell_people(left);
  tell_rooms();
}

// --- Requests

void DemoChat::join(Person& person, const Value& request, const Ack& ack) {
  const auto name = label(request["name"]);
  const auto room = label(request["room"]);
  if (!name) return ack(refused("A name needs 1 to 24 characters."));
  if (!room) return ack(refused("A room name needs 1 to 24 characters."));
  const bool moves = *room != person.room;
  const auto known = rooms_.find(*room);
  if (moves && known == rooms_.end() && rooms_.size() >= kMaxRooms) {
    return ack(refused("There are too many rooms already."));
  }
  if (moves && known != rooms_.end() && known->second.people.size() >= kMaxPeople) {
    return ack(refused("This room is full."));
  }
  person.name = *name;
  std::string left;
  if (moves) {
    left = leave(person);
    enter(person, *room);
  }
  const Room& entered = rooms_.at(*room);
  ack(Object{{"ok", true},
             {"room", *room},
             {"people", people_of(entered)},
             {"history", Array(entered.history.begin(), entered.history.end())}});
  if (!left.empty()) tell_people(left);
  tell_people(*room);
  if (moves) tell_rooms();
}

void DemoChat::rename(Person& person, const Value& name, const Ack& ack) {
  if (person.room.empty()) return ack(refused("Join a room first."));
  const auto checked = label(name);
  if (!checked) return ack(refused("A name needs 1 to 24 characters."));
  person.name = *checked;
  ack(Object{{"ok", true}, {"name", person.name}});
  tell_people(person.room);
}

void DemoChat::message(Person& person, const Value& text, const Ack& ack) {
  if (person.room.empty()) return ack(refused("Join a room first."));
  if (!text.is_string() || trimmed(text.as_string()).empty() ||
      characters(text.as_string()) > kMaxTextCharacters) {
    return ack(refused("A message needs 1 to 2000 characters."));
  }
  Object post = new_post(person);
  post.set("text", text);
  auto& history = rooms_.at(person.room).history;
  history.emplace_back(post);
  if (history.size() > kHistory) history.pop_front();
  const Value id = post["id"];
  io_->to(channel(person.room)).emit("message", std::move(post));
  ack(Object{{"ok", true}, {"id", id}});
}

void DemoChat::picture(Person& person, const Value& request, const Ack& ack) {
  if (person.room.empty()) return ack(refused("Join a room first."));
  const Value& type = request["type"];
  const Value& data = request["data"];
  const bool known_type =
      type.is_string() && std::ranges::find(kPictureTypes, type.as_string()) != kPictureTypes.end();
  if (!known_type || !data.is_binary() || data.as_binary().empty()) {
    return ack(refused("Only PNG, JPEG, GIF and WebP pictures can be sent."));
  }
  if (data.as_binary().size() > kMaxPictureBytes) {
    return ack(refused("A picture may have at most 700 KB."));
  }
  Object post = new_post(person);
  post.set("type", type);
  post.set("data", data);
  const Value id = post["id"];
  io_->to(channel(person.room)).emit("picture", std::move(post));
  ack(Object{{"ok", true}, {"id", id}});
}

// --- Rooms

void DemoChat::enter(Person& person, const std::string& room) {
  rooms_[room].people.push_back(person.socket->id());
  person.room = room;
  person.socket->join(channel(room));
}

std::string DemoChat::leave(Person& person) {
  std::string left = std::exchange(person.room, {});
  const auto room = rooms_.find(left);
  if (room == rooms_.end()) return left;
  person.socket->leave(channel(left));
  std::erase(room->second.people, person.socket->id());
  if (room->second.people.empty() && left != kLobby) rooms_.erase(room);
  return left;
}

Object DemoChat::new_post(const Person& person) {
  return Object{{"room", person.room},
                {"id", ++last_id_},
                {"from", Object{{"id", person.socket->id()}, {"name", person.name}}},
                {"at", milliseconds_since_1970()}};
}

Array DemoChat::people_of(const Room& room) const {
  Array list;
  for (const std::string& id : room.people) {
    list.push_back(Object{{"id", id}, {"name", people_.at(id).name}});
  }
  return list;
}

Array DemoChat::room_list() const {
  const auto entry = [](const auto& room) {
    return Object{{"name", room.first}, {"count", room.second.people.size()}};
  };
  Array list{entry(*rooms_.find(kLobby))};
  for (const auto& room : rooms_) {
    if (room.first != kLobby) list.push_back(entry(room));
  }
  return list;
}

void DemoChat::tell_people(const std::string& room) {
  const auto found = rooms_.find(room);
  if (found == rooms_.end()) return;
  io_->local()
      .to(channel(room))
      .emit("people", Object{{"room", room}, {"people", people_of(found->second)}});
}

void DemoChat::tell_rooms() {
  io_->local().emit("rooms", room_list());
}

}  // namespace patchbay::daemon

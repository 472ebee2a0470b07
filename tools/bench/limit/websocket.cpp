// SPDX-License-Identifier: MIT
#include <algorithm>

#include "server.hpp"

namespace patchbay::bench {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kBinaryEvent = "451-[";

// The texts of handlers' names as they stand in an event: `42["echo",...`.
constexpr std::string_view kEcho = "[\"echo\"";
constexpr std::string_view kAck = "[\"ack\",";
constexpr std::string_view kBroadcast = "[\"broadcast\"";
constexpr std::string_view kJoin = "[\"join\",\"";
constexpr std::string_view kLeave = "[\"leave\",\"";
constexpr std::string_view kRoom = "[\"room\",\"";

std::string_view until_quote(std::string_view text) {
  return text.substr(0, text.find('"'));
}

}  // namespace

std::size_t Server::on_frames(int fd, std::string_view data) {
  const std::size_t size = data.size();
  MaskedFrame frame;
  while (take_frame(data, frame)) {
    // The frame is written as an echo would be, and stays if it is one.
    reserve_reply(kLongestHead + frame.size);
    char* const to = out_.data() + out_size_;
    const std::size_t head = write_head(to, frame.first, frame.size);
    unmask(to + head, frame);
    const std::string_view payload(to + head, frame.size);
    if (frame.first == kBinary || payload.starts_with(kBinaryEvent) ||
        (payload.starts_with("42") && payload.substr(2).starts_with(kEcho))) {
      out_size_ += head + frame.size;
    } else if (frame.first == kText) {
      on_text(fd, payload);
    }
  }
  return size - data.size();
}

void Server::on_text(int fd, std::string_view text) {
  if (text.starts_with("42")) return on_event(fd, text.substr(2));
  if (text == "40") {
    static const std::string connected = text_frame(R"(40{"sid":"limit"})");
    Peer& peer = peers_[static_cast<std::size_t>(fd)];
    peer.place = static_cast<std::uint32_t>(joined_.size());
    joined_.push_back(fd);
    return reply(connected);
  }
  if (text == "2probe") return on_probe(fd);
  if (text == "5") {
    Peer& peer = peers_[static_cast<std::size_t>(fd)];
    if (peer.session == kNone) return;
    free_session(peer.session);
    peer.session = kNone;
    peer.place = static_cast<std::uint32_t>(joined_.size());
    joined_.push_back(fd);
  }
}

void Server::on_probe(int fd) {
  static const std::string answer = text_frame("3probe");
  reply(answer);
  const std::uint32_t session = peers_[static_cast<std::size_t>(fd)].session;
  if (session == kNone) return;
  sessions_[session].waiting = "6";
  if (sessions_[session].poll >= 0) answer_poll(session);
}

// `packet` lies in out_, beyond its end: a reply of another shape has to be copied first.
void Server::on_event(int fd, std::string_view packet) {
  const std::size_t digits = std::min(packet.find_first_not_of(kDigits), packet.size());
  const std::string_view id = packet.substr(0, digits);
  const std::string_view event = packet.substr(digits);
  if (event.starts_with(kAck)) return acknowledge(id, event.substr(kAck.size()));
  if (event.starts_with(kBroadcast)) return append_event_frame(broadcast_out_, "42", event);
  if (event.starts_with(kRoom)) {
    const std::string_view room = until_quote(event.substr(kRoom.size()));
    const auto found = rooms_.find(std::string(room));
    if (found == rooms_.end()) return;
    Room& to = *found->second;
    if (to.out.empty()) rooms_with_out_.push_back(&to);
    // `["room","name",payload` becomes `["room",payload`.
    return append_event_frame(to.out, "42[\"room\",", event.substr(kRoom.size() + room.size() + 2));
  }
  if (event.starts_with(kJoin)) join(fd, until_quote(event.substr(kJoin.size())));
  if (event.starts_with(kLeave)) leave(fd, until_quote(event.substr(kLeave.size())));
  if (!id.empty()) reply(text_frame("43" + std::string(id) + "[]"));
}

// Both lie in out_, behind where they go to: what is there is moved up.
void Server::acknowledge(std::string_view id, std::string_view rest) {
  const std::size_t before = 2 + id.size() + 1;
  char* to = out_.data() + out_size_;
  const std::size_t head = write_head(to, kText, before + rest.size());
  to += head;
  std::memmove(to + 2, id.data(), id.size());
  to[0] = '4';
  to[1] = '3';
  to[before - 1] = '[';
  std::memmove(to + before, rest.data(), rest.size());
  out_size_ += head + before + rest.size();
}

void Server::append_event_frame(std::string& out, std::string_view before, std::string_view after) {
  char head[kLongestHead];
  out.append(head, write_head(head, kText, before.size() + after.size()));
  out.append(before).append(after);
}

void Server::join(int fd, std::string_view name) {
  std::unique_ptr<Room>& room = rooms_[std::string(name)];
  if (!room) room = std::make_unique<Room>();
  room->members.push_back(fd);
  Peer& peer = peers_[static_cast<std::size_t>(fd)];
  if (!peer.rooms) peer.rooms = std::make_unique<std::vector<Room*>>();
  peer.rooms->push_back(room.get());
}

void Server::leave(int fd, std::string_view name) {
  const auto found = rooms_.find(std::string(name));
  Peer& peer = peers_[static_cast<std::size_t>(fd)];
  if (found == rooms_.end() || !peer.rooms) return;
  std::erase(found->second->members, fd);
  std::erase(*peer.rooms, found->second.get());
}

void Server::leave_all(int fd) {
  const Peer& peer = peers_[static_cast<std::size_t>(fd)];
  if (peer.rooms) {
    for (Room* room : *peer.rooms) std::erase(room->members, fd);
  }
  if (peer.place == kNone) return;
  joined_[peer.place] = joined_.back();
  peers_[static_cast<std::size_t>(joined_.back())].place = peer.place;
  joined_.pop_back();
}

void Server::send_fan_out() {
  if (!broadcast_out_.empty()) {
    for (const int fd : joined_) send_to(fd, broadcast_out_);
    broadcast_out_.clear();
  }
  for (Room* room : rooms_with_out_) {
    for (const int fd : room->members) send_to(fd, room->out);
    room->out.clear();
  }
  rooms_with_out_.clear();
}

}  // namespace patchbay::bench

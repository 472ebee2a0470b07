// SPDX-License-Identifier: MIT
#include "patchbay/protocol/sio/connection_machine.hpp"

#include <algorithm>
#include <utility>

#include "patchbay/protocol/http/request.hpp"

namespace patchbay::sio {

namespace {

// Takes what is behind the '?' off the namespace; the '?' goes, too.
std::string take_query(std::string& nsp) {
  const std::size_t mark = nsp.find('?');
  if (mark == std::string::npos) return {};
  std::string query = nsp.substr(mark + 1);
  nsp.resize(mark);
  return query;
}

Object to_auth(std::string_view query) {
  const http::Query parameters(query);
  Object auth;
  for (const auto& [key, value] : parameters.entries()) auth.append_unchecked(key, value);
  return auth;
}

}  // namespace

ConnectionMachine::ConnectionMachine(Handler& handler, std::unique_ptr<Decoder> decoder,
                                     const Limits& limits, TimePoint now, Millis connect_timeout,
                                     Revision revision)
    : handler_(&handler),
      limits_(&limits),
      decoder_(std::move(decoder)),
      revision_(revision),
      join_deadline_(now + connect_timeout) {}

void ConnectionMachine::start() {
  if (!stopped_ && revision_ == Revision::v4) request("/", Object());
}

void ConnectionMachine::on_text(std::string_view text) {
  if (!stopped_) on_packet(decoder_->on_text(text));
}

void ConnectionMachine::on_binary(std::string_view data) {
  if (!stopped_) on_packet(decoder_->on_binary(data));
}

void ConnectionMachine::on_packet(Result<std::optional<Packet>> result) {
  if (!result) return violate(result.error());
  if (!*result) return;  // attachments are still to come
  Packet& packet = **result;
  const std::string query = revision_ == Revision::v4 ? take_query(packet.nsp) : std::string();
  if (packet.type == PacketType::connect) return on_connect(std::move(packet), query);
  if (packet.type == PacketType::connect_error) return violate(Errc::sio_unexpected_packet);

  const auto slot = find(packet.nsp);
  if (!slot || !joined(*slot)) return violate(Errc::sio_not_connected);
  if (packet.type == PacketType::disconnect) {
    leave(*slot);
    handler_->on_disconnect(*slot);
  } else if (packet.type == PacketType::event) {
    handler_->on_event(*slot, std::move(packet.data.as_array()), packet.id);
  } else if (packet.id) {  // an ack without id answers nothing
    handler_->on_ack(*slot, *packet.id, std::move(packet.data.as_array()));
  }
}

void ConnectionMachine::on_connect(Packet packet, std::string_view query) {
  // The decoder has measured the name only up to a '?'.
  if (packet.nsp.size() > limits_->namespace_bytes || query.size() > limits_->http_target_bytes) {
    return violate(Errc::sio_bad_namespace);
  }
  if (find(packet.nsp)) {
    // Asked for by start() already, whose answer serves both. Servers of the 2.x line let clients
    // ask again, and some written by hand do.
    if (revision_ == Revision::v4 && packet.nsp == "/") return;
    return violate(Errc::sio_already_connected);
  }
  request(std::move(packet.nsp),
          revision_ == Revision::v4 ? to_auth(query) : std::move(packet.data));
}

void ConnectionMachine::request(std::string nsp, Value auth) {
  const auto used = std::ranges::count_if(
      entries_, [](const Entry& entry) { return entry.state != State::free; });
  if (std::cmp_greater_equal(used, limits_->namespaces_per_client)) {
    return violate(Errc::sio_too_many_namespaces);
  }
  const Slot slot = take_slot(std::move(nsp));
  // A copy: the handler may make entries_ grow.
  const std::string name = entries_[slot].nsp;
  handler_->on_connect_request(slot, name, std::move(auth));
}

void ConnectionMachine::violate(Errc reason) {
  stopped_ = true;
  handler_->on_violation(reason);
}

std::optional<TimePoint> ConnectionMachine::deadline() const noexcept {
  return stopped_ ? std::nullopt : join_deadline_;
}

void ConnectionMachine::on_time(TimePoint now) {
  if (!stopped_ && join_deadline_ && now >= *join_deadline_) violate(Errc::sio_connect_timeout);
}

void ConnectionMachine::accept(Slot slot) {
  entries_[slot].state = State::joined;
  join_deadline_.reset();
}

void ConnectionMachine::reject(Slot slot) {
  leave(slot);
}

void ConnectionMachine::leave(Slot slot) {
  entries_[slot] = {};
}

bool ConnectionMachine::joined(Slot slot) const noexcept {
  return slot < entries_.size() && entries_[slot].state == State::joined;
}

const std::string& ConnectionMachine::namespace_of(Slot slot) const noexcept {
  return entries_[slot].nsp;
}

std::optional<ConnectionMachine::Slot> ConnectionMachine::find(
    std::string_view nsp) const noexcept {
  for (Slot slot = 0; slot < entries_.size(); ++slot) {
    if (entries_[slot].state != State::free && entries_[slot].nsp == nsp) return slot;
  }
  return std::nullopt;
}

ConnectionMachine::Slot ConnectionMachine::take_slot(std::string nsp) {
  const auto free = std::ranges::find(entries_, State::free, &Entry::state);
  const auto slot = static_cast<Slot>(free - entries_.begin());
  if (free == entries_.end()) entries_.emplace_back();
  entries_[slot] = {.nsp = std::move(nsp), .state = State::joining};
  return slot;
}

}  // namespace patchbay::sio

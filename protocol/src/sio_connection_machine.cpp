// SPDX-License-Identifier: MIT
#include "patchbay/protocol/sio/connection_machine.hpp"

#include <algorithm>
#include <utility>

namespace patchbay::sio {

ConnectionMachine::ConnectionMachine(Handler& handler, std::unique_ptr<Decoder> decoder,
                                     const Limits& limits, TimePoint now, Millis connect_timeout)
    : handler_(&handler),
      limits_(&limits),
      decoder_(std::move(decoder)),
      join_deadline_(now + connect_timeout) {}

void ConnectionMachine::on_text(std::string_view text) {
  if (!stopped_) on_packet(decoder_->on_text(text));
}

void ConnectionMachine::on_binary(std::string_view data) {
  if (!stopped_) on_packet(decoder_->on_binary(data));
}

void ConnectionMachine::on_packet(Result<std::optional<Packet>> result) {
  if (!result) return violate(result.error());
  if (!*result) return;  // attachments are still to come
  Packet packet = std::move(**result);
  if (packet.type == PacketType::connect) return on_connect(std::move(packet));
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

void ConnectionMachine::on_connect(Packet packet) {
  if (find(packet.nsp)) return violate(Errc::sio_already_connected);
  const auto used = std::ranges::count_if(
      entries_, [](const Entry& entry) { return entry.state != State::free; });
  if (std::cmp_greater_equal(used, limits_->namespaces_per_client)) {
    return violate(Errc::sio_too_many_namespaces);
  }
  const Slot slot = take_slot(std::move(packet.nsp));
  // A copy: the handler may make entries_ grow.
  const std::string nsp = entries_[slot].nsp;
  handler_->on_connect_request(slot, nsp, std::move(packet.data));
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

// SPDX-License-Identifier: MIT
#include "clients.hpp"

#include <algorithm>

namespace patchbay::bench {
namespace {

// The answer to a join: whatever the server has to say, it has to come.
constexpr std::string_view kJoinAck = "30[";

}  // namespace

bool Clients::open(std::uint32_t count, Transport transport, Histogram* times, int receive_buffer) {
  const std::uint64_t errors = bench_.errors.total();
  transport_ = transport;
  times_ = times;
  receive_buffer_ = receive_buffer;
  wanted_ = size() + count;
  clients_.reserve(wanted_);
  started_.resize(wanted_);
  for (std::uint32_t i = 0; i < bench_.options.concurrency; ++i) start_next();
  bench_.wait(
      "opening connections", [&] { return settled_ == wanted_; }, [&] { return settled_; });
  return bench_.errors.total() == errors;
}

void Clients::start_next() {
  if (size() == wanted_) return;
  const std::uint32_t number = size();
  clients_.push_back(std::make_unique<Client>(bench_.loop, bench_.endpoints, number));
  started_[number] = now();
  clients_.back()->join(*this, transport_, receive_buffer_);
}

void Clients::on_joined(Client& client) {
  ++settled_;
  if (times_ != nullptr) times_->record(now() - started_[client.number()]);
  start_next();
}

void Clients::on_lost(Client& /*client*/, const char* reason) {
  ++settled_;
  bench_.errors.add(reason);
  start_next();
}

void Clients::on_packet(Client& /*client*/, std::string_view packet) {
  if (packet.starts_with(kJoinAck)) {
    ++confirmed_;
  } else {
    bench_.errors.add("unexpected message");
  }
}

bool Clients::join_rooms(std::uint32_t first, std::uint32_t last,
                         const std::function<std::string(std::uint32_t)>& room_of) {
  const std::uint64_t errors = bench_.errors.total();
  confirmed_ = 0;
  std::uint32_t sent = 0;
  const auto send_more = [&] {
    // In portions, so that the server's answers are not all due at once.
    const std::uint32_t limit = std::min(last - first, confirmed_ + bench_.options.concurrency);
    for (; sent < limit; ++sent) {
      (*this)[first + sent].send("20[\"join\",\"" + room_of(first + sent) + "\"]");
    }
    return confirmed_ == last - first;
  };
  bench_.wait("joining rooms", send_more, [&] { return confirmed_; });
  return bench_.errors.total() == errors;
}

void Clients::listen(ClientListener& listener) {
  for (const auto& client : clients_) client->listen(listener);
}

void Clients::leave() {
  for (const auto& client : clients_) client->leave();
}

}  // namespace patchbay::bench

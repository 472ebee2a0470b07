// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench.hpp"
#include "client.hpp"

namespace patchbay::bench {

/// The clients of a run, numbered from 0.
class Clients final : private ClientListener {
 public:
  explicit Clients(Bench& bench) : bench_(bench) {}

  /// Connects `count` more, options.concurrency at a time, until all have joined "/". A client that
  /// fails is an error; false when there were any. `times` gets how long each took.
  bool open(std::uint32_t count, Transport transport, Histogram* times = nullptr,
            int receive_buffer = 0);

  /// Each client of `first` up to `last` joins a room, and the server confirms it. False on errors.
  bool join_rooms(std::uint32_t first, std::uint32_t last,
                  const std::function<std::string(std::uint32_t)>& room_of);

  /// From now on, what comes goes to `listener`.
  void listen(ClientListener& listener);

  void leave();

  std::uint32_t size() const { return static_cast<std::uint32_t>(clients_.size()); }
  Client& operator[](std::uint32_t number) { return *clients_[number]; }

 private:
  void on_joined(Client& client) override;
  void on_packet(Client& client, std::string_view packet) override;
  void on_lost(Client& client, const char* reason) override;
  void start_next();

  Bench& bench_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<Nanoseconds> started_;
  Transport transport_ = Transport::kWebSocket;
  Histogram* times_ = nullptr;
  int receive_buffer_ = 0;
  std::uint32_t wanted_ = 0;
  std::uint32_t settled_ = 0;
  std::uint32_t confirmed_ = 0;
};

}  // namespace patchbay::bench

// SPDX-License-Identifier: MIT
//
// A sio::ConnectionMachine with a handler that writes down what the machine says.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "patchbay/protocol/json.hpp"
#include "patchbay/protocol/sio/connection_machine.hpp"
#include "patchbay/protocol/sio/json_parser.hpp"

namespace patchbay::sio::test {

using Log = std::vector<std::string>;
using Slot = ConnectionMachine::Slot;

inline constexpr TimePoint kStart{Millis(1'000'000)};
inline constexpr Millis kTimeout{45'000};

// Writes down what the machine says, and lets a test react.
struct Recorder final : ConnectionMachine::Handler {
  Log log;
  std::function<void(Slot)> on_request;
  std::function<void(Slot)> on_any;
  std::function<void(Slot)> on_left;

  void on_connect_request(Slot slot, std::string_view nsp, Value auth) override {
    write(slot, "wants " + std::string(nsp) + " " + to_json(auth));
    if (on_request) on_request(slot);
  }
  void on_event(Slot slot, Array args, std::optional<std::uint64_t> ack_id) override {
    write(slot, "event " + to_json(std::move(args)) + id_text(ack_id));
    if (on_any) on_any(slot);
  }
  void on_ack(Slot slot, std::uint64_t ack_id, Array args) override {
    write(slot, "ack " + to_json(std::move(args)) + id_text(ack_id));
    if (on_any) on_any(slot);
  }
  void on_disconnect(Slot slot) override {
    write(slot, "left");
    if (on_left) on_left(slot);
  }
  void on_violation(Errc reason) override {
    log.push_back("violation " + std::string(label(reason)));
  }

  Log take() { return std::exchange(log, {}); }

 private:
  static std::string id_text(std::optional<std::uint64_t> id) {
    return id ? " id " + std::to_string(*id) : "";
  }
  void write(Slot slot, const std::string& what) {
    log.push_back(std::to_string(slot) + " " + what);
  }
};

struct Fixture {
  Limits limits;
  Recorder recorder;
  ConnectionMachine machine;

  explicit Fixture(const Limits& some_limits = {}, Revision revision = Revision::v5)
      : limits(some_limits),
        machine(recorder, json_parser()->make_decoder(limits), limits, kStart, kTimeout, revision) {
  }

  Log text(std::string_view message) {
    machine.on_text(message);
    return recorder.take();
  }
  Log binary(std::string_view message) {
    machine.on_binary(message);
    return recorder.take();
  }
  // Joins and is accepted.
  Slot join(const std::string& nsp) {
    Slot joined = std::numeric_limits<Slot>::max();
    recorder.on_request = [&](Slot slot) {
      machine.accept(slot);
      joined = slot;
    };
    machine.on_text("0" + nsp + ",");
    recorder.on_request = nullptr;
    recorder.take();
    REQUIRE(machine.joined(joined));
    return joined;
  }
};

}  // namespace patchbay::sio::test

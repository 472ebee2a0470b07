// SPDX-License-Identifier: MIT
//
// One client's messages, what the server does meanwhile, and the time: a namespace is asked for
// before anything comes for it, nothing comes after it was left, and nothing at all after the
// client broke the protocol. The first byte of the input chooses revision and encoding; each byte
// behind it is a call, and some take a line.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "patchbay/protocol/sio/connection_machine.hpp"
#include "patchbay/protocol/sio/json_parser.hpp"
#include "patchbay/protocol/sio/msgpack_parser.hpp"
#include "patchbay/protocol/utf8.hpp"

namespace {

using namespace patchbay;
using namespace patchbay::sio;

void require(bool condition) {
  if (!condition) std::abort();
}

using Slot = ConnectionMachine::Slot;

constexpr Limits kLimits{.namespaces_per_client = 4};

class Driver final : ConnectionMachine::Handler {
 public:
  Driver(const Parser& parser, Revision revision)
      : machine_(*this, parser.make_decoder(kLimits), kLimits, now_, Millis(1000), revision) {
    machine_.start();
  }

  void call(std::uint8_t what, std::string_view line) {
    switch (what % 8) {
      case 0:
      case 1:
        if (is_valid_utf8(line)) machine_.on_text(line);
        break;
      case 2:
        machine_.on_binary(line);
        break;
      case 3:
        if (const auto slot = any(State::joining)) accept(*slot);
        break;
      case 4:
        if (const auto slot = any(State::joining)) reject(*slot);
        break;
      case 5:
        if (const auto slot = any(State::joined)) leave(*slot);
        break;
      case 6:
        now_ += Millis(line.size() * 100);
        machine_.on_time(now_);
        break;
      default:
        accepts_at_once_ = !accepts_at_once_;
        break;
    }
    check();
  }

 private:
  enum class State : std::uint8_t { joining, joined };

  std::optional<Slot> any(State state) const {
    for (const auto& [slot, known] : slots_) {
      if (known == state) return slot;
    }
    return std::nullopt;
  }

  void accept(Slot slot) {
    machine_.accept(slot);
    slots_[slot] = State::joined;
  }
  void reject(Slot slot) {
    machine_.reject(slot);
    slots_.erase(slot);
  }
  void leave(Slot slot) {
    machine_.leave(slot);
    slots_.erase(slot);
  }

  void on_connect_request(Slot slot, std::string_view nsp, Value auth) override {
    require(!violated_ && !slots_.contains(slot));
    require(nsp.size() <= kLimits.namespace_bytes);
    require(auth.is_object());
    slots_[slot] = State::joining;
    require(slots_.size() <= kLimits.namespaces_per_client);
    if (accepts_at_once_) accept(slot);
  }
  void on_event(Slot slot, Array /*args*/, std::optional<std::uint64_t> /*ack_id*/) override {
    require_joined(slot);
  }
  void on_ack(Slot slot, std::uint64_t /*ack_id*/, Array /*args*/) override {
    require_joined(slot);
  }
  void on_disconnect(Slot slot) override {
    require_joined(slot);
    slots_.erase(slot);
  }
  void on_violation(Errc reason) override {
    require(!std::exchange(violated_, true) && reason != Errc::none);
  }

  void require_joined(Slot slot) {
    require(!violated_);
    const auto found = slots_.find(slot);
    require(found != slots_.end() && found->second == State::joined);
  }

  void check() const {
    std::set<std::string> names;
    for (const auto& [slot, state] : slots_) {
      require(machine_.joined(slot) == (state == State::joined));
      require(names.insert(machine_.namespace_of(slot)).second);
    }
    if (any(State::joined) && !violated_) require(!machine_.deadline());
  }

  TimePoint now_{Millis(1'000'000)};
  std::map<Slot, State> slots_;
  bool violated_ = false;
  bool accepts_at_once_ = true;
  ConnectionMachine machine_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool msgpack = (data[0] & 1U) != 0;
  // MessagePack is of revision 5.
  const Revision revision = !msgpack && (data[0] & 2U) != 0 ? Revision::v4 : Revision::v5;
  const auto parser = msgpack ? msgpack_parser() : json_parser();
  Driver driver(*parser, revision);
  std::string_view script(reinterpret_cast<const char*>(data) + 1, size - 1);
  // MessagePack has every byte: there a line has its length before it.
  while (!script.empty()) {
    const auto what = static_cast<std::uint8_t>(script.front());
    script.remove_prefix(1);
    std::size_t length = std::min(script.find('\n'), script.size());
    if (msgpack && !script.empty()) {
      length = std::min<std::size_t>(static_cast<std::uint8_t>(script.front()), script.size() - 1);
      script.remove_prefix(1);
    }
    const std::string_view line = script.substr(0, length);
    script.remove_prefix(std::min(length + (msgpack ? 0 : 1), script.size()));
    driver.call(what, line);
  }
  return 0;
}

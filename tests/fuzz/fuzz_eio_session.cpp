// SPDX-License-Identifier: MIT
//
// Any sequence of calls that a driver may make, on a virtual clock: the machine asks only for what
// is possible at the time, ends exactly once, says nothing afterwards, and never outlives a client
// that has fallen silent. The first byte of the input chooses transport and wire format; each byte
// behind it is a call, and some take further bytes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "patchbay/protocol/eio/revision3.hpp"
#include "patchbay/protocol/eio/session_machine.hpp"

namespace {

using namespace patchbay;
using namespace patchbay::eio;

void require(bool condition) {
  if (!condition) std::abort();
}

class Script {
 public:
  Script(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}

  [[nodiscard]] bool empty() const noexcept { return rest_.empty(); }

  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto value = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }

  // Up to the next newline.
  std::string_view line() {
    const std::string_view text = rest_.substr(0, rest_.find('\n'));
    rest_.remove_prefix(std::min(text.size() + 1, rest_.size()));
    return text;
  }

 private:
  std::string_view rest_;
};

// What the driver knows about its connections; checks each of the machine's calls against it.
class Driver final : SessionMachine::Handler {
 public:
  Driver(Transport transport, WireFormat format, bool candidate_base64)
      : websocket_(transport == Transport::websocket),
        candidate_base64_(candidate_base64),
        machine_(*this, config_, transport, EncodedPacket::text(PacketType::open, "{}"), now_,
                 format) {}

  void step(Script& script) {
    call(script.byte(), script);
    check();
  }

  // With a client that does nothing any more the session has to end.
  void starve() {
    for (int steps = 0; machine_.deadline(); ++steps) {
      require(steps < 1000);
      advance(std::max(*machine_.deadline() - now_, Millis(0)));
      check();
    }
    require(closed_);
  }

 private:
  // --- Calls into the machine
  // ----------------------------------------------------------------------
  void call(std::uint8_t what, Script& script) {
    switch (what % 16) {
      case 0:
        poll();
        break;
      case 1:
        abort_poll();
        break;
      case 2:
        machine_.flush_poll();
        break;
      case 3:
        begin_post();
        break;
      case 4:
        end_post(script.line());
        break;
      case 5:
        fail_post();
        break;
      case 6:
        receive(script.line(), false);
        break;
      case 7:
        receive(script.line(), true);
        break;
      case 8:
        lose_websocket(script.byte() % 2 == 0);
        break;
      case 9:
        write_queue();
        break;
      case 10:
        open_candidate();
        break;
      case 11:
        receive_on_candidate(script);
        break;
      case 12:
        lose_candidate();
        break;
      case 13:
        machine_.send(EncodedPacket::text(PacketType::message, script.line()));
        break;
      case 14:
        advance(Millis(std::int64_t{script.byte()} * 100));
        break;
      default:
        plan_reaction(script);
        break;
    }
  }

  void poll() {
    if (closed_) return;
    std::string body;
    const bool overlaps = poll_held_;
    switch (machine_.on_poll(body)) {
      case SessionMachine::PollVerdict::answer:
        require(!overlaps && !body.empty());
        break;
      case SessionMachine::PollVerdict::hold:
        require(!overlaps && !closed_);
        poll_held_ = true;
        break;
      case SessionMachine::PollVerdict::refuse:
        require(overlaps && closed_);
        break;
    }
  }

  void abort_poll() {
    if (std::exchange(poll_held_, false)) machine_.on_poll_aborted();
  }

  void begin_post() {
    if (closed_) return;
    if (machine_.on_post_begin()) {
      require(!post_active_);
      post_active_ = true;
    } else {
      require(closed_ && !post_active_);
    }
  }

  void end_post(std::string_view body) {
    if (!std::exchange(post_active_, false)) return;
    const bool binary = machine_.revision() == 3 && revision3::is_binary_payload(body);
    if (!machine_.on_post_end(body, now_, binary)) require(closed_);
  }

  void fail_post() {
    if (!std::exchange(post_active_, false)) return;
    machine_.on_post_failed(Errc::eio_post_aborted);
    require(closed_ || websocket_);  // an upgrade leaves the POST behind
  }

  void receive(std::string_view data, bool binary) {
    if (!websocket_) return;
    if (binary) {
      machine_.on_websocket_binary(data, now_);
    } else {
      machine_.on_websocket_text(data, now_);
    }
  }

  void lose_websocket(bool orderly) {
    if (!websocket_) return;
    if (orderly) {
      machine_.on_websocket_closed();
    } else {
      machine_.on_websocket_failed(Errc::ws_invalid_utf8);
    }
    require(closed_);
  }

  void write_queue() {
    if (!websocket_) return;
    machine_.queue().pop(machine_.queue().size());
    machine_.on_drained();
  }

  void open_candidate() {
    const bool possible = !candidate_ && !websocket_ && !closing_ && !closed_;
    require(machine_.on_candidate(now_, candidate_base64_) == possible);
    candidate_ = candidate_ || possible;
  }

  void receive_on_candidate(Script& script) {
    const std::uint8_t what = script.byte() % 4;
    const std::string_view other = what == 2 ? script.line() : std::string_view();
    if (!candidate_) return;
    switch (what) {
      case 0:
        machine_.on_candidate_text("2probe", now_);
        break;
      case 1:
        machine_.on_candidate_text("5", now_);
        break;
      case 2:
        machine_.on_candidate_text(other, now_);
        break;
      default:
        machine_.on_candidate_binary();
        break;
    }
  }

  void lose_candidate() {
    if (std::exchange(candidate_, false)) machine_.on_candidate_closed();
  }

  void advance(Millis by) {
    now_ += by;
    machine_.on_time(now_);
    // Otherwise a driver would spin.
    require(!machine_.deadline() || *machine_.deadline() > now_);
  }

  // --- Calls from inside a handler
  // -----------------------------------------------------------------
  void plan_reaction(Script& script) {
    const std::uint8_t plan = script.byte();
    reaction_ = plan % 4;
    callbacks_until_reaction_ = 1 + plan / 4 % 4;
    if (plan >= 128) react();  // or just call it
  }

  void react() {
    callbacks_until_reaction_ = 0;
    switch (reaction_) {
      case 0:
        machine_.close(now_);
        break;
      case 1:
        machine_.close_now();
        break;
      case 2:
        machine_.send(EncodedPacket::binary("x"));
        break;
      default:
        machine_.flush_poll();
        break;
    }
    closing_ = closing_ || reaction_ == 0;
  }

  void called() {
    require(!closed_);
    if (callbacks_until_reaction_ > 0 && --callbacks_until_reaction_ == 0) react();
  }

  // --- SessionMachine::Handler
  // ---------------------------------------------------------------------
  void on_message(bool /*binary*/, std::string_view /*data*/) override {
    require(!closing_);
    called();
  }
  void on_upgrade() override {
    require(std::exchange(candidate_, false) && !websocket_ && !poll_held_);
    websocket_ = true;
    called();
  }
  void on_close(CloseReason /*reason*/, Errc /*detail*/) override {
    require(!closed_ && !candidate_ && !poll_held_ && !post_active_ && !websocket_);
    closed_ = true;
  }
  void wake_writer() override { called(); }
  void answer_poll(std::string body) override {
    require(std::exchange(poll_held_, false) && !body.empty());
    called();
  }
  void abort_post() override {
    require(std::exchange(post_active_, false));
    called();
  }
  void answer_probe() override {
    require(candidate_);
    called();
  }
  void close_candidate() override {
    require(std::exchange(candidate_, false));
    called();
  }
  void close_websocket() override {
    require(std::exchange(websocket_, false));
    called();
  }

  void check() {
    using State = SessionMachine::State;
    require((machine_.state() == State::closed) == closed_);
    require(machine_.deadline().has_value() == !closed_);
    require(machine_.upgrading() == candidate_);
    if (!closed_) return;
    require(machine_.queue().empty() && machine_.queue().bytes() == 0 && !machine_.writable());
    require(!machine_.send(EncodedPacket::text(PacketType::message, "late")));
  }

  const SessionConfig config_;
  TimePoint now_{Millis(1'000'000)};
  bool websocket_;
  const bool candidate_base64_;
  bool candidate_ = false;
  bool poll_held_ = false;
  bool post_active_ = false;
  bool closing_ = false;
  bool closed_ = false;
  std::uint8_t reaction_ = 0;
  int callbacks_until_reaction_ = 0;
  SessionMachine machine_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Script script(data, size);
  const unsigned kind = script.byte();
  Driver driver(kind % 2 == 0 ? Transport::polling : Transport::websocket,
                static_cast<WireFormat>(kind / 2 % 3), kind / 6 % 2 == 1);
  while (!script.empty()) driver.step(script);
  driver.starve();
  return 0;
}

// SPDX-License-Identifier: MIT
//
// echo, ack, binary: every message is answered to the one who sent it.
#include <algorithm>
#include <cmath>
#include <optional>

#include "clients.hpp"
#include "ledger.hpp"
#include "measure_answers.hpp"
#include "message.hpp"
#include "scenarios.hpp"

namespace patchbay::bench {
namespace {

constexpr std::string_view kBinaryHeader = R"(51-["bin",{"_placeholder":true,"num":0}])";

/// A kind of message and of its answer.
class Exchange : public ClientListener {
 public:
  Exchange(Bench& bench, Clients& clients, Ledger& ledger)
      : bench_(bench), clients_(clients), ledger_(ledger) {}

  virtual void append_message(std::string& out, std::uint64_t sequence) const = 0;

  void send(std::uint32_t client, Nanoseconds time) {
    const std::uint64_t sequence = ledger_.send(client, time);
    append_message(clients_[client].out(), sequence);
  }

  /// Whether each answer is followed by the next message.
  void keep_going(bool on) { keep_going_ = on; }

  void on_lost(Client& /*client*/, const char* reason) override { bench_.errors.add(reason); }

 protected:
  void answered(Client& client, std::optional<std::uint64_t> sequence) {
    const Nanoseconds time = bench_.loop.received_at();
    if (ledger_.answer(client.number(), sequence, time) && keep_going_) send(client.number(), time);
  }
  Bench& bench() { return bench_; }
  Ledger& ledger() { return ledger_; }

 private:
  Bench& bench_;
  Clients& clients_;
  Ledger& ledger_;
  bool keep_going_ = false;
};

class Echo final : public Exchange {
 public:
  Echo(Bench& bench, Clients& clients, Ledger& ledger)
      : Exchange(bench, clients, ledger),
        answer_{R"(2["echo",")", make_payload(bench.options.payload), "\"]"},
        message_(Opcode::kText, {"4" + answer_.before, answer_.payload, answer_.after}) {}

 private:
  void append_message(std::string& out, std::uint64_t sequence) const override {
    message_.append_to(out, sequence);
  }
  void on_packet(Client& client, std::string_view packet) override {
    answered(client, answer_.match(packet));
  }

  Pattern answer_;
  FramePattern message_;
};

class Ack final : public Exchange {
 public:
  Ack(Bench& bench, Clients& clients, Ledger& ledger)
      : Exchange(bench, clients, ledger),
        answer_{"[\"", make_payload(bench.options.payload), "\"]"},
        message_(Opcode::kText,
                 {"42" + std::string(kAckDigits, '0') + R"(["ack",")", answer_.payload, "\"]"},
                 kAckAt) {}

 private:
  static constexpr std::size_t kAckAt = 2;

  void append_message(std::string& out, std::uint64_t sequence) const override {
    message_.append_to(out, sequence);
  }
  void on_packet(Client& client, std::string_view packet) override {
    const std::string_view head = packet.substr(0, 1 + kAckDigits);
    const std::uint64_t id = ack_id(ledger().expected(client.number()));
    const bool right = head.starts_with('3') && read_digits(head.substr(1)) == id;
    answered(client, right ? answer_.match(packet.substr(head.size())) : std::nullopt);
  }

  Pattern answer_;
  FramePattern message_;
};

class Binary final : public Exchange {
 public:
  Binary(Bench& bench, Clients& clients, Ledger& ledger)
      : Exchange(bench, clients, ledger),
        expecting_bytes_(bench.options.connections),
        attachment_{"", make_payload(bench.options.payload), ""},
        message_(Opcode::kBinary, attachment_) {
    append_frame(header_, Opcode::kText, "4" + std::string(kBinaryHeader));
  }

 private:
  void append_message(std::string& out, std::uint64_t sequence) const override {
    out += header_;
    message_.append_to(out, sequence);
  }
  void on_packet(Client& client, std::string_view packet) override {
    if (packet != kBinaryHeader) return answered(client, std::nullopt);
    if (expecting_bytes_[client.number()]) bench().errors.add("missing attachment");
    expecting_bytes_[client.number()] = true;
  }
  void on_binary(Client& client, std::string_view bytes) override {
    if (!expecting_bytes_[client.number()]) return bench().errors.add("unexpected attachment");
    expecting_bytes_[client.number()] = false;
    answered(client, attachment_.match(bytes));
  }

  std::vector<bool> expecting_bytes_;
  Pattern attachment_;
  FramePattern message_;
  std::string header_;
};

/// Messages that are due at fixed times, one client after the other, however late the answers are:
/// a latency counts from when the message was due, so that a stall costs all it delays.
class Schedule {
 public:
  Schedule(Bench& bench, Clients& clients, Ledger& ledger, Exchange& exchange)
      : bench_(bench),
        clients_(clients),
        ledger_(ledger),
        exchange_(exchange),
        interval_(static_cast<double>(kSecond) / bench.options.rate),
        began_(now()) {}

  void run_until(Nanoseconds end) {
    for (Nanoseconds time = now(); time < end; time = now()) {
      while (due() <= time) send_next();
      bench_.loop.poll(std::min(due(), end));
    }
  }

 private:
  Nanoseconds due() const {
    return began_ + static_cast<Nanoseconds>(interval_ * static_cast<double>(next_));
  }
  void send_next() {
    const auto client = static_cast<std::uint32_t>(next_ % clients_.size());
    if (ledger_.full(client)) {
      bench_.errors.add("the server does not keep up with the rate");
    } else {
      exchange_.send(client, due());
    }
    ++next_;
  }

  Bench& bench_;
  Clients& clients_;
  Ledger& ledger_;
  Exchange& exchange_;
  double interval_;
  Nanoseconds began_;
  std::uint64_t next_ = 0;
};

// At a fixed rate, as many as fall due in some seconds; that many behind is a failure.
std::uint32_t depth_of(const Options& options) {
  if (options.rate == 0) return options.depth;
  constexpr double kSecondsBehind = 5;
  const double per_client = options.rate * kSecondsBehind / options.connections;
  return static_cast<std::uint32_t>(std::ceil(per_client)) + 1;
}

template <typename Kind>
void run_exchange(Bench& bench) {
  const Options& options = bench.options;
  Clients clients(bench);
  if (!clients.open(options.connections, options.transport)) return;
  bench.server.find_children();
  Ledger ledger(options.connections, depth_of(options), bench.errors);
  Kind exchange(bench, clients, ledger);
  clients.listen(exchange);
  if (options.rate > 0) {
    Schedule schedule(bench, clients, ledger, exchange);
    measure_answers(bench, ledger, [&](Nanoseconds end) { schedule.run_until(end); });
  } else {
    exchange.keep_going(true);
    for (std::uint32_t client = 0; client < clients.size(); ++client) {
      while (!ledger.full(client)) exchange.send(client, now());
    }
    measure_answers(bench, ledger, [&](Nanoseconds end) { bench.loop.run_until(end); });
    exchange.keep_going(false);
  }
  await_last_answers(bench, ledger);
}

}  // namespace

void run_echo(Bench& bench) {
  run_exchange<Echo>(bench);
}
void run_ack(Bench& bench) {
  run_exchange<Ack>(bench);
}
void run_binary(Bench& bench) {
  run_exchange<Binary>(bench);
}

}  // namespace patchbay::bench

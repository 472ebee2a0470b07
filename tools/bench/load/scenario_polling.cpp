// SPDX-License-Identifier: MIT
//
// polling: echo over long-polling, as the stock client does it.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "bench.hpp"
#include "http_client.hpp"
#include "ledger.hpp"
#include "measure_answers.hpp"
#include "message.hpp"
#include "polling_prelude.hpp"
#include "scenarios.hpp"

namespace patchbay::bench {
namespace {

constexpr char kSeparator = '\x1e';

class PollingClient;

/// What the polling clients of a run have in common.
struct PollingRun {
  Bench& bench;
  Ledger& ledger;
  Pattern echo;  ///< message and answer are the same packet
  std::uint32_t joined = 0;
  bool keep_going = true;
};

/// An Engine.IO session over two connections with keep-alive: one has a GET waiting all the time,
/// the other carries one POST after the other, each with all that has been sent meanwhile.
class PollingClient final : private HttpClient::Listener {
 public:
  PollingClient(PollingRun& run, std::uint32_t number)
      : run_(run),
        number_(number),
        poll_(run.bench.loop, run.bench.endpoints, *this),
        post_(run.bench.loop, run.bench.endpoints, *this) {}

  void open() {
    poll_.connect(number_);
    post_.connect(number_);
    poll_.get(polling_target(""));
  }

  void send(Nanoseconds time) { add_packet(run_.echo.with(run_.ledger.send(number_, time))); }

  void flush() {
    if (buffer_.empty() || post_.busy()) return;
    post_.post(target_, buffer_);
    buffer_.clear();
  }

 private:
  void add_packet(std::string_view packet) {
    if (!buffer_.empty()) buffer_ += kSeparator;
    buffer_ += packet;
  }

  void on_body(HttpClient& client, std::string_view body) override {
    if (&client == &post_) {
      if (body != "ok") run_.bench.errors.add("wrong answer to a POST");
      return flush();
    }
    if (target_.empty()) return on_handshake(body);
    poll_.get(target_);
    while (!body.empty()) {
      const std::size_t end = std::min(body.find(kSeparator), body.size());
      on_polled_packet(body.substr(0, end));
      body.remove_prefix(std::min(end + 1, body.size()));
    }
    flush();
  }

  void on_handshake(std::string_view body) {
    const std::string_view sid = handshake_text(body, "sid");
    if (!body.starts_with("0{") || sid.empty()) {
      return run_.bench.errors.add("wrong Engine.IO handshake");
    }
    target_ = polling_target(sid);
    add_packet("40");
    flush();
    poll_.get(target_);
  }

  void on_polled_packet(std::string_view packet) {
    if (packet == "2") return add_packet("3");
    if (!joined_) {
      joined_ = true;
      ++run_.joined;
      if (!packet.starts_with("40{")) run_.bench.errors.add("wrong answer to CONNECT");
      return;
    }
    const Nanoseconds time = run_.bench.loop.received_at();
    if (run_.ledger.answer(number_, run_.echo.match(packet), time) && run_.keep_going) send(time);
  }

  void on_http_lost(HttpClient& /*client*/, const char* reason) override {
    run_.bench.errors.add(reason);
  }

  PollingRun& run_;
  std::uint32_t number_;
  bool joined_ = false;
  std::string target_;
  std::string buffer_;
  HttpClient poll_;
  HttpClient post_;
};

}  // namespace

void run_polling(Bench& bench) {
  const Options& options = bench.options;
  Ledger ledger(options.connections, options.depth, bench.errors);
  PollingRun run{bench, ledger, {R"(42["echo",")", make_payload(options.payload), "\"]"}};
  std::vector<std::unique_ptr<PollingClient>> clients;
  for (std::uint32_t i = 0; i < options.connections; ++i) {
    clients.push_back(std::make_unique<PollingClient>(run, i));
    clients.back()->open();
  }
  const bool opened = bench.wait(
      "opening connections", [&] { return run.joined == clients.size(); },
      [&] { return run.joined; });
  if (!opened) return;
  bench.server.find_children();
  for (std::uint32_t i = 0; i < options.connections; ++i) {
    while (!ledger.full(i)) clients[i]->send(now());
    clients[i]->flush();
  }
  measure_answers(bench, ledger, [&](Nanoseconds end) { bench.loop.run_until(end); });
  run.keep_going = false;
  await_last_answers(bench, ledger);
}

}  // namespace patchbay::bench

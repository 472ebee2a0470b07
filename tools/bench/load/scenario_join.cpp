// SPDX-License-Identifier: MIT
//
// join: what a room membership costs, the last as against the first.
#include <algorithm>
#include <vector>

#include "clients.hpp"
#include "message.hpp"
#include "scenarios.hpp"

namespace patchbay::bench {
namespace {

constexpr std::uint64_t kParts = 100;

/// All clients join a number of further rooms each, and every join is confirmed in order.
class Joins final : public ClientListener {
 public:
  Joins(Bench& bench, Clients& clients, std::uint32_t rooms)
      : bench_(bench), clients_(clients), rooms_(rooms), confirmed_(clients.size()) {}

  /// False on errors.
  bool join_more(std::uint64_t rooms_each) {
    const std::uint64_t target = done_ + rooms_each * clients_.size();
    for (std::uint32_t client = 0; client < clients_.size(); ++client) {
      for (std::uint64_t i = 0; i < rooms_each; ++i) send(client, joined_each_ + i);
    }
    joined_each_ += rooms_each;
    return bench_.wait(
               "joining rooms", [&] { return done_ == target; }, [&] { return done_; }) &&
           bench_.errors.total() == 0;
  }

  std::uint64_t memberships() const { return done_; }

 private:
  // Distinct rooms for each client, and as many members in each.
  void send(std::uint32_t client, std::uint64_t index) {
    const std::uint64_t room = (client + index) % rooms_;
    clients_[client].send("2" + std::to_string(ack_id(index)) + "[\"join\",\"room-" +
                          std::to_string(room) + "\"]");
  }

  void on_packet(Client& client, std::string_view packet) override {
    const std::string expected = "3" + std::to_string(ack_id(confirmed_[client.number()]++)) + "[";
    if (!packet.starts_with(expected)) bench_.errors.add("wrong answer to a join");
    ++done_;
  }
  void on_lost(Client& /*client*/, const char* reason) override { bench_.errors.add(reason); }

  Bench& bench_;
  Clients& clients_;
  std::uint32_t rooms_;
  std::vector<std::uint64_t> confirmed_;
  std::uint64_t joined_each_ = 0;
  std::uint64_t done_ = 0;
};

void report_parts(Json& json, const std::vector<double>& parts, std::uint64_t part_size) {
  std::vector<double> sorted = parts;
  std::sort(sorted.begin(), sorted.end());
  json.open("join_cpu_us");
  json.add("part", part_size);
  json.add("first", parts.front());
  json.add("median", sorted[sorted.size() / 2]);
  json.add("last", parts.back());
  json.add("ratio", parts.back() / parts.front());
  json.close();
}

}  // namespace

void run_join(Bench& bench) {
  const Options& options = bench.options;
  const std::uint64_t each_part =
      std::max<std::uint64_t>(options.memberships / options.connections / kParts, 1);
  const std::uint64_t each = std::max(options.memberships / options.connections, each_part);
  // Ten members in a room unless told otherwise; a client can be in a room but once.
  const auto wanted = options.rooms > 0 ? options.rooms : each * options.connections / 10;
  const auto rooms = static_cast<std::uint32_t>(std::max<std::uint64_t>(wanted, each));
  Clients clients(bench);
  if (!clients.open(options.connections, options.transport)) return;
  bench.server.find_children();
  Joins joins(bench, clients, rooms);
  clients.listen(joins);

  std::vector<double> parts;
  const std::uint64_t part_size = each_part * options.connections;
  Window whole(bench.server);
  whole.begin();
  while (joins.memberships() + part_size <= each * options.connections) {
    Window window(bench.server);
    window.begin();
    if (!joins.join_more(each_part)) return;
    window.end();
    if (const auto used = window.cpu_us()) {
      parts.push_back(*used / static_cast<double>(part_size));
    }
  }
  whole.end();
  bench.json.add("room_count", std::uint64_t{rooms});
  bench.json.add("memberships", joins.memberships());
  whole.report(bench.json, joins.memberships());
  if (!parts.empty()) report_parts(bench.json, parts, part_size);
}

}  // namespace patchbay::bench

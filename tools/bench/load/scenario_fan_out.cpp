// SPDX-License-Identifier: MIT
//
// broadcast, room: one sends, all of a group receive.
#include <algorithm>
#include <optional>
#include <vector>

#include "clients.hpp"
#include "message.hpp"
#include "scenarios.hpp"

namespace patchbay::bench {
namespace {

/// Clients that receive what one of them has emitted. A message has arrived when all have it; then
/// the next is sent, so that options.depth are always under way.
struct Group {
  std::uint32_t sender;
  std::uint32_t members;
  FramePattern message;
  std::uint64_t sent = 0;
  std::uint64_t arrived = 0;
  std::vector<Nanoseconds> times{};       ///< of those under way, by sequence number
  std::vector<std::uint32_t> receipts{};  ///< the same
};

class FanOut final : public ClientListener {
 public:
  FanOut(Bench& bench, Clients& clients, Pattern delivery, std::vector<Group> groups);

  void start();
  void stop() { keep_going_ = false; }
  void measure(bool on) { measuring_ = on; }

  std::uint64_t deliveries() const { return deliveries_; }
  const Histogram& latency() const { return latency_; }
  std::uint64_t under_way() const { return under_way_; }

 private:
  void on_packet(Client& client, std::string_view packet) override;
  void on_lost(Client& /*client*/, const char* reason) override { bench_.errors.add(reason); }
  void send(Group& group, Nanoseconds time);
  void note_receipt(Group& group, std::uint64_t sequence, Nanoseconds time);

  Bench& bench_;
  Clients& clients_;
  Pattern delivery_;
  std::vector<Group> groups_;
  std::vector<std::uint64_t> expected_;  ///< of each client
  std::uint64_t deliveries_ = 0;
  std::uint64_t under_way_ = 0;  ///< deliveries that are missing yet
  bool keep_going_ = true;
  bool measuring_ = false;
  Histogram latency_;
};

FanOut::FanOut(Bench& bench, Clients& clients, Pattern delivery, std::vector<Group> groups)
    : bench_(bench),
      clients_(clients),
      delivery_(std::move(delivery)),
      groups_(std::move(groups)),
      expected_(clients.size()) {
  for (Group& group : groups_) {
    group.times.resize(bench.options.depth);
    group.receipts.resize(bench.options.depth);
  }
}

void FanOut::start() {
  clients_.listen(*this);
  for (Group& group : groups_) {
    for (std::uint32_t i = 0; i < bench_.options.depth; ++i) send(group, now());
  }
}

void FanOut::send(Group& group, Nanoseconds time) {
  const std::size_t slot = group.sent % bench_.options.depth;
  group.times[slot] = time;
  group.receipts[slot] = 0;
  group.message.append_to(clients_[group.sender].out(), group.sent);
  ++group.sent;
  under_way_ += group.members;
}

void FanOut::on_packet(Client& client, std::string_view packet) {
  const std::uint32_t number = client.number();
  // Clients are dealt out to the groups in turn; those behind the last group are to get nothing.
  Group& group = groups_[number % groups_.size()];
  const auto sequence = delivery_.match(packet);
  if (!sequence) return bench_.errors.add("wrong content");
  if (*sequence != expected_[number]) bench_.errors.add("wrong order");
  if (number >= bench_.options.connections || *sequence < group.arrived ||
      *sequence >= group.sent) {
    return bench_.errors.add("delivery that was not due");
  }
  expected_[number] = *sequence + 1;
  note_receipt(group, *sequence, bench_.loop.received_at());
}

void FanOut::note_receipt(Group& group, std::uint64_t sequence, Nanoseconds time) {
  const std::size_t slot = sequence % bench_.options.depth;
  ++deliveries_;
  --under_way_;
  if (measuring_) latency_.record(time - group.times[slot]);
  ++group.receipts[slot];
  // In the order sent: a client that has the next one has this one, too.
  while (group.arrived < group.sent &&
         group.receipts[group.arrived % bench_.options.depth] == group.members) {
    ++group.arrived;
    if (keep_going_) send(group, time);
  }
}

void run_fan_out(Bench& bench, FanOut& fan_out) {
  const Options& options = bench.options;
  const auto run_for = [&](double seconds) { bench.loop.run_until(now() + from_seconds(seconds)); };
  bench.server.find_children();
  fan_out.start();
  run_for(options.warmup);
  Window window(bench.server);
  window.begin();
  const std::uint64_t before = fan_out.deliveries();
  fan_out.measure(true);
  run_for(options.seconds);
  fan_out.measure(false);
  window.end();
  const std::uint64_t deliveries = fan_out.deliveries() - before;
  fan_out.stop();
  bench.wait(
      "last deliveries", [&] { return fan_out.under_way() == 0; },
      [&] { return fan_out.deliveries(); });
  bench.errors.add("missing delivery", fan_out.under_way());
  bench.json.add("deliveries", deliveries);
  window.report(bench.json, deliveries);
  report_latency(bench.json, "latency_us", fan_out.latency());
  if (deliveries == 0) bench.errors.add("no deliveries");
}

std::string room_name(std::uint32_t room) {
  return "room-" + std::to_string(room);
}

std::uint32_t count_rooms(const Options& options) {
  const std::uint32_t rooms =
      options.room_size > 0 ? options.connections / options.room_size : options.rooms;
  return std::clamp(rooms, 1U, options.connections);
}

}  // namespace

void run_broadcast(Bench& bench) {
  const Options& options = bench.options;
  Clients clients(bench);
  if (!clients.open(options.connections, options.transport)) return;
  const Pattern delivery{R"(2["broadcast",")", make_payload(options.payload), "\"]"};
  const Pattern sent{"4" + delivery.before, delivery.payload, delivery.after};
  FanOut fan_out(bench, clients, delivery,
                 {Group{0, options.connections, FramePattern(Opcode::kText, sent)}});
  run_fan_out(bench, fan_out);
}

void run_room(Bench& bench) {
  const Options& options = bench.options;
  const std::uint32_t rooms = count_rooms(options);
  bench.json.add("room_count", std::uint64_t{rooms});
  bench.json.add("idle_connections", std::uint64_t{options.idle_connections});
  Clients clients(bench);
  if (!clients.open(options.connections + options.idle_connections, options.transport)) return;
  const auto room_of = [&](std::uint32_t client) { return room_name(client % rooms); };
  if (!clients.join_rooms(0, options.connections, room_of)) return;

  const Pattern delivery{R"(2["room",")", make_payload(options.payload), "\"]"};
  std::vector<Group> groups;
  for (std::uint32_t room = 0; room < rooms; ++room) {
    const std::uint32_t members = (options.connections - room + rooms - 1) / rooms;
    const Pattern sent{R"(42["room",")" + room_name(room) + "\",\"", delivery.payload,
                       delivery.after};
    groups.push_back(Group{room, members, FramePattern(Opcode::kText, sent)});
  }
  FanOut fan_out(bench, clients, delivery, std::move(groups));
  run_fan_out(bench, fan_out);
}

}  // namespace patchbay::bench

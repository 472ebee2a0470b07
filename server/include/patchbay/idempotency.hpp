// SPDX-License-Identifier: MIT
//
// Events that a client may send again, because it does not know whether they have arrived, and that
// are handled once all the same:
//
//   patchbay::Idempotency once({.events = {"order"}, .key_argument = 1});
//   once.install(io.sockets());
//   socket->on("order", [](Value goods, std::string key) { return place(goods); });
//
// What makes it work is a key that the client makes for each thing it wants, and sends along with
// every try: socket.emit("order", goods, crypto.randomUUID(), answer => ...). It goes with the
// stock client's `retries`, and with a client's own tries on a later connection.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "patchbay/namespace.hpp"
#include "patchbay/protocol/time.hpp"

namespace patchbay {

class IdempotencyStore;

struct IdempotencyOptions {
  // The events that it is about. Empty: all that have a key.
  std::vector<std::string> events = {};
  // Which argument the key is, from 0 (behind the name): a string or an integer.
  std::size_t key_argument = 0;
  // Asked instead, when there is one, on the socket's loop; nothing: the event has no key.
  std::function<std::optional<std::string>(const IncomingEvent& event)> key = {};
  // Within which keys have to differ. By default that is Socket::user(), and for sockets without
  // one their id, so that only tries on the same connection, or one that was recovered, are known
  // again. Asked on the socket's loop.
  std::function<std::string(const Socket& socket)> scope = {};
  // Turns events without a key away, instead of letting them pass unguarded. A key that is empty or
  // too long always turns away. The client gets {error: text, code: "idempotency_key"}.
  bool require_key = false;
  std::size_t max_key_bytes = 256;
  // How long an answer is kept. A handler that takes longer than that is not run again either.
  Millis ttl{600'000};
  // What is kept at most: in all, and for one scope, so that nobody can have others forgotten.
  // The oldest answer goes first; when all are still to come, the oldest of them. A try of what was
  // forgotten is handled again.
  std::size_t max_entries = 100'000;
  std::size_t max_entries_per_scope = 1'000;
  std::size_t max_bytes = std::size_t{64} * 1024 * 1024;
  // How many tries of one event wait for its answer; of more, those that came first get none.
  std::size_t max_waiting = 8;
  // An event whose handler ended without an answer (it threw, or has none) counts as handled:
  // further tries are dropped. With this they are handled again.
  bool repeat_unanswered = false;
  // For tests.
  std::function<TimePoint()> clock = {};
};

// Remembers what has been answered. A value; copies remember the same. Any thread: sockets of
// several loops, namespaces and servers (of one process) may share one.
//
// The first try of an event goes on to its handlers, and what they acknowledge is kept. Others get
// the same acknowledgement, at once or when it is there, and go nowhere. Handlers are given an Ack
// also when the client wants none. What other middlewares answer in the handlers' place, those
// before and those behind this one, is not kept. The arguments of tries are not compared.
class Idempotency {
 public:
  // Throws std::invalid_argument when a limit is 0.
  explicit Idempotency(IdempotencyOptions options = {});

  // For all sockets that join the namespace from now on; once per namespace.
  void install(Namespace& nsp) const;
  // For one socket, to be added by its use(). It must not be used for another.
  [[nodiscard]] EventMiddleware middleware(Socket& socket) const;

  // What is remembered now: events, and bytes of their keys and answers.
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Guard;
  std::shared_ptr<const Guard> guard_;
};

}  // namespace patchbay

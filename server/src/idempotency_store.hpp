// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "patchbay/ack.hpp"
#include "patchbay/idempotency.hpp"

namespace patchbay {

// Which events are being handled and which have been, and what was answered. Any thread.
class IdempotencyStore {
 public:
  // Tells apart the tries that were the first of their name.
  using Run = std::uint64_t;
  using Answer = std::shared_ptr<const Array>;

  explicit IdempotencyStore(const IdempotencyOptions& limits) : limits_(limits) {}
  IdempotencyStore(const IdempotencyStore&) = delete;
  IdempotencyStore& operator=(const IdempotencyStore&) = delete;

  // A try of the event of this name within the scope. When it is the first one: its run, which has
  // to be ended by one of the others. Else `ack` gets what that was answered, now or then.
  std::optional<Run> begin(TimePoint now, const std::string& scope, std::string name,
                           const Ack& ack);
  // The first one was answered, or will never be (null). Tells those that wait.
  void finish(TimePoint now, const std::string& name, Run run, const Answer& answer);
  // As if it had never been. Those that wait get the answer, if there is one.
  void forget(const std::string& name, Run run, const Answer& answer);

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Entry;
  using Queue = std::list<Entry*>;
  // Of all, or of one scope.
  struct Order {
    Queue running;
    Queue done;  // in the order of their answers
    [[nodiscard]] std::size_t size() const noexcept { return running.size() + done.size(); }
    [[nodiscard]] Entry& oldest() const { return done.empty() ? *running.front() : *done.front(); }
  };
  using Scopes = std::unordered_map<std::string, Order>;
  struct Entry {
    std::string name;
    Run run;
    Scopes::value_type* scope;
    Queue::iterator place;
    Queue::iterator place_in_scope;
    std::size_t bytes;
    bool done = false;
    Answer answer = {};
    TimePoint expires = {};
    std::vector<Ack> waiting = {};
  };
  using Entries = std::unordered_map<std::string, std::unique_ptr<Entry>>;
  // What was removed, to be destroyed without the lock.
  using Removed = std::vector<std::unique_ptr<Entry>>;

  [[nodiscard]] Entry* find(const std::string& name, Run run);
  Run add(const std::string& scope, std::string name);
  void remove(Entry& entry, Removed& removed);
  void expire(TimePoint now, Removed& removed);
  void make_room_in(const std::string& scope, Removed& removed);
  void make_room(Removed& removed);

  const IdempotencyOptions limits_;
  mutable std::mutex mutex_;  // guards what follows
  Entries entries_;
  Scopes scopes_;
  Order order_;
  std::size_t bytes_ = 0;
  Run last_run_ = 0;
};

}  // namespace patchbay

// SPDX-License-Identifier: MIT
#include "idempotency_store.hpp"

#include <utility>

namespace patchbay {

namespace {

// Tables and lists cost something for each entry, however small that is.
constexpr std::size_t kEntryBytes = 256;

std::size_t bytes_of(const Value& value) {
  std::size_t bytes = sizeof(Value);
  if (const auto* const text = value.get_if<std::string>()) bytes += text->size();
  if (const auto* const data = value.get_if<Bytes>()) bytes += data->size();
  if (const auto* const array = value.get_if<Array>()) {
    for (const Value& item : *array) bytes += bytes_of(item);
  }
  if (const auto* const object = value.get_if<Object>()) {
    for (const auto& [key, item] : *object) {
      bytes += sizeof(std::string) + key.size() + bytes_of(item);
    }
  }
  return bytes;
}

std::size_t bytes_of(const IdempotencyStore::Answer& answer) {
  std::size_t bytes = 0;
  if (!answer) return bytes;
  for (const Value& value : *answer) bytes += bytes_of(value);
  return bytes;
}

void tell(const std::vector<Ack>& waiting, const IdempotencyStore::Answer& answer) {
  if (!answer) return;
  for (const Ack& ack : waiting) ack.answer(*answer);
}

}  // namespace

std::optional<IdempotencyStore::Run> IdempotencyStore::begin(TimePoint now,
                                                             const std::string& scope,
                                                             std::string name, const Ack& ack) {
  Removed removed;
  Answer answer;
  {
    const std::lock_guard lock(mutex_);
    expire(now, removed);
    const auto found = entries_.find(name);
    if (found == entries_.end()) {
      make_room_in(scope, removed);
      const Run run = add(scope, std::move(name));
      make_room(removed);
      return run;
    }
    Entry& entry = *found->second;
    if (entry.done) {
      answer = entry.answer;
    } else if (ack) {
      entry.waiting.push_back(ack);
      if (entry.waiting.size() > limits_.max_waiting) entry.waiting.erase(entry.waiting.begin());
    }
  }
  if (answer) ack.answer(*answer);
  return std::nullopt;
}

void IdempotencyStore::finish(TimePoint now, const std::string& name, Run run,
                              const Answer& answer) {
  Removed removed;
  std::vector<Ack> waiting;
  {
    const std::lock_guard lock(mutex_);
    Entry* const entry = find(name, run);
    if (!entry) return;  // pushed out by others meanwhile
    waiting = std::exchange(entry->waiting, {});
    entry->done = true;
    entry->answer = answer;
    entry->expires = now + limits_.ttl;
    order_.done.splice(order_.done.end(), order_.running, entry->place);
    Order& scope = entry->scope->second;
    scope.done.splice(scope.done.end(), scope.running, entry->place_in_scope);
    const std::size_t more = bytes_of(answer);
    entry->bytes += more;
    bytes_ += more;
    make_room(removed);
  }
  tell(waiting, answer);
}

void IdempotencyStore::forget(const std::string& name, Run run, const Answer& answer) {
  Removed removed;
  {
    const std::lock_guard lock(mutex_);
    if (Entry* const entry = find(name, run)) remove(*entry, removed);
  }
  for (const auto& entry : removed) tell(entry->waiting, answer);
}

std::size_t IdempotencyStore::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

std::size_t IdempotencyStore::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

// --- [mutex_ held]

IdempotencyStore::Entry* IdempotencyStore::find(const std::string& name, Run run) {
  const auto found = entries_.find(name);
  return found != entries_.end() && found->second->run == run ? found->second.get() : nullptr;
}

IdempotencyStore::Run IdempotencyStore::add(const std::string& scope, std::string name) {
  auto& scope_entry = *scopes_.try_emplace(scope).first;
  const std::size_t bytes = kEntryBytes + 2 * name.size() + scope.size();
  auto entry = std::make_unique<Entry>(Entry{.name = name,
                                             .run = ++last_run_,
                                             .scope = &scope_entry,
                                             .place = {},
                                             .place_in_scope = {},
                                             .bytes = bytes});
  Order& in_scope = scope_entry.second;
  entry->place = order_.running.insert(order_.running.end(), entry.get());
  entry->place_in_scope = in_scope.running.insert(in_scope.running.end(), entry.get());
  bytes_ += bytes;
  entries_.emplace(std::move(name), std::move(entry));
  return last_run_;
}

void IdempotencyStore::remove(Entry& entry, Removed& removed) {
  Order& scope = entry.scope->second;
  (entry.done ? order_.done : order_.running).erase(entry.place);
  (entry.done ? scope.done : scope.running).erase(entry.place_in_scope);
  if (scope.size() == 0) scopes_.erase(scopes_.find(entry.scope->first));
  bytes_ -= entry.bytes;
  const auto found = entries_.find(entry.name);
  removed.push_back(std::move(found->second));
  entries_.erase(found);
}

// All live equally long, so the first answered is the first to go.
void IdempotencyStore::expire(TimePoint now, Removed& removed) {
  while (!order_.done.empty() && order_.done.front()->expires <= now) {
    remove(*order_.done.front(), removed);
  }
}

// For one more.
void IdempotencyStore::make_room_in(const std::string& scope, Removed& removed) {
  const auto found = scopes_.find(scope);
  if (found == scopes_.end()) return;
  const Order& order = found->second;
  if (order.size() >= limits_.max_entries_per_scope) remove(order.oldest(), removed);
}

void IdempotencyStore::make_room(Removed& removed) {
  while (entries_.size() > limits_.max_entries || bytes_ > limits_.max_bytes) {
    remove(order_.oldest(), removed);
  }
}

}  // namespace patchbay

// SPDX-License-Identifier: MIT
#include "recovery_store.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace patchbay {

namespace {

// What an event costs beyond its bytes on the wire, about.
constexpr std::size_t kEventOverhead = 256;

std::size_t size_of(const BroadcastTarget& target) {
  std::size_t sum = 0;
  for (const auto* list : {&target.rooms, &target.except}) {
    for (const std::string& room : *list) sum += sizeof(std::string) + room.size();
  }
  return sum;
}

}  // namespace

void RecoveryStore::add_event(TimePoint now, std::string_view offset, const BroadcastTarget& target,
                              const EncodedMessage& message) {
  const std::size_t bytes = kEventOverhead + message.bytes() + size_of(target);
  events_.push_back({.time = now,
                     .offset = std::string(offset),
                     .target = target,
                     .message = message,
                     .bytes = bytes});
  bytes_ += bytes;
  last_offset_ = offset;
  by_offset_.insert_or_assign(events_.back().offset, position() - 1);
  while (!events_.empty() &&
         (events_.size() > options_.max_events || bytes_ > options_.max_bytes)) {
    pop_event();
  }
}

void RecoveryStore::add_session(TimePoint now, SavedSession session) {
  if (by_private_id_.contains(session.private_id)) return;
  sessions_.push_back({.time = now, .saved = std::move(session)});
  by_private_id_.emplace(sessions_.back().saved.private_id, std::prev(sessions_.end()));
  while (sessions_.size() > options_.max_sessions) pop_session();
}

std::optional<SavedSession> RecoveryStore::take_session(TimePoint now, std::string_view private_id,
                                                        std::string_view offset) {
  expire(now);
  const auto found = by_private_id_.find(private_id);
  if (found == by_private_id_.end()) return std::nullopt;
  const auto session = found->second;
  by_private_id_.erase(found);
  SavedSession saved = std::move(session->saved);
  sessions_.erase(session);
  if (!first_missed(saved, offset)) return std::nullopt;
  return saved;
}

std::optional<std::uint64_t> RecoveryStore::first_missed(const SavedSession& session,
                                                         std::string_view offset) const {
  const auto found = by_offset_.find(offset);
  if (found != by_offset_.end()) return found->second + 1;
  if (session.last_offset == offset && session.position >= first_event_) return session.position;
  return std::nullopt;
}

std::optional<std::vector<MissedEvent>> RecoveryStore::missed(const SavedSession& session,
                                                              std::string_view offset) const {
  const auto first = first_missed(session, offset);
  return first ? missed_since(*first, session) : std::nullopt;
}

std::optional<std::vector<MissedEvent>> RecoveryStore::missed_since(
    std::uint64_t position, const SavedSession& session) const {
  if (position < first_event_) return std::nullopt;
  std::vector<MissedEvent> events;
  const std::unordered_set<std::string_view> own(session.rooms.begin(), session.rooms.end());
  const auto any_own = [&own](const std::vector<std::string>& list) {
    return std::ranges::any_of(list,
                               [&own](const std::string& room) { return own.contains(room); });
  };
  for (auto i = static_cast<std::size_t>(position - first_event_); i < events_.size(); ++i) {
    const Event& event = events_[i];
    if (!event.target.rooms.empty() && !any_own(event.target.rooms)) continue;
    if (any_own(event.target.except)) continue;
    events.push_back({.offset = event.offset, .message = event.message});
  }
  return events;
}

void RecoveryStore::expire(TimePoint now) {
  const TimePoint oldest = now - options_.max_disconnection_duration;
  while (!events_.empty() && events_.front().time < oldest) pop_event();
  while (!sessions_.empty() && sessions_.front().time < oldest) pop_session();
}

std::optional<TimePoint> RecoveryStore::next_expiry() const noexcept {
  std::optional<TimePoint> first;
  if (!events_.empty()) first = events_.front().time;
  if (!sessions_.empty())
    first = first ? std::min(*first, sessions_.front().time) : sessions_.front().time;
  if (first) *first += options_.max_disconnection_duration + Millis(1);
  return first;
}

void RecoveryStore::pop_event() {
  bytes_ -= events_.front().bytes;
  by_offset_.erase(events_.front().offset);
  events_.pop_front();
  ++first_event_;
}

void RecoveryStore::pop_session() {
  by_private_id_.erase(sessions_.front().saved.private_id);
  sessions_.pop_front();
}

}  // namespace patchbay

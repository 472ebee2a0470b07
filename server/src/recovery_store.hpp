// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "patchbay/adapter.hpp"
#include "patchbay/options.hpp"
#include "patchbay/protocol/time.hpp"

namespace patchbay {

// What is kept for clients that may come back: the sessions of those who have gone, and what was
// sent meanwhile. Bounded in count, bytes and age; the oldest goes first. Belongs to one loop.
class RecoveryStore {
 public:
  explicit RecoveryStore(const RecoveryOptions& options) : options_(options) {}
  RecoveryStore(const RecoveryStore&) = delete;
  RecoveryStore& operator=(const RecoveryStore&) = delete;

  // An event that was sent under this offset.
  void add_event(TimePoint now, std::string_view offset, const BroadcastTarget& target,
                 const EncodedMessage& message);
  // Where the record stands: what was sent to a socket that goes now has a smaller running number.
  [[nodiscard]] std::uint64_t position() const noexcept { return first_event_ + events_.size(); }
  // Its position is that of this record, or of one that has had the same events.
  void add_session(TimePoint now, SavedSession session);

  // Takes the session out. Nothing when it is not there any more, or the offset is not: a session
  // of which something would be missing is not given back.
  [[nodiscard]] std::optional<SavedSession> take_session(TimePoint now, std::string_view private_id,
                                                         std::string_view offset);
  // What was sent to the session's rooms after the offset, oldest first. Nothing when some of it
  // may have been forgotten.
  [[nodiscard]] std::optional<std::vector<MissedEvent>> missed(const SavedSession& session,
                                                               std::string_view offset) const;

  // The same, from a position on.
  [[nodiscard]] std::optional<std::vector<MissedEvent>> missed_since(
      std::uint64_t position, const SavedSession& session) const;
  // Of the event before position(), however long ago; empty when there was none.
  [[nodiscard]] std::string_view last_offset() const noexcept { return last_offset_; }

  // Forgets what is too old. To be called when next_expiry() has come.
  void expire(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> next_expiry() const noexcept;

  [[nodiscard]] std::size_t event_count() const noexcept { return events_.size(); }
  [[nodiscard]] std::size_t event_bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::size_t session_count() const noexcept { return sessions_.size(); }

 private:
  struct Event {
    TimePoint time;
    std::string offset;
    BroadcastTarget target;
    EncodedMessage message;
    std::size_t bytes;
  };
  struct Session {
    TimePoint time;
    SavedSession saved;
  };

  // Running number of the first event that the client may have missed.
  [[nodiscard]] std::optional<std::uint64_t> first_missed(const SavedSession& session,
                                                          std::string_view offset) const;
  void pop_event();
  void pop_session();

  RecoveryOptions options_;
  std::deque<Event> events_;
  std::uint64_t first_event_ = 0;  // running number of events_.front()
  // Running numbers of events; the keys are their own offsets.
  std::unordered_map<std::string_view, std::uint64_t> by_offset_;
  std::string last_offset_;
  std::size_t bytes_ = 0;
  std::list<Session> sessions_;  // in the order of their going
  std::unordered_map<std::string_view, std::list<Session>::iterator> by_private_id_;
};

}  // namespace patchbay

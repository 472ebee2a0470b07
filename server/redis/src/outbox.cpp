// SPDX-License-Identifier: MIT
#include "outbox.hpp"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <utility>

namespace patchbay::redis {

std::size_t Outbox::size_of(const Letter& letter) noexcept {
  constexpr std::size_t kOverhead = 512;
  return kOverhead + letter.entry.data.size();
}

// Without an id when none is known.
void Outbox::deliver(Letter& letter, std::string_view id) {
  const bool again = std::exchange(letter.delivered, true);
  if (letter.deliver && (!again || !id.empty())) letter.deliver(id, again);
}

void Outbox::add(std::shared_ptr<Letter> letter) {
  letter->number = ++last_number_;
  if (live_) return write(letter);
  if (!letter->delivered) deliver(*letter, {});
  if (waiting_bytes_ + size_of(*letter) > kMaxWaitingBytes) return;
  waiting_bytes_ += size_of(*letter);
  waiting_.push_back(std::move(letter));
}

void Outbox::write(const std::shared_ptr<Letter>& letter) {
  sent_.push_back(letter);
  const std::string max_len = std::to_string(letter->max_len);
  const cluster::StreamEntry& entry = letter->entry;
  post_->send(command("XADD", letter->stream, "MAXLEN", "~", max_len, "*", "uid", entry.uid, "nsp",
                      entry.nsp, "type", entry.type, "data", entry.data),
              [weak = weak_from_this(), letter](ReplyView reply) {
                const auto self = weak.lock();
                if (self && reply) self->on_taken(letter, reply);
              });
}

void Outbox::on_taken(const std::shared_ptr<Letter>& letter, ReplyView reply) {
  if (!reply.is_error()) {
    letter->id = reply.text();
    return;
  }
  if (reply.is_passing_error()) {
    // As if the connection had broken before: the letter is still there when it is back.
    post_->reconnect(std::string(reply.text()));
    return;
  }
  std::fprintf(stderr, "patchbay: Redis does not take an entry for the stream %s: %.*s\n",
               letter->stream.c_str(), static_cast<int>(reply.text().size()), reply.text().data());
  std::erase(sent_, letter);
  if (!letter->delivered) deliver(*letter, {});
  tell_settled();
}

void Outbox::on_own_entry(const std::string& stream, std::string_view id,
                          const cluster::StreamEntry& entry) {
  while (true) {
    const auto found = std::ranges::find_if(sent_, [&](const std::shared_ptr<Letter>& letter) {
      return letter->stream == stream && letter->entry.uid == entry.uid;
    });
    if (found == sent_.end()) return;
    const std::shared_ptr<Letter> letter = *found;
    // Redis had taken an earlier one, and has lost it.
    const bool lost = !letter->id.empty() && cluster::entry_before(letter->id, id);
    const bool is_it = letter->id.empty() || letter->id == id;
    if (!lost && !is_it) return;
    sent_.erase(found);
    if (is_it) {
      deliver(*letter, id);
      return tell_settled();
    }
    if (!letter->delivered) deliver(*letter, {});
  }
}

void Outbox::on_entry(const std::string& stream, std::string_view id) {
  while (true) {
    const auto first = std::ranges::find(
        sent_, stream, [](const auto& letter) -> const std::string& { return letter->stream; });
    if (first == sent_.end() || (*first)->id.empty()) return;
    const std::shared_ptr<Letter> letter = *first;
    if (!cluster::entry_before(letter->id, id)) return;
    sent_.erase(first);
    if (!letter->delivered) deliver(*letter, {});
    tell_settled();
  }
}

std::uint64_t Outbox::last_unsettled() const {
  std::uint64_t last = 0;
  for (const Letters* letters : {&sent_, &waiting_}) {
    for (const auto& letter : *letters) {
      if (letter->delivered && letter->deliver) last = letter->number;
    }
  }
  return last;
}

// What clients have had already is ahead of the rest: one look is mostly enough.
bool Outbox::settled() const {
  const auto has_place = [](const auto& letter) { return !letter->delivered || !letter->deliver; };
  return live_ && std::ranges::all_of(sent_, has_place) && std::ranges::all_of(waiting_, has_place);
}

void Outbox::when_settled(std::function<void(bool)> done) {
  if (!live_) return done(false);
  if (settled()) return done(true);
  asking_.push_back({.number = last_unsettled(), .done = std::move(done)});
}

// Letters are settled in the order of their numbers.
void Outbox::tell_settled() {
  if (asking_.empty()) return;
  const std::uint64_t first = sent_.empty() ? last_number_ + 1 : sent_.front()->number;
  const auto due =
      std::stable_partition(asking_.begin(), asking_.end(),
                            [first](const Asking& asking) { return asking.number >= first; });
  std::vector<Asking> told(std::make_move_iterator(due), std::make_move_iterator(asking_.end()));
  asking_.erase(due, asking_.end());
  for (const Asking& asking : told) asking.done(true);
}

void Outbox::on_away() {
  live_ = false;
  for (const Asking& asking : std::exchange(asking_, {})) asking.done(false);
  for (const auto& letter : Letters(sent_)) {
    if (!letter->delivered) deliver(*letter, {});
  }
}

// What Redis has taken and then lost is not added again: others may have read it.
void Outbox::on_caught_up() {
  Letters again = std::exchange(sent_, {});
  std::erase_if(again, [](const auto& letter) { return !letter->id.empty(); });
  std::ranges::move(std::exchange(waiting_, {}), std::back_inserter(again));
  waiting_bytes_ = 0;
  live_ = true;
  for (const auto& letter : again) write(letter);
}

}  // namespace patchbay::redis

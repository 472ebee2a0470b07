// SPDX-License-Identifier: MIT
#include "missed_entries.hpp"

#include <utility>

#include "patchbay/server.hpp"

namespace patchbay::redis {

namespace {

constexpr std::size_t kPage = 500;

// The smallest id behind this one; "(" as a mark for it is known to Redis since 6.2 only.
std::string next_id(const std::string& id) {
  const auto dash = id.find('-');
  return id.substr(0, dash + 1) + std::to_string(std::stoull(id.substr(dash + 1)) + 1);
}

}  // namespace

MissedEntries::MissedEntries(std::shared_ptr<StreamHub> hub, std::shared_ptr<Namespace> nsp,
                             std::string stream, std::vector<std::string> rooms, Done done)
    : hub_(std::move(hub)),
      nsp_(std::move(nsp)),
      stream_(std::move(stream)),
      rooms_(std::move(rooms)),
      done_(std::move(done)) {}

void MissedEntries::read(std::string first, std::string last) {
  position_ = std::move(first);
  last_ = std::move(last);
  if (!cluster::entry_before(position_, last_)) return done_(std::move(missed_));
  hub_->commands().send(
      command("XRANGE", stream_, next_id(position_), last_, "COUNT", std::to_string(kPage)),
      [self = shared_from_this()](ReplyView reply) { self->on_page(reply); });
}

void MissedEntries::on_page(ReplyView reply) {
  if (!reply || reply.is_error()) return done_(std::nullopt);
  for (std::size_t i = 0; i < reply.size(); ++i) {
    position_ = reply[i][0].text();
    take(position_, entry_of(reply[i][1]));
  }
  if (reply.size() < kPage) return done_(std::move(missed_));
  read(std::move(position_), std::move(last_));
}

void MissedEntries::take(std::string_view id, const cluster::StreamEntry& entry) {
  if (entry.nsp != nsp_->name()) return;
  auto message = cluster::decode_entry(entry);
  if (!message) return;
  auto* const content = std::get_if<cluster::Broadcast>(&message->content);
  if (!content || !content->request_id.empty() || content->options.flags.volatile_) return;
  if (!cluster::is_for(content->options.target, rooms_)) return;
  Array args(std::make_move_iterator(content->event.begin() + 1),
             std::make_move_iterator(content->event.end()));
  args.emplace_back(id);
  const sio::Parser& parser = *nsp_->server().options().parser;
  missed_.push_back(
      {.offset = std::string(id),
       .message = EncodedMessage::event(parser, nsp_->name(), content->event.front().as_string(),
                                        args, std::nullopt, content->options.flags.compress)});
}

}  // namespace patchbay::redis

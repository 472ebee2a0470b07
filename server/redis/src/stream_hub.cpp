// SPDX-License-Identifier: MIT
#include "stream_hub.hpp"

#include <utility>

#include "tell.hpp"

namespace patchbay::redis {

StreamHub::StreamHub(engineio::Loop& loop, const Options& options, const StreamsOptions& streams,
                     const Endpoint& endpoint)
    : Hub(loop, options, endpoint),
      streams_(streams),
      reader_(std::make_shared<StreamReader>(
          loop.io_context(), options, streams, endpoint, *this,
          [this](const std::string& stream, std::string_view id,
                 const cluster::StreamEntry& entry) { on_entry(stream, id, entry); })),
      outbox_(std::make_shared<Outbox>(*this)) {}

void StreamHub::start_links() {
  Hub::start_links();
  reader_->start();
}

void StreamHub::stop() {
  if (stopped()) return;
  reader_->stop();
  Hub::stop();
}

bool StreamHub::all_up() const {
  return Hub::all_up() && reader_->up();
}

void StreamHub::listen(const std::string& nsp, const std::string& uid,
                       std::weak_ptr<Wire::Listener> listener) {
  members_.insert_or_assign(nsp, Member{.uid = uid, .listener = std::move(listener)});
}

void StreamHub::forget(const std::string& nsp, const std::string& uid) {
  const auto found = members_.find(nsp);
  if (found != members_.end() && found->second.uid == uid) members_.erase(found);
}

void StreamHub::add(std::shared_ptr<Outbox::Letter> letter) {
  if (stopped()) {
    // Nobody else can be reached any more.
    if (letter->deliver && !std::exchange(letter->delivered, true)) letter->deliver({}, false);
    return;
  }
  loop().dispatch([self = std::static_pointer_cast<StreamHub>(shared_from_this()),
                   letter = std::move(letter)] { self->outbox_->add(letter); });
}

void StreamHub::on_entry(const std::string& stream, std::string_view id,
                         const cluster::StreamEntry& entry) {
  const auto found = members_.find(entry.nsp);
  const bool known = found != members_.end();
  if (known && entry.uid == found->second.uid) return outbox_->on_own_entry(stream, id, entry);
  outbox_->on_entry(stream, id);
  if (known) tell(found->second.listener, cluster::decode_entry(entry), id);
}

// --- Catching up

void StreamHub::on_all_up() {
  catch_up();
}

void StreamHub::on_away() {
  ++catching_up_;
  outbox_->on_away();
}

// Reads all streams to where they end now.
void StreamHub::catch_up() {
  const std::uint64_t attempt = ++catching_up_;
  const auto missing = std::make_shared<std::size_t>(reader_->names().size());
  const auto self = std::static_pointer_cast<StreamHub>(shared_from_this());
  const auto on_told = [self, attempt, missing](bool told) {
    if (!told || self->catching_up_ != attempt) return;
    if (--*missing == 0) self->outbox_->on_caught_up();
  };
  for (const std::string& stream : reader_->names()) {
    commands().send(command("XREVRANGE", stream, "+", "-", "COUNT", "1"), [self, stream, on_told](
                                                                              ReplyView reply) {
      if (!reply) return;
      if (reply.is_error()) return self->commands().reconnect(std::string(reply.text()));
      const std::string_view id = reply[0][0].text();
      self->reader_->when_told(stream, id.empty() ? "0-0" : std::string(id), on_told);
    });
  }
}

}  // namespace patchbay::redis

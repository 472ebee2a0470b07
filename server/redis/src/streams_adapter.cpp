// SPDX-License-Identifier: MIT
#include "streams_adapter.hpp"

#include <utility>

#include "missed_entries.hpp"
#include "patchbay/protocol/sio/json_parser.hpp"
#include "patchbay/server.hpp"

namespace patchbay::redis {

namespace {

// The loop that this is; null on any other thread.
engineio::Loop* current_loop(engineio::Engine& engine) {
  for (std::size_t i = 0; i < engine.loop_count(); ++i) {
    if (engine.loop(i).in_loop_thread()) return &engine.loop(i);
  }
  return nullptr;
}

// An event that waits for its place in the stream.
struct KeptEvent {
  std::string name;
  Array args;
  std::string json;
  BroadcastOptions options;

  [[nodiscard]] OutgoingEvent view() const { return {.name = name, .args = args, .json = json}; }
};

}  // namespace

StreamsAdapter::StreamsAdapter(Namespace& nsp, std::shared_ptr<StreamHub> hub,
                               std::shared_ptr<StreamsWire> wire, Millis requests_timeout)
    : RedisAdapter(nsp, std::make_shared<Member>(hub, wire, requests_timeout)),
      hub_(std::move(hub)),
      wire_(std::move(wire)) {}

bool StreamsAdapter::recovers() const noexcept {
  return nsp().server().options().connection_state_recovery.has_value();
}

void StreamsAdapter::broadcast(const OutgoingEvent& event, const BroadcastOptions& options) {
  if (!recovers()) return RedisAdapter::broadcast(event, options);
  // What is not in the stream cannot be recovered.
  if (alone(options)) return nsp().local_sockets().deliver(event, options);
  auto kept = std::make_shared<KeptEvent>(
      KeptEvent{.name = std::string(event.name),
                .args = {event.args.begin(), event.args.end()},
                .json = sio::event_json(event.name, event.args).value_or(std::string()),
                .options = options});
  const cluster::EventView view{.name = kept->name, .args = kept->args, .json = kept->json};
  wire_->broadcast_in_order(
      view, options, [kept, weak = nsp().weak_from_this()](std::string_view id, bool again) {
        const auto nsp = weak.lock();
        if (!nsp) return;
        const std::string_view offset = kept->options.flags.volatile_ ? std::string_view() : id;
        if (!again) {
          nsp->local_sockets().deliver(kept->view(), kept->options, offset);
        } else if (!offset.empty()) {
          nsp->local_sockets().record(kept->view(), kept->options, offset);
        }
      });
}

// --- Those who come back

std::string StreamsAdapter::key_of(std::string_view private_id) const {
  return hub_->streams().session_key_prefix + std::string(private_id);
}

void StreamsAdapter::persist_session(SavedSession session) {
  const auto age = nsp().server().options().connection_state_recovery->max_disconnection_duration;
  hub_->send(command("SET", key_of(session.private_id),
                     cluster::encode_session({.socket_id = session.socket_id,
                                              .private_id = session.private_id,
                                              .rooms = std::move(session.rooms),
                                              .data = std::move(session.data),
                                              .user = std::move(session.user)}),
                     "PX", std::to_string(age.count())));
}

// The entry that the client has had last must still be in the stream, and must have been read by
// this server, too: it would give the client again what comes before it.
void StreamsAdapter::restore_session(std::string_view private_id, std::string_view offset,
                                     detail::Completion<std::optional<SavedSession>> done) {
  if (!cluster::is_entry_id(offset) || hub_->stopped()) return done({}, std::nullopt);
  struct Claim {
    std::optional<SavedSession> session;
  };
  const auto claim = std::make_shared<Claim>();
  const std::string key = key_of(private_id);
  const std::string take =
      command("MULTI") + command("GET", key) + command("DEL", key) + command("EXEC");
  constexpr std::size_t kReplies = 4;
  hub_->loop().dispatch([hub = hub_, stream = wire_->stream(), take, claim,
                         offset = std::string(offset), done = std::move(done)] {
    hub->commands().send(take, kReplies, [claim](ReplyView reply) {
      const auto read = cluster::decode_session(reply[0].text());
      if (!read) return;
      claim->session.emplace(SavedSession{.private_id = read->private_id,
                                          .socket_id = read->socket_id,
                                          .rooms = read->rooms,
                                          .data = read->data,
                                          .user = read->user});
    });
    hub->commands().send(command("XRANGE", stream, offset, offset),
                         [hub, stream, claim, offset, done](ReplyView reply) {
                           if (reply.size() == 0 || !claim->session) return done({}, std::nullopt);
                           hub->reader().when_told(stream, offset, [claim, done](bool told) {
                             done({}, told ? std::move(claim->session) : std::nullopt);
                           });
                         });
  });
}

// From this process' record, if that goes back so far; else from the stream up to where the record
// of this loop stood when it was asked, and from there by the record, which has been kept
// meanwhile.
void StreamsAdapter::missed_events(const SavedSession& session, std::string_view offset,
                                   detail::Completion<std::vector<MissedEvent>> done) {
  if (auto known = nsp().local_sockets().missed(session, offset)) {
    return done({}, std::move(*known));
  }
  engineio::Loop* const home = current_loop(nsp().server().engine());
  if (!home || hub_->stopped()) return done(Errc::cluster_away, {});
  const auto position = nsp().local_sockets().record_position();
  auto finish = [home, position, session, done = std::move(done),
                 nsp = nsp().shared_from_this()](std::optional<std::vector<MissedEvent>> missed) {
    home->dispatch([position, session, done, nsp, missed = std::move(missed)]() mutable {
      auto since = nsp->local_sockets().missed_since(position, session);
      if (!missed || !since) return done(Errc::cluster_away, {});
      std::ranges::move(*since, std::back_inserter(*missed));
      done({}, std::move(*missed));
    });
  };
  hub_->loop().dispatch([hub = hub_, stream = wire_->stream(), nsp = nsp().shared_from_this(),
                         rooms = session.rooms, position, first = std::string(offset),
                         finish = std::move(finish)] {
    const std::string& last =
        position.offset.empty() ? hub->reader().start_of(stream) : position.offset;
    std::make_shared<MissedEntries>(hub, nsp, stream, rooms, finish)->read(first, last);
  });
}

}  // namespace patchbay::redis

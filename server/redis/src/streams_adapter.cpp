// SPDX-License-Identifier: MIT
#include "streams_adapter.hpp"

#include <iterator>
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

// What a client has missed: from this process' record, if that goes back so far; else from the
// stream up to where the record of the client's loop stands, and from there by the record, which is
// kept meanwhile.
struct Missed : std::enable_shared_from_this<Missed> {
  using Step = void (Missed::*)();

  std::shared_ptr<StreamHub> hub;
  std::shared_ptr<Namespace> nsp;
  engineio::Loop* home = nullptr;
  std::string stream;
  SavedSession session;
  std::string offset;
  detail::Completion<std::vector<MissedEvent>> done;
  LocalSockets::RecordPosition position = {};
  std::vector<MissedEvent> events = {};

  // [hub's loop] The step is taken on the client's.
  void if_settled(Step step) {
    const bool settled = hub->outbox().settled();
    home->dispatch([self = shared_from_this(), step, settled] {
      if (settled) return ((*self).*step)();
      self->done(Errc::cluster_away, {});
    });
  }
  void look() {
    if (auto known = nsp->local_sockets().missed(session, offset)) {
      return done({}, std::move(*known));
    }
    position = nsp->local_sockets().record_position();
    hub->loop().dispatch([self = shared_from_this()] { self->read(); });
  }
  void read() {
    const std::string& last =
        position.offset.empty() ? hub->reader().start_of(stream) : position.offset;
    auto on_read = [self = shared_from_this()](std::optional<std::vector<MissedEvent>> read) {
      if (!read) return self->done(Errc::cluster_away, {});
      self->events = std::move(*read);
      self->if_settled(&Missed::finish);
    };
    std::make_shared<MissedEntries>(hub, nsp, stream, session.rooms, std::move(on_read))
        ->read(offset, last);
  }
  void finish() {
    auto since = nsp->local_sockets().missed_since(position, session);
    if (!since) return done(Errc::cluster_away, {});
    std::ranges::move(*since, std::back_inserter(events));
    done({}, std::move(events));
  }
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

// Not while Redis is away, nor before it is known where in the stream is what the client has been
// given meanwhile: it would get that again.
void StreamsAdapter::persist_session(SavedSession session) {
  if (hub_->stopped()) return write_session(std::move(session));
  hub_->loop().dispatch([this, keep = nsp().shared_from_this(), session = std::move(session)] {
    if (hub_->outbox().settled()) write_session(session);
  });
}

void StreamsAdapter::write_session(SavedSession session) {
  const auto age = nsp().server().options().connection_state_recovery->max_disconnection_duration;
  hub_->send(command("SET", key_of(session.private_id),
                     cluster::encode_session({.socket_id = session.socket_id,
                                              .private_id = session.private_id,
                                              .rooms = std::move(session.rooms),
                                              .data = std::move(session.data),
                                              .user = std::move(session.user),
                                              .unnamed_offset = std::move(session.unnamed_offset)}),
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
    hub->commands().send(take, kReplies, [claim, offset](ReplyView reply) {
      const auto read = cluster::decode_session(reply[0].text());
      if (!read || cluster::entry_before(offset, read->unnamed_offset)) return;
      claim->session.emplace(SavedSession{.private_id = read->private_id,
                                          .socket_id = read->socket_id,
                                          .rooms = read->rooms,
                                          .data = read->data,
                                          .user = read->user,
                                          .unnamed_offset = read->unnamed_offset});
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

// By way of the hub's loop, which knows whether all has its place in the stream: what it has
// delivered and recorded until then is ahead of the answer on the socket's loop.
void StreamsAdapter::missed_events(const SavedSession& session, std::string_view offset,
                                   detail::Completion<std::vector<MissedEvent>> done) {
  engineio::Loop* const home = current_loop(nsp().server().engine());
  if (!home || hub_->stopped()) return done(Errc::cluster_away, {});
  const auto request = std::make_shared<Missed>();
  request->hub = hub_;
  request->nsp = nsp().shared_from_this();
  request->home = home;
  request->stream = wire_->stream();
  request->session = session;
  request->offset = offset;
  request->done = std::move(done);
  hub_->loop().dispatch([request] { request->if_settled(&Missed::look); });
}

}  // namespace patchbay::redis

// SPDX-License-Identifier: MIT
#include <functional>
#include <mutex>
#include <utility>

#include "loop_order.hpp"
#include "namespace_shard.hpp"
#include "patchbay/adapter.hpp"
#include "patchbay/engineio/id.hpp"
#include "patchbay/server.hpp"

namespace patchbay {

namespace {

// What several loops contribute to one answer. The last one gives it.
template <typename T>
class Gathering {
 public:
  Gathering(std::size_t parts, std::function<void(std::vector<T>)> done)
      : missing_(parts), done_(std::move(done)) {}

  void add(std::vector<T> part) {
    std::vector<T> complete;
    {
      const std::lock_guard lock(mutex_);
      all_.insert(all_.end(), std::make_move_iterator(part.begin()),
                  std::make_move_iterator(part.end()));
      if (--missing_ > 0) return;
      complete.swap(all_);
    }
    done_(std::move(complete));
  }

 private:
  std::mutex mutex_;
  std::vector<T> all_;
  std::size_t missing_;
  std::function<void(std::vector<T>)> done_;
};

// A delivery that outlives the call that asked for it.
struct OwnedDelivery {
  EncodedMessage message;
  BroadcastOptions options;
  std::string offset;
  std::string name;
  std::optional<Array> args;  // kept when somebody listens to what goes out

  template <typename F>
  void with(F&& function) const {
    const OutgoingEvent event{.name = name,
                              .args = args ? std::span(*args) : std::span<const Value>()};
    function(Delivery{.message = message,
                      .target = options.target,
                      .is_volatile = options.flags.volatile_,
                      .offset = offset,
                      .event = args ? &event : nullptr});
  }
};

std::shared_ptr<const OwnedDelivery> own(EncodedMessage message, const OutgoingEvent& event,
                                         const BroadcastOptions& options, std::string_view offset,
                                         bool listened) {
  OwnedDelivery owned{.message = std::move(message),
                      .options = options,
                      .offset = std::string(offset),
                      .name = std::string(event.name),
                      .args = {}};
  if (listened) owned.args.emplace(event.args.begin(), event.args.end());
  return std::make_shared<const OwnedDelivery>(std::move(owned));
}

EncodedMessage encode(const Namespace& nsp, const OutgoingEvent& event, bool compress,
                      std::string_view offset) {
  const sio::Parser& parser = *nsp.server().options().parser;
  if (!event.json.empty() && parser.takes_json()) {
    return EncodedMessage::json_event(nsp.name(), event.json, offset, event.ack_id, compress);
  }
  if (offset.empty()) {
    return EncodedMessage::event(parser, nsp.name(), event.name, event.args, event.ack_id,
                                 compress);
  }
  Array args(event.args.begin(), event.args.end());
  args.emplace_back(offset);
  return EncodedMessage::event(parser, nsp.name(), event.name, args, event.ack_id, compress);
}

}  // namespace

LocalSockets::LocalSockets(Namespace& nsp) : nsp_(&nsp) {
  auto& engine = nsp.server().engine();
  std::vector<engineio::Loop*> loops;
  for (std::size_t i = 0; i < engine.loop_count(); ++i) loops.push_back(&engine.loop(i));
  if (loops.size() > 1 && nsp.server().options().connection_state_recovery) {
    order_ = std::make_unique<LoopOrder>(nsp, loops);
  }
  for (engineio::Loop* const loop : loops) {
    shards_.push_back(std::make_unique<NamespaceShard>(nsp, *loop, order_.get()));
  }
}

LocalSockets::~LocalSockets() = default;

void LocalSockets::on_each(const std::function<void(NamespaceShard&)>& function) const {
  for (const auto& shard : shards_) {
    if (shard->loop().in_loop_thread()) {
      function(*shard);
    } else {
      shard->post(
          [keep = nsp_->shared_from_this(), &shard = *shard, function] { function(shard); });
    }
  }
}

void LocalSockets::deliver(const OutgoingEvent& event, const BroadcastOptions& options,
                           std::string_view offset) {
  if (order_ && !offset.empty()) {
    deliver_in_order(event, options, offset);
    return;
  }
  const EncodedMessage message = encode(*nsp_, event, options.flags.compress, offset);
  const bool listened = nsp_->outgoing_listeners_.load(std::memory_order_relaxed) > 0;
  std::shared_ptr<const OwnedDelivery> posted;
  for (const auto& shard : shards_) {
    if (shard->loop().in_loop_thread()) {
      shard->deliver({.message = message,
                      .target = options.target,
                      .is_volatile = options.flags.volatile_,
                      .offset = offset,
                      .event = listened ? &event : nullptr});
      continue;
    }
    if (!posted) posted = own(message, event, options, offset, listened);
    shard->post([keep = nsp_->shared_from_this(), &shard = *shard, posted] {
      posted->with([&shard](const Delivery& delivery) { shard.deliver(delivery); });
    });
  }
}

// What can be recovered gets the same running number on each loop.
void LocalSockets::deliver_in_order(const OutgoingEvent& event, const BroadcastOptions& options,
                                    std::string_view offset) {
  const bool listened = nsp_->outgoing_listeners_.load(std::memory_order_relaxed) > 0;
  const auto delivery =
      own(encode(*nsp_, event, options.flags.compress, offset), event, options, offset, listened);
  std::vector<LoopOrder::Task> tasks;
  tasks.reserve(shards_.size());
  for (const auto& shard : shards_) {
    tasks.emplace_back([&shard = *shard, delivery] {
      delivery->with([&shard](const Delivery& view) { shard.deliver(view); });
    });
  }
  order_->post_to_all(std::move(tasks));
}

void LocalSockets::record(const OutgoingEvent& event, const BroadcastOptions& options,
                          std::string_view offset) {
  const auto delivery =
      own(encode(*nsp_, event, options.flags.compress, offset), event, options, offset, false);
  std::vector<LoopOrder::Task> tasks;
  tasks.reserve(shards_.size());
  for (const auto& shard : shards_) {
    tasks.emplace_back([&shard = *shard, delivery] {
      delivery->with([&shard](const Delivery& view) { shard.record(view); });
    });
  }
  if (order_) {
    order_->post_to_all(std::move(tasks));
  } else {
    // One loop: its turn is what orders it.
    shards_.front()->dispatch(
        [keep = nsp_->shared_from_this(), task = std::move(tasks.front())] { task(); });
  }
}

void LocalSockets::deliver_with_ack(const OutgoingEvent& event, const BroadcastOptions& options,
                                    std::shared_ptr<BroadcastAckSink> sink) {
  if (!event.ack_id) {
    OutgoingEvent numbered = event;
    numbered.ack_id = nsp_->next_ack_id();
    return deliver_with_ack(numbered, options, std::move(sink));
  }
  const bool listened = nsp_->outgoing_listeners_.load(std::memory_order_relaxed) > 0;
  const auto posted =
      own(encode(*nsp_, event, options.flags.compress, {}), event, options, {}, listened);
  const auto counts = std::make_shared<Gathering<std::size_t>>(
      shards_.size(), [sink](const std::vector<std::size_t>& parts) {
        std::size_t sum = 0;
        for (const std::size_t part : parts) sum += part;
        sink->on_client_count(sum);
      });
  const std::uint64_t id = event.ack_id.value();
  const Millis limit =
      options.flags.timeout.value_or(nsp_->server().options().broadcast_ack_timeout);
  on_each([posted, counts, sink, id, limit](NamespaceShard& shard) {
    posted->with([&](const Delivery& delivery) {
      counts->add({shard.deliver_with_ack(delivery, id, limit, sink)});
    });
  });
}

void LocalSockets::fetch(const BroadcastTarget& target,
                         std::function<void(std::vector<SocketDetails>)> done) const {
  auto gathering = std::make_shared<Gathering<SocketDetails>>(shards_.size(), std::move(done));
  on_each([gathering, target](NamespaceShard& shard) {
    std::vector<SocketDetails> found;
    for (const SocketPtr& socket : shard.select(target)) found.push_back(socket->details());
    gathering->add(std::move(found));
  });
}

void LocalSockets::join(const BroadcastTarget& target, std::span<const std::string> rooms) {
  on_each([target,
           rooms = std::vector<std::string>(rooms.begin(), rooms.end())](NamespaceShard& shard) {
    for (const SocketPtr& socket : shard.select(target)) socket->join(rooms);
  });
}

void LocalSockets::leave(const BroadcastTarget& target, std::span<const std::string> rooms) {
  on_each([target,
           rooms = std::vector<std::string>(rooms.begin(), rooms.end())](NamespaceShard& shard) {
    for (const SocketPtr& socket : shard.select(target)) {
      for (const std::string& room : rooms) socket->leave(room);
    }
  });
}

void LocalSockets::disconnect(const BroadcastTarget& target, bool close_connection) {
  on_each([target, close_connection](NamespaceShard& shard) {
    for (const SocketPtr& socket : shard.select(target)) socket->disconnect(close_connection);
  });
}

void LocalSockets::all_rooms(std::function<void(std::vector<std::string>)> done) const {
  auto gathering = std::make_shared<Gathering<std::string>>(shards_.size(), std::move(done));
  on_each([gathering](NamespaceShard& shard) { gathering->add(shard.room_names()); });
}

void LocalSockets::server_side_event(std::string event, Array args, Ack ack) {
  engineio::Loop& loop = nsp_->server().engine().loop(0);
  loop.dispatch([keep = nsp_->shared_from_this(), event = std::move(event), args = std::move(args),
                 ack = std::move(ack)] { keep->on_server_side_event(event, args, ack); });
}

NamespaceShard* LocalSockets::current_shard() const noexcept {
  for (const auto& shard : shards_) {
    if (shard->loop().in_loop_thread()) return shard.get();
  }
  return nullptr;
}

// --- Recovery

// The id tells, so that whoever comes back finds it from any loop.
NamespaceShard& LocalSockets::keeper_of(std::string_view private_id) const noexcept {
  const auto domain = engineio::IdGenerator::domain_of(private_id);
  const std::size_t number = domain ? *domain : std::hash<std::string_view>()(private_id);
  return *shards_[number % shards_.size()];
}

void LocalSockets::persist(SavedSession session) {
  NamespaceShard* const current = current_shard();
  if (!current) return;
  session.position = current->recovery_position();
  NamespaceShard& keeper = keeper_of(session.private_id);
  if (keeper.loop().in_loop_thread()) {
    keeper.save_session(std::move(session));
    return;
  }
  ++nsp_->users_;  // until it is counted as a session, so that the namespace waits for it
  keeper.post([keep = nsp_->shared_from_this(), &keeper, session = std::move(session)] {
    keeper.save_session(session);
    keep->server().release(*keep);
  });
}

// By the time the answer is here, this loop has had all that was delivered where the socket was.
void LocalSockets::restore(std::string_view private_id, std::string_view offset,
                           std::function<void(std::optional<SavedSession>)> done) {
  NamespaceShard* const current = current_shard();
  NamespaceShard& keeper = keeper_of(private_id);
  if (!current || keeper.loop().in_loop_thread()) {
    done(current ? keeper.take_session(private_id, offset) : std::nullopt);
    return;
  }
  keeper.post([keep = nsp_->shared_from_this(), &keeper, current, done = std::move(done),
               private_id = std::string(private_id), offset = std::string(offset)] {
    current->post(
        [keep, done, session = keeper.take_session(private_id, offset)] { done(session); });
  });
}

std::optional<std::vector<MissedEvent>> LocalSockets::missed(const SavedSession& session,
                                                             std::string_view offset) const {
  const NamespaceShard* const current = current_shard();
  return current ? current->missed(session, offset) : std::nullopt;
}

LocalSockets::RecordPosition LocalSockets::record_position() const {
  const NamespaceShard* const current = current_shard();
  return current ? current->record_position() : RecordPosition();
}

std::optional<std::vector<MissedEvent>> LocalSockets::missed_since(
    const RecordPosition& position, const SavedSession& session) const {
  const NamespaceShard* const current = current_shard();
  return current ? current->missed_since(position.number, session) : std::nullopt;
}

}  // namespace patchbay

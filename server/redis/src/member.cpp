// SPDX-License-Identifier: MIT
#include "member.hpp"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <utility>

#include "patchbay/server.hpp"
#include "random_hex.hpp"

namespace patchbay::redis {

namespace {

std::string new_request_id() {
  return random_hex(16);
}

}  // namespace

// A broadcast whose acknowledgements come from elsewhere.
struct Member::AckRequest {
  std::shared_ptr<BroadcastAckSink> sink;
  std::unique_ptr<engineio::Timer> timer;
};

struct Member::FetchRequest {
  std::size_t missing;
  std::vector<SocketDetails> found;
  detail::Completion<std::vector<SocketDetails>> done;
  std::unique_ptr<engineio::Timer> timer;
};

struct Member::EventRequest {
  std::size_t missing;
  std::vector<Value> answers;
  detail::Completion<std::vector<Value>> done;
  std::unique_ptr<engineio::Timer> timer;
};

// Brings the acknowledgements of clients here to the server that asked.
class Member::AnsweringSink final : public BroadcastAckSink {
 public:
  AnsweringSink(std::shared_ptr<Member> member, std::string asker, std::string request_id)
      : member_(std::move(member)), asker_(std::move(asker)), request_id_(std::move(request_id)) {}
  void on_server_count(std::size_t /*servers*/) override {}
  void on_client_count(std::size_t clients) override {
    member_->wire().answer(asker_,
                           cluster::ClientCount{.request_id = request_id_, .clients = clients});
  }
  void on_ack(Value first_value) override {
    member_->wire().answer(
        asker_, cluster::ClientAnswer{.request_id = request_id_, .value = std::move(first_value)});
  }
  // The protocol has no word for it: the asker waits until its time is up.
  void on_client_lost() override {}

 private:
  std::shared_ptr<Member> member_;
  std::string asker_;
  std::string request_id_;
};

// The same for an event between servers, which has one answer.
class Member::AnsweringAck final : public Ack::Target {
 public:
  AnsweringAck(std::shared_ptr<Member> member, std::string asker, std::string request_id)
      : member_(std::move(member)), asker_(std::move(asker)), request_id_(std::move(request_id)) {}
  void answer(std::span<const Value> args) override {
    if (used_.test_and_set()) return;
    member_->wire().answer(asker_,
                           cluster::ServerAnswer{.request_id = request_id_,
                                                 .value = args.empty() ? Value() : args.front()});
  }

 private:
  std::shared_ptr<Member> member_;
  std::string asker_;
  std::string request_id_;
  std::atomic_flag used_;
};

Member::Member(std::shared_ptr<Hub> hub, std::shared_ptr<Wire> wire, Millis requests_timeout)
    : hub_(std::move(hub)), wire_(std::move(wire)), requests_timeout_(requests_timeout) {}

Member::~Member() = default;

// On the loop, unless that has ended.
template <typename F>
void Member::on_loop(F function) {
  if (hub_->stopped()) return;
  hub_->loop().dispatch([self = shared_from_this(), function = std::move(function)]() mutable {
    if (!self->stopped_ && !self->hub_->stopped()) function(*self);
  });
}

void Member::open(std::weak_ptr<Namespace> nsp) {
  nsp_ = std::move(nsp);
  opened_ = true;
  hub_->start();
  on_loop([](Member& self) { self.wire_->open(self.weak_from_this()); });
}

// A namespace that another one of its name has forestalled goes without having been opened: the
// channels are the other one's.
void Member::close() {
  if (!opened_ || hub_->stopped()) return;
  on_loop([](Member& self) {
    self.wire_->close();
    self.stop();
  });
}

void Member::stop() {
  stopped_ = true;
  ack_requests_.clear();
  fetch_requests_.clear();
  event_requests_.clear();
}

std::unique_ptr<engineio::Timer> Member::make_timer(Millis limit, std::function<void()> due) {
  auto timer = hub_->loop().make_timer(std::move(due));
  timer->start(hub_->loop().now() + limit);
  return timer;
}

// --- Asking

void Member::count(detail::Completion<std::size_t> done) {
  on_loop([done = std::move(done)](Member& self) {
    self.wire_->count_members([done](std::optional<std::size_t> members) {
      const auto error = members ? std::error_code() : make_error_code(Errc::cluster_away);
      done(error, std::max(members.value_or(1), std::size_t{1}));
    });
  });
}

void Member::broadcast_with_ack(const cluster::EventView& event, const BroadcastOptions& options,
                                std::shared_ptr<BroadcastAckSink> sink) {
  const std::string id = new_request_id();
  const Millis limit = options.flags.timeout.value_or(requests_timeout_);
  on_loop([id, limit, sink](Member& self) {
    auto timer = self.make_timer(limit, [&self, id] { self.ack_requests_.erase(id); });
    self.ack_requests_.emplace(id, AckRequest{.sink = sink, .timer = std::move(timer)});
    // How many cannot be said while Redis is away, but that there are more: what is missing then
    // makes the answer a partial one.
    self.wire_->count_members([sink](std::optional<std::size_t> members) {
      sink->on_server_count(std::max(members.value_or(2), std::size_t{1}));
    });
  });
  wire_->broadcast(event, options, id);
}

void Member::fetch_sockets(const BroadcastOptions& options, std::vector<SocketDetails> found,
                           detail::Completion<std::vector<SocketDetails>> done) {
  const Millis limit = options.flags.timeout.value_or(requests_timeout_);
  on_loop([target = options.target, limit, found = std::move(found),
           done = std::move(done)](Member& self) {
    self.wire_->count_members([weak = self.weak_from_this(), target, limit, found,
                               done](std::optional<std::size_t> members) {
      const auto member = weak.lock();
      if (!member || !members) return done(Errc::cluster_away, found);
      if (*members <= 1) return done({}, found);
      const std::string id = new_request_id();
      auto timer = member->make_timer(
          limit, [&asker = *member, id] { asker.finish_fetch(id, Errc::ack_timeout); });
      member->fetch_requests_.emplace(
          id,
          FetchRequest{
              .missing = *members - 1, .found = found, .done = done, .timer = std::move(timer)});
      member->wire_->say(cluster::FetchSockets{.target = target, .request_id = id});
    });
  });
}

void Member::server_side_emit_with_ack(std::string_view event, std::span<const Value> args,
                                       detail::Completion<std::vector<Value>> done) {
  on_loop([question = server_event(event, args), done = std::move(done)](Member& self) {
    self.wire_->count_members([weak = self.weak_from_this(), question,
                               done](std::optional<std::size_t> members) {
      const auto member = weak.lock();
      if (!member || !members) return done(Errc::cluster_away, {});
      if (*members <= 1) return done({}, {});
      const std::string id = new_request_id();
      auto timer = member->make_timer(member->requests_timeout_, [&asker = *member, id] {
        asker.finish_event(id, Errc::ack_timeout);
      });
      member->event_requests_.emplace(
          id, EventRequest{
                  .missing = *members - 1, .answers = {}, .done = done, .timer = std::move(timer)});
      cluster::ServerEvent asked = question;
      asked.request_id = id;
      member->wire_->say(asked);
    });
  });
}

void Member::finish_fetch(const std::string& id, std::error_code error) {
  auto request = fetch_requests_.extract(id);
  if (!request.empty()) request.mapped().done(error, std::move(request.mapped().found));
}

void Member::finish_event(const std::string& id, std::error_code error) {
  auto request = event_requests_.extract(id);
  if (!request.empty()) request.mapped().done(error, std::move(request.mapped().answers));
}

// --- Being asked, and being answered

struct Member::Carry {
  Member& self;
  Namespace& nsp;
  const std::string& asker;
  std::string_view offset;

  void operator()(cluster::Broadcast& content) const {
    if (content.request_id.empty()) {
      deliver(content);
      return;
    }
    const auto sink =
        std::make_shared<AnsweringSink>(self.shared_from_this(), asker, content.request_id);
    nsp.local_sockets().deliver_with_ack(view_of(content), content.options, sink);
  }
  void deliver(const cluster::Broadcast& content) const {
    if (!self.wire_->has_offsets()) {
      MemoryAdapter(nsp).broadcast(view_of(content), content.options);
      return;
    }
    const bool recoverable = nsp.server().options().connection_state_recovery.has_value() &&
                             !content.options.flags.volatile_;
    nsp.local_sockets().deliver(view_of(content), content.options,
                                recoverable ? offset : std::string_view());
  }
  void operator()(cluster::JoinRooms& content) const {
    nsp.local_sockets().join(content.target, content.rooms);
  }
  void operator()(cluster::LeaveRooms& content) const {
    nsp.local_sockets().leave(content.target, content.rooms);
  }
  void operator()(cluster::DisconnectSockets& content) const {
    nsp.local_sockets().disconnect(content.target, content.close_connection);
  }
  void operator()(cluster::FetchSockets& content) const {
    nsp.local_sockets().fetch(
        content.target, [member = self.shared_from_this(), asker = asker,
                         id = content.request_id](std::vector<SocketDetails> sockets) {
          member->wire().answer(
              asker, cluster::FoundSockets{.request_id = id, .sockets = std::move(sockets)});
        });
  }
  void operator()(cluster::ServerEvent& content) const {
    Ack ack;
    if (!content.request_id.empty()) {
      ack = Ack(std::make_shared<AnsweringAck>(self.shared_from_this(), asker, content.request_id));
    }
    std::string name = content.event.front().as_string();
    content.event.erase(content.event.begin());
    nsp.local_sockets().server_side_event(std::move(name), std::move(content.event),
                                          std::move(ack));
  }
  void operator()(cluster::ListSockets& content) const {
    nsp.local_sockets().fetch({.rooms = content.rooms, .except = {}},
                              [member = self.shared_from_this(), asker = asker,
                               id = content.request_id](const std::vector<SocketDetails>& sockets) {
                                cluster::SocketIds answer{.request_id = id, .ids = {}};
                                for (const SocketDetails& socket : sockets)
                                  answer.ids.push_back(socket.id);
                                member->wire().answer(asker, answer);
                              });
  }
  void operator()(cluster::ListRooms& content) const {
    nsp.local_sockets().all_rooms([member = self.shared_from_this(), asker = asker,
                                   id = content.request_id](std::vector<std::string> rooms) {
      member->wire().answer(asker, cluster::RoomNames{.request_id = id, .rooms = std::move(rooms)});
    });
  }

  void operator()(cluster::ClientCount& content) const {
    const auto found = self.ack_requests_.find(content.request_id);
    if (found != self.ack_requests_.end()) found->second.sink->on_client_count(content.clients);
  }
  void operator()(cluster::ClientAnswer& content) const {
    const auto found = self.ack_requests_.find(content.request_id);
    if (found != self.ack_requests_.end()) found->second.sink->on_ack(std::move(content.value));
  }
  void operator()(cluster::FoundSockets& content) const {
    const auto found = self.fetch_requests_.find(content.request_id);
    if (found == self.fetch_requests_.end()) return;
    FetchRequest& request = found->second;
    std::ranges::move(content.sockets, std::back_inserter(request.found));
    if (--request.missing == 0) self.finish_fetch(content.request_id, {});
  }
  void operator()(cluster::ServerAnswer& content) const {
    const auto found = self.event_requests_.find(content.request_id);
    if (found == self.event_requests_.end()) return;
    EventRequest& request = found->second;
    request.answers.push_back(std::move(content.value));
    if (--request.missing == 0) self.finish_event(content.request_id, {});
  }
  // Answers to what is not asked here.
  void operator()(cluster::SocketIds& /*content*/) const {}
  void operator()(cluster::RoomNames& /*content*/) const {}
  void operator()(cluster::Heartbeat& /*content*/) const {}

  static OutgoingEvent view_of(const cluster::Broadcast& content) {
    return {.name = content.event.front().as_string(), .args = std::span(content.event).subspan(1)};
  }
};

void Member::on_message(cluster::Message message, std::string_view offset) {
  const auto nsp = nsp_.lock();
  if (!nsp || stopped_ || message.uid == wire_->uid()) return;
  if (!message.nsp.empty() && message.nsp != nsp->name()) return;
  std::visit(Carry{*this, *nsp, message.uid, offset}, message.content);
}

void Member::on_bad_message(Errc reason) {
  if (const auto nsp = nsp_.lock()) nsp->server().engine().count(reason);
}

}  // namespace patchbay::redis

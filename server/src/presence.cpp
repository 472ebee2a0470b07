// SPDX-License-Identifier: MIT
#include "patchbay/presence.hpp"

#include <deque>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "patchbay/engineio/id.hpp"
#include "patchbay/server.hpp"
#include "presence_table.hpp"

namespace patchbay {

namespace {

constexpr std::string_view kEvent = "$presence";

PresenceOptions checked(PresenceOptions options) {
  if (options.heartbeat <= Millis(0)) {
    throw std::invalid_argument("presence: heartbeat must be greater than zero");
  }
  if (options.timeout <= options.heartbeat) {
    throw std::invalid_argument("presence: timeout must be greater than heartbeat");
  }
  if (options.linger < Millis(0)) {
    throw std::invalid_argument("presence: linger must not be negative");
  }
  if (options.node.empty()) options.node = engineio::IdGenerator(0).next();
  return options;
}

}  // namespace

// The table on the server's first loop, where all that concerns it happens one after the other;
// whoever asks from elsewhere finds it between two such things.
class Presence::Impl final : public PresenceTable::Handler,
                             public std::enable_shared_from_this<Impl> {
 public:
  using Listener = std::function<void(const std::string& user)>;

  Impl(Namespace& nsp, PresenceOptions options)
      : nsp_(&nsp), loop_(&nsp.server().engine().loop(0)), table_(std::move(options), *this) {}

  void start() {
    const std::weak_ptr<Impl> weak = weak_from_this();
    nsp_->on_room_event([weak](const RoomEvent& event) {
      if (const auto self = weak.lock()) self->on_room_event(event);
    });
    nsp_->on(kEvent, [weak](const Value& message) {
      const auto self = weak.lock();
      if (!self) return;
      self->change(
          [message](PresenceTable& table, TimePoint now) { table.on_message(now, message); });
    });
    change([](PresenceTable& table, TimePoint now) { table.start(now); });
  }

  void stop() {
    change([](PresenceTable& table, TimePoint /*now*/) { table.stop(); });
  }

  template <typename F>
  auto look(F&& function) const {
    const std::lock_guard lock(mutex_);
    return function(table_);
  }
  [[nodiscard]] const std::string& node() const noexcept { return table_.node(); }

  Listener join_listener;
  Listener leave_listener;

 private:
  using Change = std::function<void(PresenceTable&, TimePoint)>;

  // PresenceTable::Handler, under the lock: what they ask for is done when that is free again.
  void say(Object message) override {
    later_.emplace_back([this, message = Value(std::move(message))] {
      nsp_->server_side_emit_values(kEvent, {&message, 1});
    });
  }
  void on_join(const std::string& user) override { tell(join_listener, user); }
  void on_leave(const std::string& user) override { tell(leave_listener, user); }
  void tell(const Listener& listener, const std::string& user) {
    if (listener) later_.emplace_back([&listener, user] { listener(user); });
  }

  void on_room_event(const RoomEvent& event) {
    const bool joined = event.kind == RoomEvent::Kind::join;
    if (!joined && event.kind != RoomEvent::Kind::leave) return;
    static const std::string prefix = user_room({});
    if (!event.room.starts_with(prefix)) return;
    change([user = std::string(event.room.substr(prefix.size())), joined](PresenceTable& table,
                                                                          TimePoint now) {
      if (joined) {
        table.add_socket(now, user);
      } else {
        table.remove_socket(now, user);
      }
    });
  }

  void change(Change change) {
    loop_->dispatch([self = shared_from_this(), change = std::move(change)] {
      {
        const std::lock_guard lock(self->mutex_);
        change(self->table_, self->loop_->now());
      }
      self->do_later();
      self->arm();
    });
  }

  // What is done may lead to further changes: they line up.
  void do_later() {
    if (std::exchange(busy_, true)) return;
    while (!later_.empty()) {
      const auto function = std::move(later_.front());
      later_.pop_front();
      try {
        function();
      } catch (...) {
        EventCall::report_exception(*nsp_, "presence", std::current_exception());
      }
    }
    busy_ = false;
  }

  void arm() {
    if (!timer_) {
      timer_ = loop_->make_timer(
          [this] { change([](PresenceTable& table, TimePoint now) { table.on_time(now); }); });
    }
    timer_->start(table_.next_time());
  }

  Namespace* nsp_;
  engineio::Loop* loop_;
  mutable std::mutex mutex_;  // guards the table, which only the loop changes
  PresenceTable table_;
  std::deque<std::function<void()>> later_;
  bool busy_ = false;
  std::unique_ptr<engineio::Timer> timer_;
};

Presence::Presence(Namespace& nsp, PresenceOptions options)
    : impl_(std::make_shared<Impl>(nsp, checked(std::move(options)))) {
  impl_->start();
}

Presence::~Presence() = default;

void Presence::on_join(std::function<void(const std::string& user)> listener) {
  impl_->join_listener = std::move(listener);
}

void Presence::on_leave(std::function<void(const std::string& user)> listener) {
  impl_->leave_listener = std::move(listener);
}

void Presence::stop() {
  impl_->stop();
}

const std::string& Presence::node() const noexcept {
  return impl_->node();
}

bool Presence::online(std::string_view user) const {
  return impl_->look([user](const PresenceTable& table) { return table.online(user); });
}

std::vector<std::string> Presence::where(std::string_view user) const {
  return impl_->look([user](const PresenceTable& table) { return table.where(user); });
}

std::vector<std::string> Presence::users() const {
  return impl_->look([](const PresenceTable& table) { return table.users(); });
}

std::vector<std::string> Presence::nodes() const {
  return impl_->look([](const PresenceTable& table) { return table.nodes(); });
}

}  // namespace patchbay

// SPDX-License-Identifier: MIT
#include "patchbay/idempotency.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "idempotency_store.hpp"

namespace patchbay {

namespace {

void require(std::size_t limit, const char* name) {
  if (limit == 0) throw std::invalid_argument("Idempotency: " + std::string(name) + ": not 0");
}

// Parts that are written one behind the other cannot be mistaken for others when each is preceded
// by its length.
void append_part(std::string& name, std::string_view part) {
  name += std::to_string(part.size());
  name += ':';
  name += part;
}

// An integer and its digits are the same key. Other numbers are none.
std::optional<std::string> key_of(const Value& value) {
  if (const auto* const text = value.get_if<std::string>()) return *text;
  if (const auto* const number = value.get_if<std::int64_t>()) return std::to_string(*number);
  return std::nullopt;
}

using Clock = std::function<TimePoint()>;

TimePoint steady_now() {
  return std::chrono::floor<Millis>(std::chrono::steady_clock::now());
}

// The acknowledgement that the handlers get. Whatever becomes of it ends the run.
class Recording final : public Ack::Target {
 public:
  Recording(std::shared_ptr<IdempotencyStore> store, const IdempotencyOptions& options,
            std::string name, IdempotencyStore::Run run, Ack original)
      : store_(std::move(store)),
        clock_(options.clock ? options.clock : steady_now),
        repeat_unanswered_(options.repeat_unanswered),
        name_(std::move(name)),
        run_(run),
        original_(std::move(original)) {}
  ~Recording() override {
    if (!used_.test_and_set()) end(nullptr);
  }
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  // The event goes to its handlers: from now on it is theirs to answer.
  void deliver() noexcept { delivered_ = true; }

  void answer(std::span<const Value> args) override {
    if (used_.test_and_set()) return;
    const auto kept = std::make_shared<const Array>(args.begin(), args.end());
    original_.answer(*kept);
    end(kept);
  }

 private:
  // What has not come to its handlers has not happened, whoever has answered it.
  void end(const IdempotencyStore::Answer& answer) {
    if (!delivered_ || (!answer && repeat_unanswered_)) {
      store_->forget(name_, run_, answer);
    } else {
      store_->finish(clock_(), name_, run_, answer);
    }
  }

  std::shared_ptr<IdempotencyStore> store_;
  Clock clock_;
  bool repeat_unanswered_;
  std::string name_;
  IdempotencyStore::Run run_;
  Ack original_;
  std::atomic<bool> delivered_{false};
  std::atomic_flag used_;
};

}  // namespace

struct Idempotency::Guard {
  explicit Guard(IdempotencyOptions some_options)
      : options(std::move(some_options)), store(std::make_shared<IdempotencyStore>(options)) {}

  void on_event(const Socket& socket, IncomingEvent& event, const Next& next) const;
  [[nodiscard]] bool concerns(const IncomingEvent& event) const;
  [[nodiscard]] std::optional<std::string> key(const IncomingEvent& event) const;
  [[nodiscard]] std::string scope_of(const Socket& socket) const;

  IdempotencyOptions options;
  std::shared_ptr<IdempotencyStore> store;
};

bool Idempotency::Guard::concerns(const IncomingEvent& event) const {
  return options.events.empty() ||
         std::ranges::find(options.events, event.name) != options.events.end();
}

std::optional<std::string> Idempotency::Guard::key(const IncomingEvent& event) const {
  if (options.key) return options.key(event);
  const std::size_t index = options.key_argument;
  return index < event.args.size() ? key_of(event.args[index]) : std::nullopt;
}

std::string Idempotency::Guard::scope_of(const Socket& socket) const {
  std::string scope;
  append_part(scope, socket.nsp().name());
  if (options.scope) {
    append_part(scope, options.scope(socket));
  } else {
    // A user may be called like a socket.
    scope += socket.user().empty() ? "socket " : "user ";
    append_part(scope, socket.user().empty() ? socket.id() : socket.user());
  }
  return scope;
}

void Idempotency::Guard::on_event(const Socket& socket, IncomingEvent& event,
                                  const Next& next) const {
  if (!concerns(event)) return next();
  const auto given = key(event);
  if (!given && !options.require_key) return next();
  if (!given || given->empty() || given->size() > options.max_key_bytes) {
    const char* const text = given ? "The key is empty or too long" : "There is no key";
    event.ack(Object{{"error", text}, {"code", "idempotency_key"}});
    return next(ConnectError{.message = text, .data = Object{{"code", "idempotency_key"}}});
  }
  const std::string scope = scope_of(socket);
  std::string name = scope;
  append_part(name, event.name);
  append_part(name, *given);
  const TimePoint now = options.clock ? options.clock() : steady_now();
  const auto run = store->begin(now, scope, name, event.ack);
  if (!run) return next.stop();
  const auto recording =
      std::make_shared<Recording>(store, options, std::move(name), *run, std::move(event.ack));
  event.ack = Ack(recording);
  event.before_handlers = [earlier = std::move(event.before_handlers), recording] {
    if (earlier) earlier();
    recording->deliver();
  };
  next();
}

Idempotency::Idempotency(IdempotencyOptions options) {
  require(options.max_entries, "max_entries");
  require(options.max_entries_per_scope, "max_entries_per_scope");
  require(options.max_bytes, "max_bytes");
  require(options.max_key_bytes, "max_key_bytes");
  guard_ = std::make_shared<const Guard>(std::move(options));
}

void Idempotency::install(Namespace& nsp) const {
  nsp.on_connection(
      [self = *this](const SocketPtr& socket) { socket->use(self.middleware(*socket)); });
}

EventMiddleware Idempotency::middleware(Socket& socket) const {
  // The socket owns its middlewares, and lives while they run.
  return [guard = guard_, socket = &socket](IncomingEvent& event, const Next& next) {
    guard->on_event(*socket, event, next);
  };
}

std::size_t Idempotency::size() const {
  return guard_->store->size();
}

std::size_t Idempotency::bytes() const {
  return guard_->store->bytes();
}

}  // namespace patchbay

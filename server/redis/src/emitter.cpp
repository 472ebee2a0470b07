// SPDX-License-Identifier: MIT
#include "patchbay/redis/emitter.hpp"

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "endpoint.hpp"
#include "link.hpp"
#include "patchbay/protocol/cluster/classic.hpp"
#include "patchbay/protocol/sio/packet.hpp"
#include "wire.hpp"

namespace patchbay::redis {

namespace {

// By which servers know that it is none of them.
constexpr std::string_view kUid = "emitter";

}  // namespace

// Brings messages to Redis, on a thread of its own.
class Emitter::Courier final : public Link::Listener {
 public:
  explicit Courier(const Options& options)
      : options_(options),
        work_(io_.get_executor()),
        link_(std::make_shared<Link>(io_, options, parse_url(options.url), Link::Replies::in_order,
                                     *this)),
        thread_([this] { io_.run(); }) {
    asio::post(io_, [this] { link_->start(); });
  }
  ~Courier() {
    (void)flush(options_.timeout);
    asio::post(io_, [this] {
      link_->stop(true);
      io_.stop();
    });
    thread_.join();
  }
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  void send(std::string bytes) {
    {
      const std::lock_guard lock(mutex_);
      ++open_;
    }
    asio::post(io_, [this, bytes = std::move(bytes)]() mutable { take(std::move(bytes)); });
  }

  [[nodiscard]] bool flush(Millis limit) {
    std::unique_lock lock(mutex_);
    return done_.wait_for(lock, limit, [this] { return open_ == 0; });
  }

 private:
  void on_up() override {
    waiting_bytes_ = 0;
    for (const std::string& bytes : std::exchange(waiting_, {})) post(bytes);
  }
  void on_down(const std::string& reason) override {
    const std::string server = link_->endpoint().name();
    if (options_.on_link) {
      options_.on_link({.kind = LinkEvent::Kind::down, .server = server, .reason = reason});
    } else {
      std::fprintf(stderr, "patchbay: Redis at %s is away, what is emitted waits: %s\n",
                   server.c_str(), reason.c_str());
    }
  }
  void take(std::string bytes) {
    if (link_->up()) return post(bytes);
    if (waiting_bytes_ + bytes.size() > kMaxWaitingBytes) return on_done();
    waiting_bytes_ += bytes.size();
    waiting_.push_back(std::move(bytes));
  }
  void post(const std::string& bytes) {
    link_->send(bytes, [this](ReplyView /*reply*/) { on_done(); });
  }
  void on_done() {
    const std::lock_guard lock(mutex_);
    if (--open_ == 0) done_.notify_all();
  }

  Options options_;
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::shared_ptr<Link> link_;
  std::deque<std::string> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::mutex mutex_;
  std::condition_variable done_;
  std::size_t open_ = 0;  // of what was sent; guarded by mutex_
  std::thread thread_;    // the last: it uses all the others
};

Emitter::Emitter(Options options, EmitterOptions emitter)
    : courier_(std::make_shared<Courier>(options)), names_(std::move(emitter)) {}
Emitter::~Emitter() = default;
Emitter::Emitter(const Emitter&) = default;
Emitter& Emitter::operator=(const Emitter&) = default;
Emitter::Emitter(Emitter&&) noexcept = default;
Emitter& Emitter::operator=(Emitter&&) noexcept = default;

// --- To whom, and how

Emitter Emitter::of(std::string_view nsp) const {
  Emitter next = *this;
  next.names_.nsp = nsp.starts_with('/') ? std::string(nsp) : '/' + std::string(nsp);
  next.options_ = {};
  return next;
}

Emitter Emitter::to(std::string_view room) const {
  return to({room});
}

Emitter Emitter::to(std::span<const std::string> rooms) const {
  Emitter next = *this;
  auto& list = next.options_.target.rooms;
  list.insert(list.end(), rooms.begin(), rooms.end());
  return next;
}

Emitter Emitter::to(std::initializer_list<std::string_view> rooms) const {
  return to(std::vector<std::string>(rooms.begin(), rooms.end()));
}

Emitter Emitter::except(std::string_view room) const {
  return except({room});
}

Emitter Emitter::except(std::span<const std::string> rooms) const {
  Emitter next = *this;
  auto& list = next.options_.target.except;
  list.insert(list.end(), rooms.begin(), rooms.end());
  return next;
}

Emitter Emitter::except(std::initializer_list<std::string_view> rooms) const {
  return except(std::vector<std::string>(rooms.begin(), rooms.end()));
}

Emitter Emitter::volatile_() const {
  Emitter next = *this;
  next.options_.flags.volatile_ = true;
  return next;
}

Emitter Emitter::compress(bool compress) const {
  Emitter next = *this;
  next.options_.flags.compress = compress;
  return next;
}

// --- What

namespace {

std::string request(const EmitterOptions& names, std::string_view uid,
                    const cluster::Content& content) {
  const cluster::classic::Channels channels(names.key, names.nsp);
  return command("PUBLISH", channels.requests(), cluster::classic::encode(uid, content));
}

}  // namespace

void Emitter::emit_values(std::string_view event, std::span<const Value> args) const {
  if (sio::is_reserved_event(event)) {
    throw std::invalid_argument("\"" + std::string(event) + "\" is a reserved event name");
  }
  const cluster::classic::Channels channels(names_.key, names_.nsp);
  courier_->send(command("PUBLISH", channels.for_target(options_.target),
                         cluster::classic::encode_broadcast(
                             kUid, names_.nsp, {.name = event, .args = args}, options_)));
}

void Emitter::sockets_join(std::span<const std::string> rooms) const {
  courier_->send(request(
      names_, {},
      cluster::JoinRooms{.target = options_.target, .rooms = {rooms.begin(), rooms.end()}}));
}

void Emitter::sockets_join(std::initializer_list<std::string_view> rooms) const {
  sockets_join(std::vector<std::string>(rooms.begin(), rooms.end()));
}

void Emitter::sockets_leave(std::span<const std::string> rooms) const {
  courier_->send(request(
      names_, {},
      cluster::LeaveRooms{.target = options_.target, .rooms = {rooms.begin(), rooms.end()}}));
}

void Emitter::sockets_leave(std::initializer_list<std::string_view> rooms) const {
  sockets_leave(std::vector<std::string>(rooms.begin(), rooms.end()));
}

void Emitter::disconnect_sockets(bool close_connection) const {
  courier_->send(request(
      names_, {},
      cluster::DisconnectSockets{.target = options_.target, .close_connection = close_connection}));
}

void Emitter::server_side_emit_values(std::string_view event, std::span<const Value> args) const {
  courier_->send(request(names_, kUid, server_event(event, args)));
}

bool Emitter::flush(Millis limit) const {
  return courier_->flush(limit);
}

}  // namespace patchbay::redis

// SPDX-License-Identifier: MIT
#include "hub.hpp"

#include <cstdio>
#include <utility>

namespace patchbay::redis {

namespace {

void print(const LinkEvent& event) {
  const auto size = [](std::string_view text) { return static_cast<int>(text.size()); };
  if (event.kind == LinkEvent::Kind::up) {
    std::fprintf(stderr, "patchbay: Redis at %.*s is there\n", size(event.server),
                 event.server.data());
  } else {
    std::fprintf(stderr,
                 "patchbay: Redis at %.*s is away, clients of this server are served alone: %.*s\n",
                 size(event.server), event.server.data(), size(event.reason), event.reason.data());
  }
}

}  // namespace

Hub::Hub(engineio::Loop& loop, const Options& options, const Endpoint& endpoint)
    : loop_(&loop),
      options_(options),
      endpoint_(endpoint),
      commands_(std::make_shared<Link>(loop.io_context(), options, endpoint,
                                       Link::Replies::in_order, *this)),
      subscriber_(loop.io_context(), options, endpoint, *this) {}

Hub::~Hub() = default;

void Hub::start() {
  loop_->dispatch([self = shared_from_this()] {
    if (self->stopped_ || std::exchange(self->started_, true)) return;
    self->start_links();
  });
}

void Hub::start_links() {
  commands_->start();
  subscriber_.start();
}

void Hub::stop() {
  if (stopped_.exchange(true)) return;
  was_up_ = false;
  subscriber_.stop();
  commands_->stop(true);
}

void Hub::send(std::string bytes) {
  if (stopped_) return;
  loop_->dispatch([self = shared_from_this(), bytes = std::move(bytes)]() mutable {
    if (self->commands_->up()) return self->commands_->send(bytes);
    if (self->stopped_ || self->waiting_bytes_ + bytes.size() > kMaxWaitingBytes) return;
    self->waiting_bytes_ += bytes.size();
    self->waiting_.push_back(std::move(bytes));
  });
}

void Hub::send_waiting() {
  waiting_bytes_ = 0;
  for (const std::string& bytes : std::exchange(waiting_, {})) commands_->send(bytes);
}

void Hub::count_subscribers(std::string_view verb, const std::string& channel,
                            std::function<void(std::optional<std::size_t>)> done) {
  commands_->send(command("PUBSUB", verb, channel), [done = std::move(done)](ReplyView reply) {
    if (!reply || reply.is_error()) return done(std::nullopt);
    done(static_cast<std::size_t>(reply[1].integer()));
  });
}

// --- Up and down

bool Hub::all_up() const {
  return commands_->up() && subscriber_.up();
}

void Hub::on_up() {
  if (commands_->up()) send_waiting();
  if (was_up_ || !all_up()) return;
  was_up_ = true;
  // That it came up at first is what everybody expects.
  if (std::exchange(told_down_, false)) report(LinkEvent::Kind::up, {});
  on_all_up();
}

void Hub::on_down(const std::string& reason) {
  const bool was_up = std::exchange(was_up_, false);
  if (!std::exchange(told_down_, true)) report(LinkEvent::Kind::down, reason);
  if (was_up) on_away();
}

void Hub::report(LinkEvent::Kind kind, std::string_view reason) const {
  const std::string server = endpoint_.name();
  const LinkEvent event{.kind = kind, .server = server, .reason = reason};
  if (options_.on_link) {
    options_.on_link(event);
  } else {
    print(event);
  }
}

}  // namespace patchbay::redis

// SPDX-License-Identifier: MIT
//
// How a client's events reach the application: catch-all listeners, middlewares, handlers.
#include <algorithm>
#include <utility>

#include "middleware_run.hpp"
#include "namespace_shard.hpp"
#include "socket_extras.hpp"

namespace patchbay {

Socket::Extras& Socket::extras() {
  if (!extras_) extras_ = std::make_unique<Extras>();
  return *extras_;
}

// --- Catch-all listeners

ListenerId Socket::add_any(Direction direction, AnyListener listener, bool first) {
  Extras& own = extras();
  auto& list = direction == Direction::incoming ? own.incoming : own.outgoing;
  const auto id = static_cast<ListenerId>(++own.last_any_id);
  list.emplace(first ? list.begin() : list.end(), id,
               std::make_shared<AnyListener>(std::move(listener)));
  if (direction == Direction::outgoing) ++nsp_->outgoing_listeners_;
  return id;
}

void Socket::remove_any(Direction direction, std::optional<ListenerId> id) {
  if (!extras_) return;
  auto& list = direction == Direction::incoming ? extras_->incoming : extras_->outgoing;
  const std::size_t removed =
      std::erase_if(list, [&id](const auto& entry) { return !id || entry.first == *id; });
  if (direction == Direction::outgoing) nsp_->outgoing_listeners_ -= removed;
}

std::size_t Socket::count_any(Direction direction) const noexcept {
  if (!extras_) return 0;
  return direction == Direction::incoming ? extras_->incoming.size() : extras_->outgoing.size();
}

void Socket::call_any(Direction direction, std::string_view event, std::span<const Value> args,
                      const Ack& ack) {
  if (count_any(direction) == 0) return;
  // A copy: listeners may add and remove listeners.
  const auto list = direction == Direction::incoming ? extras_->incoming : extras_->outgoing;
  for (const auto& [id, listener] : list) {
    try {
      (*listener)(event, args, ack);
    } catch (...) {
      EventCall::report_exception(shared_from_this(), event, std::current_exception());
    }
  }
}

// --- Events

void Socket::use(EventMiddleware middleware) {
  Extras& own = extras();
  auto longer = own.middlewares ? std::make_shared<Extras::Middlewares>(*own.middlewares)
                                : std::make_shared<Extras::Middlewares>();
  longer->push_back(std::move(middleware));
  own.middlewares = std::move(longer);
}

void Socket::on_event(SocketPtr self, Array args, std::optional<std::uint64_t> ack_id) {
  Ack ack = make_ack(self, ack_id);
  if (args.empty()) {  // an event without a name has no handlers
    call_any(Direction::incoming, {}, {}, ack);
    return;
  }
  // Numbers are names, too.
  auto* const text = args[0].get_if<std::string>();
  std::string name = text ? std::move(*text) : to_json(args[0]);
  args.erase(args.begin());
  if (extras_) call_any(Direction::incoming, name, args, ack);
  if (extras_ && extras_->middlewares) {
    run_middlewares(std::move(self),
                    {.name = std::move(name), .args = std::move(args), .ack = std::move(ack)});
  } else {
    dispatch(std::move(self), name, std::move(args), std::move(ack));
  }
}

void Socket::run_middlewares(SocketPtr self, IncomingEvent event) {
  auto shared = std::make_shared<IncomingEvent>(std::move(event));
  const auto list = extras_->middlewares;
  auto call = [shared, list](std::size_t position, Next next) {
    (*list)[position](*shared, std::move(next));
  };
  auto done = [self, shared](const ConnectError* error) {
    if (!self->connected_) return;
    if (error) {
      self->dispatch(self, "error", {error->message, error->data}, {});
    } else {
      if (shared->before_handlers) shared->before_handlers();
      self->dispatch(self, shared->name, std::move(shared->args), std::move(shared->ack));
    }
  };
  std::make_shared<MiddlewareRun>(std::move(self), list->size(), MiddlewareRun::Stop::ends,
                                  std::move(call), std::move(done))
      ->next();
}

void Socket::dispatch(SocketPtr self, std::string_view event, Array args, Ack ack) {
  call_listeners(listeners_.take(event), {.nsp = nsp_.get(),
                                          .socket = std::move(self),
                                          .event = event,
                                          .args = std::move(args),
                                          .ack = std::move(ack),
                                          .handler = {}});
}

}  // namespace patchbay

// SPDX-License-Identifier: MIT
#include "patchbay/namespace.hpp"

#include <stdexcept>
#include <utility>

#include "namespace_shard.hpp"
#include "patchbay/server.hpp"
#include "user_counter.hpp"

namespace patchbay {

namespace {

// A list with one more element. Lists are never changed, so that whoever walks over one is safe.
template <typename T>
std::shared_ptr<const std::vector<T>> appended(const std::vector<T>& list, T item) {
  auto longer = std::make_shared<std::vector<T>>(list);
  longer->push_back(std::move(item));
  return longer;
}

void require_server_side_name(std::string_view event) {
  if (event == "connect" || event == "connection" || event == "new_namespace") {
    throw std::invalid_argument("\"" + std::string(event) + "\" is a reserved event name");
  }
}

}  // namespace

Namespace::Namespace(Server& server, std::string name, const AdapterFactory& adapter)
    : server_(&server),
      name_(std::move(name)),
      local_(*this),
      adapter_(adapter ? adapter(*this) : std::make_unique<MemoryAdapter>(*this)),
      user_counter_(std::make_shared<UserCounter>()),
      middlewares_(std::make_shared<const Middlewares>()),
      connection_handlers_(std::make_shared<const ConnectionHandlers>()) {}

Namespace::~Namespace() {
  adapter_->close();
}

std::size_t Namespace::socket_count() const noexcept {
  std::size_t count = 0;
  for (const auto& shard : local_.shards_) count += shard->socket_count();
  return count;
}

std::vector<SocketPtr> Namespace::sockets() const {
  const NamespaceShard* const shard = local_.current_shard();
  return shard ? shard->all() : std::vector<SocketPtr>();
}

SocketPtr Namespace::find_socket(std::string_view id) const {
  const NamespaceShard* const shard = local_.current_shard();
  return shard ? shard->find(id) : nullptr;
}

Namespace& Namespace::on_connection(ConnectionHandler handler) {
  const std::lock_guard lock(mutex_);
  connection_handlers_ = appended(*connection_handlers_, std::move(handler));
  return *this;
}

Namespace& Namespace::use(Middleware middleware) {
  const std::lock_guard lock(mutex_);
  middlewares_ = appended(*middlewares_, {.middleware = std::move(middleware), .always = false});
  return *this;
}

Namespace& Namespace::use_always(Middleware middleware) {
  const std::lock_guard lock(mutex_);
  middlewares_ = appended(*middlewares_, {.middleware = std::move(middleware), .always = true});
  return *this;
}

std::shared_ptr<const Namespace::Middlewares> Namespace::middlewares() const {
  const std::lock_guard lock(mutex_);
  return middlewares_;
}

std::shared_ptr<const Namespace::ConnectionHandlers> Namespace::connection_handlers() const {
  const std::lock_guard lock(mutex_);
  return connection_handlers_;
}

// --- Other servers

ListenerId Namespace::add_server_side_listener(std::string_view event, EventHandler handler) {
  require_server_side_name(event);
  const std::lock_guard lock(mutex_);
  return server_side_listeners_.add(event, std::move(handler), false);
}

void Namespace::off(std::string_view event) {
  const std::lock_guard lock(mutex_);
  server_side_listeners_.remove(event);
}

void Namespace::server_side_emit_values(std::string_view event, std::span<const Value> args) {
  require_server_side_name(event);
  adapter_->server_side_emit(event, args);
}

void Namespace::server_side_emit_values_with_ack(std::string_view event,
                                                 std::span<const Value> args,
                                                 detail::Completion<std::vector<Value>> done) {
  require_server_side_name(event);
  adapter_->server_side_emit_with_ack(event, args, std::move(done));
}

void Namespace::on_server_side_event(std::string_view event, Array args, const Ack& ack) {
  EventListeners::Functions functions;
  {
    const std::lock_guard lock(mutex_);
    functions = server_side_listeners_.take(event);
  }
  call_listeners(std::move(functions), {.nsp = this,
                                        .socket = nullptr,
                                        .event = event,
                                        .args = std::move(args),
                                        .ack = ack,
                                        .handler = {}});
}

// --- Rooms

Namespace& Namespace::on_room_event(std::function<void(const RoomEvent&)> listener) {
  room_listeners_.push_back(std::move(listener));
  return *this;
}

void Namespace::on_room_change(const RoomEvent& event) {
  if (!tell_adapter(event)) return;
  for (const auto& listener : room_listeners_) {
    try {
      listener(event);
    } catch (...) {
      EventCall::report_exception(*this, "room", std::current_exception());
    }
  }
}

// False when it did not happen for the process as a whole: a room comes into being on the first
// loop where it has a socket, and goes with the last. Told under the lock, so that the going of a
// room and its coming back on another loop are not told the wrong way round.
bool Namespace::tell_adapter(const RoomEvent& event) {
  using Kind = RoomEvent::Kind;
  const bool counted =
      local_.shards_.size() > 1 && (event.kind == Kind::create || event.kind == Kind::remove);
  const auto lock =
      counted ? std::unique_lock(rooms_mutex_) : std::unique_lock<std::recursive_mutex>();
  if (counted && !concerns_all_loops(event)) return false;
  adapter_->on_room_event(event);
  return true;
}

// [rooms_mutex_ held]
bool Namespace::concerns_all_loops(const RoomEvent& event) {
  if (event.kind == RoomEvent::Kind::create) return ++room_loops_[std::string(event.room)] == 1;
  const auto found = room_loops_.find(std::string(event.room));
  if (found == room_loops_.end() || --found->second > 0) return false;
  room_loops_.erase(found);
  return true;
}

}  // namespace patchbay

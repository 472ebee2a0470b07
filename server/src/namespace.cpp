// SPDX-License-Identifier: MIT
#include "patchbay/namespace.hpp"

#include <utility>

#include "namespace_shard.hpp"
#include "patchbay/server.hpp"

namespace patchbay {

namespace {

// A list with one more element. Lists are never changed, so that whoever walks over one is safe.
template <typename T>
std::shared_ptr<const std::vector<T>> appended(const std::vector<T>& list, T item) {
  auto longer = std::make_shared<std::vector<T>>(list);
  longer->push_back(std::move(item));
  return longer;
}

}  // namespace

Namespace::Namespace(Server& server, std::string name)
    : server_(&server),
      name_(std::move(name)),
      middlewares_(std::make_shared<const Middlewares>()),
      connection_handlers_(std::make_shared<const ConnectionHandlers>()) {
  auto& engine = server.engine();
  for (std::size_t i = 0; i < engine.loop_count(); ++i) {
    shards_.push_back(std::make_unique<NamespaceShard>(*this, engine.loop(i)));
  }
}

Namespace::~Namespace() = default;

std::size_t Namespace::socket_count() const noexcept {
  std::size_t count = 0;
  for (const auto& shard : shards_) count += shard->socket_count();
  return count;
}

Namespace& Namespace::on_connection(ConnectionHandler handler) {
  const std::lock_guard lock(mutex_);
  connection_handlers_ = appended(*connection_handlers_, std::move(handler));
  return *this;
}

Namespace& Namespace::use(Middleware middleware) {
  const std::lock_guard lock(mutex_);
  middlewares_ = appended(*middlewares_, std::move(middleware));
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

}  // namespace patchbay

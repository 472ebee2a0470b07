// SPDX-License-Identifier: MIT
#include <stdexcept>
#include <utility>

#include "patchbay/namespace.hpp"

namespace patchbay {

namespace {

[[noreturn]] void refuse(const char* function) {
  throw std::logic_error(std::string(function) +
                         "() is not supported on parent namespaces: ask their children()");
}

}  // namespace

// Passes on to the children what can be passed on.
class ParentNamespace::BroadcastAdapter final : public Adapter {
 public:
  // The parent is still being made.
  explicit BroadcastAdapter(Namespace& nsp) : nsp_(&nsp) {}

  void server_count(detail::Completion<std::size_t> done) override { done({}, 1); }
  void broadcast(const OutgoingEvent& event, const BroadcastOptions& options) override {
    for (const auto& child : children()) child->adapter().broadcast(event, options);
  }
  void broadcast_with_ack(const OutgoingEvent& /*event*/, const BroadcastOptions& /*options*/,
                          std::shared_ptr<BroadcastAckSink> /*sink*/) override {
    refuse("emit_with_ack");
  }
  void fetch_sockets(const BroadcastOptions& /*options*/,
                     detail::Completion<std::vector<SocketDetails>> /*done*/) override {
    refuse("fetch_sockets");
  }
  void add_sockets(const BroadcastOptions& options, std::span<const std::string> rooms) override {
    for (const auto& child : children()) child->adapter().add_sockets(options, rooms);
  }
  void del_sockets(const BroadcastOptions& options, std::span<const std::string> rooms) override {
    for (const auto& child : children()) child->adapter().del_sockets(options, rooms);
  }
  void disconnect_sockets(const BroadcastOptions& options, bool close_connection) override {
    for (const auto& child : children()) {
      child->adapter().disconnect_sockets(options, close_connection);
    }
  }
  void server_side_emit(std::string_view event, std::span<const Value> args) override {
    for (const auto& child : children()) child->adapter().server_side_emit(event, args);
  }
  void server_side_emit_with_ack(std::string_view /*event*/, std::span<const Value> /*args*/,
                                 detail::Completion<std::vector<Value>> /*done*/) override {
    refuse("server_side_emit_with_ack");
  }
  // A parent has no sockets.
  void persist_session(SavedSession /*session*/) override {}
  void restore_session(std::string_view /*private_id*/, std::string_view /*offset*/,
                       detail::Completion<std::optional<SavedSession>> done) override {
    done({}, std::nullopt);
  }
  void missed_events(const SavedSession& /*session*/, std::string_view /*offset*/,
                     detail::Completion<std::vector<MissedEvent>> done) override {
    done({}, {});
  }

 private:
  [[nodiscard]] std::vector<std::shared_ptr<Namespace>> children() const {
    return static_cast<const ParentNamespace*>(nsp_)->children();
  }

  Namespace* nsp_;
};

ParentNamespace::ParentNamespace(Server& server, std::string name, NamespaceMatcher matcher)
    : Namespace(server, std::move(name),
                [](Namespace& nsp) { return std::make_unique<BroadcastAdapter>(nsp); }),
      matcher_(std::move(matcher)) {}

std::vector<std::shared_ptr<Namespace>> ParentNamespace::children() const {
  std::vector<std::shared_ptr<Namespace>> alive;
  const std::lock_guard lock(children_mutex_);
  for (const auto& weak : children_) {
    if (auto child = weak.lock()) alive.push_back(std::move(child));
  }
  return alive;
}

// What is registered later is for later children, as in Node.js.
void ParentNamespace::adopt(const std::shared_ptr<Namespace>& child) {
  child->is_child_ = true;
  child->middlewares_ = middlewares();
  child->connection_handlers_ = connection_handlers();
  const std::lock_guard lock(children_mutex_);
  std::erase_if(children_, [](const auto& weak) { return weak.expired(); });
  children_.push_back(child);
}

}  // namespace patchbay

// SPDX-License-Identifier: MIT
//
// Which namespaces there are: made by the application, or by the wish of a client that a parent
// namespace grants.
#include <atomic>
#include <utility>

#include "namespace_shard.hpp"
#include "patchbay/server.hpp"
#include "server_impl.hpp"

namespace patchbay {

namespace {

// As in JavaScript: found anywhere in the name. An expression that gives up says no.
bool matches(const std::regex& pattern, const std::string& name) {
  try {
    return std::regex_search(name, pattern);
  } catch (const std::regex_error&) {
    return false;
  }
}

}  // namespace

Namespace& Server::of(std::string_view name) {
  std::string full(name);
  if (!full.starts_with('/')) full.insert(full.begin(), '/');
  std::shared_ptr<const Impl::Parent> parent;
  {
    const std::shared_lock lock(impl_->namespaces_mutex);
    const auto found = impl_->namespaces.find(full);
    if (found != impl_->namespaces.end()) return *found->second;
    for (const auto& candidate : impl_->parents) {
      if (candidate->pattern && matches(*candidate->pattern, full)) {
        parent = candidate;
        break;
      }
    }
  }
  return *create(full, parent ? parent->nsp.get() : nullptr);
}

Namespace& Server::of(std::string_view name, ConnectionHandler on_connection) {
  return of(name).on_connection(std::move(on_connection));
}

ParentNamespace& Server::of(const std::regex& pattern) {
  return add_parent(
      [pattern](const std::string& name, const Value& /*auth*/, const NamespaceReply& reply) {
        if (matches(pattern, name)) {
          reply.accept();
        } else {
          reply.refuse();
        }
      },
      pattern);
}

ParentNamespace& Server::add_parent(NamespaceMatcher matcher, std::optional<std::regex> pattern) {
  const std::unique_lock lock(impl_->namespaces_mutex);
  auto parent = std::make_shared<ParentNamespace>(
      *this, "/_" + std::to_string(impl_->parents.size()), std::move(matcher));
  impl_->parents.push_back(std::make_shared<const Impl::Parent>(
      Impl::Parent{.nsp = parent, .pattern = std::move(pattern)}));
  return *parent;
}

Server& Server::on_new_namespace(std::function<void(Namespace&)> listener) {
  impl_->on_new_namespace = std::move(listener);
  return *this;
}

// Two threads may want the same new namespace: the first one's is both's.
std::shared_ptr<Namespace> Server::create(const std::string& name, ParentNamespace* parent) {
  auto made = std::make_shared<Namespace>(*this, name, impl_->options.adapter);
  {
    const std::unique_lock lock(impl_->namespaces_mutex);
    const auto [place, is_new] = impl_->namespaces.try_emplace(name, made);
    if (!is_new) return place->second;
    if (parent) {
      parent->adopt(made);
      ++impl_->child_count;
    }
  }
  made->adapter().init();
  if (name != "/" && impl_->on_new_namespace) impl_->on_new_namespace(*made);
  return made;
}

// --- For clients

// Asks one parent after the other.
class Server::DynamicJoin : public std::enable_shared_from_this<DynamicJoin> {
 public:
  DynamicJoin(Server& server, std::string name, Value auth,
              std::vector<std::shared_ptr<const Impl::Parent>> parents, FoundNamespace found)
      : server_(&server),
        name_(std::move(name)),
        auth_(std::move(auth)),
        parents_(std::move(parents)),
        found_(std::move(found)) {}

  void ask_next() {
    if (position_ == parents_.size()) {
      found_(nullptr);
      return;
    }
    const NamespaceReply reply(std::make_shared<Question>(shared_from_this()));
    try {
      parents_[position_]->nsp->matcher_(name_, auth_, reply);
    } catch (const std::exception& error) {
      server_->report({.socket = nullptr,
                       .event = "namespace " + name_,
                       .message = error.what(),
                       .exception = std::current_exception()});
      reply.refuse();
    }
  }

 private:
  class Question final : public NamespaceReply::Pending {
   public:
    explicit Question(std::shared_ptr<DynamicJoin> join) : join_(std::move(join)) {}
    ~Question() override { decide(false); }
    Question(const Question&) = delete;
    Question& operator=(const Question&) = delete;
    void decide(bool accepted) override {
      if (used_.test_and_set()) return;
      std::exchange(join_, nullptr)->on_answer(accepted);
    }

   private:
    std::shared_ptr<DynamicJoin> join_;
    std::atomic_flag used_;
  };

  void on_answer(bool accepted) {
    if (!accepted) {
      ++position_;
      ask_next();
      return;
    }
    // It may have been made meanwhile, or be removed again by the time it is taken.
    std::shared_ptr<Namespace> nsp;
    do {
      nsp = server_->may_create_child(name_)
                ? server_->create(name_, parents_[position_]->nsp.get())
                : nullptr;
    } while (nsp && !server_->use_namespace(*nsp));
    found_(std::move(nsp));
  }

  Server* server_;
  std::string name_;
  Value auth_;
  std::vector<std::shared_ptr<const Impl::Parent>> parents_;
  FoundNamespace found_;
  std::size_t position_ = 0;
};

void Server::acquire(const std::string& name, const Value& auth, FoundNamespace found) {
  std::shared_ptr<Namespace> known;
  std::vector<std::shared_ptr<const Impl::Parent>> parents;
  {
    const std::shared_lock lock(impl_->namespaces_mutex);
    const auto place = impl_->namespaces.find(name);
    if (place != impl_->namespaces.end()) {
      known = place->second;
      ++known->users_;
    } else {
      parents = impl_->parents;
    }
  }
  if (known) {
    found(std::move(known));
  } else {
    std::make_shared<DynamicJoin>(*this, name, auth, std::move(parents), std::move(found))
        ->ask_next();
  }
}

// There is one already, or room for one more. Several threads at once may take a few too many.
bool Server::may_create_child(const std::string& name) const {
  const std::shared_lock lock(impl_->namespaces_mutex);
  return impl_->child_count < impl_->options.max_child_namespaces ||
         impl_->namespaces.contains(name);
}

// Counts a client, unless the namespace has been removed.
bool Server::use_namespace(Namespace& nsp) {
  const std::shared_lock lock(impl_->namespaces_mutex);
  const auto place = impl_->namespaces.find(nsp.name());
  if (place == impl_->namespaces.end() || place->second.get() != &nsp) return false;
  ++nsp.users_;
  return true;
}

void Server::release(Namespace& nsp) {
  const auto keep = nsp.shared_from_this();
  if (--nsp.users_ > 0 || !nsp.is_child_ || !impl_->options.cleanup_empty_child_namespaces) return;
  {
    const std::unique_lock lock(impl_->namespaces_mutex);
    const auto place = impl_->namespaces.find(nsp.name());
    if (nsp.users_ > 0 || place == impl_->namespaces.end() || place->second != keep) return;
    impl_->namespaces.erase(place);
    --impl_->child_count;
  }
  // Nobody is in it any more, but somebody may hold on to it for longer than the loops live.
  keep->local_.on_each([](NamespaceShard& shard) { shard.shut_down(); });
}

}  // namespace patchbay

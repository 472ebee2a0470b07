// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <regex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "patchbay/engineio/id.hpp"
#include "patchbay/server.hpp"

namespace patchbay {

struct Server::Impl {
  struct Parent {
    std::shared_ptr<ParentNamespace> nsp;
    std::optional<std::regex> pattern;  // of(name) looks at these, too
  };

  explicit Impl(ServerOptions given);

  [[nodiscard]] std::vector<std::shared_ptr<Namespace>> all_namespaces() const;

  const ServerOptions options;
  mutable std::shared_mutex namespaces_mutex;  // guards the following three
  // Outlive the engine: sessions that it closes at its end still have sockets in them.
  std::map<std::string, std::shared_ptr<Namespace>, std::less<>> namespaces;
  std::vector<std::shared_ptr<const Parent>> parents;
  std::size_t child_count = 0;
  engineio::Engine engine;
  std::vector<std::unique_ptr<engineio::IdGenerator>> ids;  // of sockets; one per loop
  std::function<void(const HandlerError&)> on_error;
  std::function<void(const ProtocolError&)> on_protocol_error;
  std::function<void(Namespace&)> on_new_namespace;
};

}  // namespace patchbay

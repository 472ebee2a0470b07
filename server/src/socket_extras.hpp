// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "patchbay/socket.hpp"

namespace patchbay {

// Emitted before the client had joined, where that has to wait.
struct Socket::HeldEmit {
  std::string name;
  Array args;
  EmitFlags flags;
};

// What only some sockets have.
struct Socket::Extras {
  using AnyListeners = std::vector<std::pair<ListenerId, std::shared_ptr<AnyListener>>>;
  using Middlewares = std::vector<EventMiddleware>;

  AnyListeners incoming;
  AnyListeners outgoing;
  std::uint32_t last_any_id = 0;
  std::shared_ptr<const Middlewares> middlewares;

  std::string user;
  std::vector<std::shared_ptr<void>> companions;

  // Connection state recovery.
  std::string private_id;
  std::string last_offset;
  // Of the last event that it was sent without its offset, which was not known yet: what offsets
  // before it say about the client is not all that it has had.
  std::string unnamed_offset;
  std::vector<HeldEmit> held;
};

}  // namespace patchbay

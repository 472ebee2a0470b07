// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "patchbay/protocol/time.hpp"

namespace patchbay {

// How an event is sent.
struct EmitFlags {
  // Dropped for each client that could not be sent it at once: one that is between two polls, or
  // whose connection still has earlier packets to take.
  bool volatile_ = false;
  // May be compressed, where compression is on.
  bool compress = true;
  // Only to clients of this process, not to those of other servers of a cluster.
  bool local = false;
  // How long acknowledgements are waited for.
  std::optional<Millis> timeout = {};
  // Of an event to one client: the acknowledgement is one value instead of a list.
  bool expect_single_response = false;
};

// Whom a broadcast goes to: members of any of the rooms (everyone when there are none), except
// members of any of the excepted ones. Each recipient gets it once.
struct BroadcastTarget {
  std::vector<std::string> rooms;
  std::vector<std::string> except;
};

struct BroadcastOptions {
  BroadcastTarget target;
  EmitFlags flags;
};

}  // namespace patchbay

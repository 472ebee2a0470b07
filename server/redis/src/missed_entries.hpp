// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "patchbay/adapter.hpp"
#include "patchbay/namespace.hpp"
#include "stream_hub.hpp"

namespace patchbay::redis {

// Reads again, in one stream, what a client has missed that is not in this process' record any
// more, or never was. Belongs to the hub's loop.
class MissedEntries : public std::enable_shared_from_this<MissedEntries> {
 public:
  // Nothing: Redis is away.
  using Done = std::function<void(std::optional<std::vector<MissedEvent>>)>;

  MissedEntries(std::shared_ptr<StreamHub> hub, std::shared_ptr<Namespace> nsp, std::string stream,
                std::vector<std::string> rooms, Done done);

  // What is after `first` and up to `last`, both of them entry ids.
  void read(std::string first, std::string last);

 private:
  void on_page(ReplyView reply);
  void take(std::string_view id, const cluster::StreamEntry& entry);

  std::shared_ptr<StreamHub> hub_;
  std::shared_ptr<Namespace> nsp_;
  std::string stream_;
  std::vector<std::string> rooms_;
  Done done_;
  std::string position_;
  std::string last_;
  std::vector<MissedEvent> missed_;
};

}  // namespace patchbay::redis

// SPDX-License-Identifier: MIT
//
// The member "data" of a ClusterAdapter's messages, which entries of streams have, too.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "patchbay/protocol/cluster/cluster_message.hpp"

namespace patchbay::cluster {

[[nodiscard]] MessageType type_of(const Content& content);
// Null when there is none.
[[nodiscard]] Value data_of(const Content& content);
[[nodiscard]] Result<Content> read_data(std::int64_t type, Value data);

void append_broadcast_json(std::string& out, const EventView& event,
                           const BroadcastOptions& options, std::string_view request_id);
void append_broadcast_msgpack(std::string& out, const EventView& event,
                              const BroadcastOptions& options, std::string_view request_id);

}  // namespace patchbay::cluster

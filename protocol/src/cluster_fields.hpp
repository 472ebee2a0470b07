// SPDX-License-Identifier: MIT
//
// Parts that all encodings between servers share: options, sockets, and how to read them. What is
// missing or of another type reads as empty, as it would in JavaScript; what cannot be meant at all
// is an error.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "patchbay/protocol/cluster/messages.hpp"
#include "patchbay/protocol/result.hpp"

namespace patchbay::cluster {

// Messages wrap what applications send in a few levels of their own.
inline constexpr std::size_t kMaxDepth = 256;

// {rooms, except} and, beside these, {flags}.
[[nodiscard]] Object target_object(const BroadcastTarget& target);
[[nodiscard]] Object options_object(const BroadcastOptions& options);
[[nodiscard]] Array strings_array(const std::vector<std::string>& strings);
[[nodiscard]] Array sockets_array(const std::vector<SocketDetails>& sockets);

// Names of rooms may be numbers in JavaScript.
[[nodiscard]] std::vector<std::string> read_strings(const Value& value);
[[nodiscard]] BroadcastTarget read_target(const Value& options);
[[nodiscard]] BroadcastOptions read_options(const Value& options);
[[nodiscard]] std::vector<SocketDetails> read_sockets(const Value& sockets);
[[nodiscard]] std::string read_string(const Value& value);
// The array of an event packet {type: 2, data: [name, ...]}, taken out of it; empty when it is
// none.
[[nodiscard]] Array take_event(Value* packet);
[[nodiscard]] bool is_event(const Array& event) noexcept;

[[nodiscard]] bool any_binary(const EventView& event) noexcept;
// [name, args...]
void append_event_json(std::string& out, const EventView& event);
void append_event_msgpack(std::string& out, const EventView& event);

// By the first byte.
[[nodiscard]] Result<Value> parse_either(std::string_view data);

}  // namespace patchbay::cluster

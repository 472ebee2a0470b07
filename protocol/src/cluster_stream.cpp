// SPDX-License-Identifier: MIT
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <tuple>
#include <utility>

#include "cluster_data.hpp"
#include "cluster_fields.hpp"
#include "patchbay/protocol/base64.hpp"
#include "patchbay/protocol/cluster/cluster_message.hpp"
#include "patchbay/protocol/json.hpp"
#include "patchbay/protocol/msgpack.hpp"
#include "patchbay/protocol/utf8.hpp"

namespace patchbay::cluster {

namespace {

StreamEntry entry_of(const Sender& sender, MessageType type, std::string data) {
  return {.uid = std::string(sender.uid),
          .nsp = std::string(sender.nsp),
          .type = std::to_string(static_cast<int>(type)),
          .data = std::move(data)};
}

std::string in_base64(std::string_view bytes) {
  std::string text;
  base64_encode(text, bytes);
  return text;
}

// The parts of an entry id: milliseconds and a number within these.
std::tuple<std::uint64_t, std::uint64_t> parts_of(std::string_view id) noexcept {
  std::uint64_t time = 0;
  std::uint64_t number = 0;
  const auto dash = std::min(id.find('-'), id.size());
  std::from_chars(id.data(), id.data() + dash, time);
  if (dash < id.size()) std::from_chars(id.data() + dash + 1, id.data() + id.size(), number);
  return {time, number};
}

// JavaScript counts in units of UTF-16.
template <typename F>
void for_each_utf16_unit(std::string_view text, F&& function) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    std::uint32_t point = length == 1 ? lead : lead & (0x7fU >> length);
    for (std::size_t k = 1; k < length && i + k < text.size(); ++k) {
      point = (point << 6) | (static_cast<unsigned char>(text[i + k]) & 0x3fU);
    }
    i += length;
    if (point < 0x10000) {
      function(point);
    } else {
      function(0xd800 + ((point - 0x10000) >> 10));
      function(0xdc00 + ((point - 0x10000) & 0x3ff));
    }
  }
}

// As Java hashes strings.
std::int32_t hash_of(std::string_view text) {
  std::uint32_t hash = 0;
  for_each_utf16_unit(text, [&hash](std::uint32_t unit) { hash = hash * 31 + unit; });
  return static_cast<std::int32_t>(hash);
}

}  // namespace

StreamEntry encode_entry(const Sender& sender, const Content& content, bool only_plaintext) {
  const Value data = data_of(content);
  if (data.is_null()) return entry_of(sender, type_of(content), {});
  if (only_plaintext || !data.has_binary()) {
    return entry_of(sender, type_of(content), to_json(data));
  }
  std::string bytes;
  append_msgpack(bytes, data);
  return entry_of(sender, type_of(content), in_base64(bytes));
}

StreamEntry encode_broadcast_entry(const Sender& sender, const EventView& event,
                                   const BroadcastOptions& options, bool only_plaintext) {
  std::string data;
  if (only_plaintext || !any_binary(event)) {
    append_broadcast_json(data, event, options, {});
  } else {
    std::string bytes;
    append_broadcast_msgpack(bytes, event, options, {});
    data = in_base64(bytes);
  }
  return entry_of(sender, MessageType::broadcast, std::move(data));
}

Result<Message> decode_entry(const StreamEntry& entry) {
  std::int64_t type = 0;
  const char* const end = entry.type.data() + entry.type.size();
  const auto [stop, error] = std::from_chars(entry.type.data(), end, type);
  if (error != std::errc() || stop != end) return Errc::cluster_bad_message;
  Value data;
  if (entry.data.starts_with('{')) {
    if (!is_valid_utf8(entry.data)) return Errc::json_invalid_utf8;
    auto parsed = parse_json(entry.data, kMaxDepth);
    if (!parsed) return parsed.error();
    data = std::move(*parsed);
  } else if (!entry.data.empty()) {
    const auto bytes = base64_decode(entry.data);
    if (!bytes) return Errc::cluster_bad_message;
    auto parsed = parse_msgpack(*bytes, kMaxDepth);
    if (!parsed) return parsed.error();
    data = std::move(*parsed);
  }
  auto content = read_data(type, std::move(data));
  if (!content) return content.error();
  return Message{.uid = entry.uid, .nsp = entry.nsp, .content = std::move(*content)};
}

std::string stream_name(std::string_view prefix, std::string_view nsp, std::size_t count) {
  std::string name(prefix);
  if (count <= 1) return name;
  const std::int64_t number = hash_of(nsp) % static_cast<std::int64_t>(count);
  return name + '-' + std::to_string(number);
}

bool is_entry_id(std::string_view text) noexcept {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return false;
  // 64 bits have at most 20 digits.
  constexpr std::size_t kMaxDigits = 20;
  const auto is_number = [](std::string_view part) {
    return !part.empty() && part.size() <= kMaxDigits &&
           std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
  };
  return is_number(text.substr(0, dash)) && is_number(text.substr(dash + 1));
}

bool entry_before(std::string_view a, std::string_view b) noexcept {
  return parts_of(a) < parts_of(b);
}

std::string encode_session(const StoredSession& session) {
  Object object{{"sid", session.socket_id},
                {"pid", session.private_id},
                {"rooms", strings_array(session.rooms)},
                {"data", session.data}};
  if (!session.user.empty()) object.set("user", session.user);
  if (!session.unnamed_offset.empty()) object.set("unnamedOffset", session.unnamed_offset);
  std::string bytes;
  append_msgpack(bytes, Value(std::move(object)));
  return in_base64(bytes);
}

Result<StoredSession> decode_session(std::string_view data) {
  const auto bytes = base64_decode(data);
  if (!bytes) return Errc::cluster_bad_message;
  const auto parsed = parse_msgpack(*bytes, kMaxDepth);
  if (!parsed) return parsed.error();
  const Value& value = *parsed;
  if (!value["sid"].is_string() || !value["pid"].is_string()) return Errc::cluster_bad_message;
  return StoredSession{.socket_id = value["sid"].as_string(),
                       .private_id = value["pid"].as_string(),
                       .rooms = read_strings(value["rooms"]),
                       .data = value["data"],
                       .user = read_string(value["user"]),
                       .unnamed_offset = read_string(value["unnamedOffset"])};
}

bool is_for(const BroadcastTarget& target, const std::vector<std::string>& rooms) {
  const auto any_of_them = [&rooms](const std::vector<std::string>& list) {
    return std::ranges::any_of(list, [&rooms](const std::string& room) {
      return std::ranges::find(rooms, room) != rooms.end();
    });
  };
  return (target.rooms.empty() || any_of_them(target.rooms)) && !any_of_them(target.except);
}

}  // namespace patchbay::cluster

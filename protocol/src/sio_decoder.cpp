// SPDX-License-Identifier: MIT
#include <algorithm>
#include <charconv>
#include <utility>

#include "patchbay/protocol/json.hpp"
#include "patchbay/protocol/sio/json_parser.hpp"
#include "sio_payload.hpp"

namespace patchbay::sio {

namespace {

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

// JSON may begin with white space, a packet's payload may not: JavaScript's parser takes a space
// for an ack id of 0, so that accepting it as nothing would be a third opinion.
bool is_white_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::size_t count_digits(std::string_view text) noexcept {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  return count;
}

// Takes the leading digits off the text; nothing when the number does not fit.
std::optional<std::uint64_t> take_number(std::string_view& text) noexcept {
  const std::size_t digits = count_digits(text);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
  if (error != std::errc() || end != text.data() + digits) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

// "<n>-" behind the type of a binary packet.
Errc take_attachment_count(std::string_view& text, const Limits& limits, std::size_t& count) {
  if (count_digits(text) == 0) return Errc::sio_bad_attachment_count;
  const auto number = take_number(text);
  if (!number) return Errc::sio_too_many_attachments;
  if (*number == 0 || !text.starts_with('-')) return Errc::sio_bad_attachment_count;
  if (*number > limits.attachments) return Errc::sio_too_many_attachments;
  text.remove_prefix(1);
  count = static_cast<std::size_t>(*number);
  return Errc::none;
}

// Everything before the JSON; takes it off the text. A packet begins as that of the main namespace
// without an id.
Errc take_header(std::string_view& text, const Limits& limits, Packet& packet,
                 std::size_t& attachments) {
  if (text.empty()) return Errc::sio_empty_packet;
  const char type = text.front();
  if (type < '0' || type > '6') return Errc::sio_unknown_packet_type;
  text.remove_prefix(1);
  const bool binary = type >= '5';
  packet.type = static_cast<PacketType>(type - (binary ? '3' : '0'));
  if (binary) {
    const Errc error = take_attachment_count(text, limits, attachments);
    if (error != Errc::none) return error;
  }
  if (text.starts_with('/')) {
    const std::size_t end = std::min(text.find(','), text.size());
    packet.nsp = text.substr(0, end);
    if (!is_namespace(packet.nsp, limits)) return Errc::sio_bad_namespace;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (!text.empty() && is_digit(text.front())) {
    packet.id = take_number(text);
    if (!packet.id) return Errc::sio_bad_ack_id;
  }
  return Errc::none;
}

Errc read_data(std::string_view text, const Limits& limits, Packet& packet) {
  if (text.empty()) {
    packet.data = missing_payload(packet.type);
    return Errc::none;
  }
  if (is_white_space(text.front())) return Errc::sio_bad_payload;
  auto data = parse_json(text, limits.json_depth);
  if (!data) return data.error();
  packet.data = std::move(*data);
  return check_payload(packet.type, packet.data);
}

// --- Attachments ---------------------------------------------------------------------------------

// In the order of their arrival; emptied one by one as they find their places.
using Attachments = std::vector<std::optional<std::string>>;

bool is_placeholder(const Value& value) noexcept {
  return value["_placeholder"] == Value(true);
}

// The attachment that a placeholder stands for; null when its number is none, or out of range, or
// was used before. Upstream shares an attachment between its placeholders; here each would be a
// copy, and a packet of one large attachment and thousands of placeholders would exhaust memory.
// No encoder writes such a packet.
std::optional<std::string>* find_attachment(const Value& placeholder, Attachments& attachments) {
  const auto* const number = placeholder["num"].get_if<std::int64_t>();
  if (!number || *number < 0 || std::cmp_greater_equal(*number, attachments.size())) return nullptr;
  auto& attachment = attachments[static_cast<std::size_t>(*number)];
  return attachment ? &attachment : nullptr;
}

// Puts attachments where their placeholders are. False when one is illegal.
bool fill_placeholders(Value& value, Attachments& attachments) {
  if (is_placeholder(value)) {
    auto* const attachment = find_attachment(value, attachments);
    if (!attachment) return false;
    value = Bytes(*std::exchange(*attachment, std::nullopt));
    return true;
  }
  if (Array* const array = value.get_if<Array>()) {
    return std::ranges::all_of(*array,
                               [&](Value& item) { return fill_placeholders(item, attachments); });
  }
  if (Object* const object = value.get_if<Object>()) {
    return std::ranges::all_of(*object, [&](Object::Entry& entry) {
      return fill_placeholders(entry.second, attachments);
    });
  }
  return true;
}

}  // namespace

// A packet whose attachments are on their way.
struct JsonDecoder::Pending {
  Packet packet;
  std::size_t expected = 0;
  Attachments attachments;
};

void JsonDecoder::PendingDeleter::operator()(Pending* pending) const noexcept {
  delete pending;
}

// --- Decoder -------------------------------------------------------------------------------------

Result<std::optional<Packet>> JsonDecoder::on_text(std::string_view text) {
  if (pending_) return Errc::sio_attachment_expected;
  Result<std::optional<Packet>> result{std::optional<Packet>()};
  Packet& packet = result->emplace();
  std::size_t attachments = 0;
  Errc error = take_header(text, *limits_, packet, attachments);
  if (error == Errc::none) error = read_data(text, *limits_, packet);
  if (error != Errc::none) {
    result = error;
  } else if (attachments > 0) {
    pending_.reset(
        new Pending{.packet = std::move(packet), .expected = attachments, .attachments = {}});
    result = std::optional<Packet>();
  }
  return result;
}

Result<std::optional<Packet>> JsonDecoder::on_binary(std::string_view data) {
  if (!pending_) return Errc::sio_unexpected_binary;
  pending_->attachments.emplace_back(data);
  if (pending_->attachments.size() < pending_->expected) return std::optional<Packet>();
  const auto pending = std::move(pending_);
  if (!fill_placeholders(pending->packet.data, pending->attachments)) {
    return Errc::sio_illegal_placeholder;
  }
  return std::optional(std::move(pending->packet));
}

}  // namespace patchbay::sio

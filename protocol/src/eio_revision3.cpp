// SPDX-License-Identifier: MIT
#include "patchbay/protocol/eio/revision3.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "patchbay/protocol/base64.hpp"
#include "patchbay/protocol/utf8.hpp"

namespace patchbay::eio::revision3 {

namespace {

constexpr std::string_view kMessageByte = "\x04";
constexpr std::string_view kMessageBase64 = "b4";

// Of a binary body.
constexpr char kTextMark = '\x00';
constexpr char kBinaryMark = '\x01';
constexpr char kLengthEnd = '\xff';

// As many as the largest number of a JavaScript client has.
constexpr std::size_t kMaxLengthDigits = 310;

// What comes before a packet at most, when it is not longer than memory.
constexpr std::size_t kMaxHeaderBytes = 24;

std::optional<PacketType> packet_type(int value) noexcept {
  constexpr int kLast = static_cast<int>(PacketType::noop);
  if (value < 0 || value > kLast) return std::nullopt;
  return static_cast<PacketType>(value);
}

PacketView binary_packet(PacketType type, std::string_view data) noexcept {
  return {.type = type, .binary = type == PacketType::message, .data = data};
}

// --- Lengths

struct Length {
  std::size_t value = 0;
  std::size_t digits = 0;
};

// The decimal number at the start of the text; `zero` is its digit 0. None when there is no digit,
// there are too many, or the number exceeds the size of the text, which no packet in it can.
std::optional<Length> read_length(std::string_view text, char zero) noexcept {
  Length length;
  for (const char c : text) {
    const int digit = c - zero;
    if (digit < 0 || digit > 9) break;
    length.value = length.value * 10 + static_cast<std::size_t>(digit);
    ++length.digits;
    if (length.value > text.size() || length.digits > kMaxLengthDigits) return std::nullopt;
  }
  if (length.digits == 0) return std::nullopt;
  return length;
}

void append_length(std::string& out, std::size_t length, char zero) {
  const std::string digits = std::to_string(length);
  for (const char c : digits) out += static_cast<char>(c - '0' + zero);
}

std::size_t utf16_length(std::string_view utf8) noexcept {
  std::size_t units = 0;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    const bool begins_character = (byte & 0xC0) != 0x80;
    const bool needs_surrogates = byte >= 0xF0;
    units +=
        static_cast<std::size_t>(begins_character) + static_cast<std::size_t>(needs_surrogates);
  }
  return units;
}

// How many bytes the first `units` UTF-16 code units are. None when the text has fewer, or when
// the last one is only half of a character.
std::optional<std::size_t> bytes_of_units(std::string_view utf8, std::size_t units) noexcept {
  std::size_t at = 0;
  while (units > 0) {
    if (at >= utf8.size()) return std::nullopt;
    const auto lead = static_cast<unsigned char>(utf8[at]);
    const std::size_t needed = lead < 0xF0 ? 1 : 2;
    if (needed > units) return std::nullopt;
    units -= needed;
    at += lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  }
  if (at > utf8.size()) return std::nullopt;
  return at;
}

// --- Bodies

void append_to_text_payload(std::string& body, const EncodedPacket& packet) {
  append_length(body, utf16_length(packet.payload()), '0');
  body += ':';
  body += packet.payload();
}

void append_to_binary_payload(std::string& body, const EncodedPacket& packet) {
  body += packet.is_binary() ? kBinaryMark : kTextMark;
  append_length(body, packet.payload().size(), '\0');
  body += kLengthEnd;
  body += packet.payload();
}

}  // namespace

// --- Packets

Result<PacketView> decode_text(std::string_view text, std::string& scratch) {
  if (text.empty()) return Errc::eio_empty_packet;
  const bool base64 = text.front() == 'b';
  if (base64) text.remove_prefix(1);
  if (text.empty()) return Errc::eio_unknown_packet_type;
  const auto type = packet_type(text.front() - '0');
  if (!type) return Errc::eio_unknown_packet_type;
  text.remove_prefix(1);
  if (!base64) return PacketView{.type = *type, .binary = false, .data = text};
  auto decoded = base64_decode(text);
  if (!decoded) return Errc::eio_invalid_base64;
  scratch = std::move(*decoded);
  return binary_packet(*type, scratch);
}

Result<PacketView> decode_binary(std::string_view data) {
  if (data.empty()) return Errc::eio_empty_packet;
  const auto type = packet_type(data.front());
  if (!type) return Errc::eio_unknown_packet_type;
  return binary_packet(*type, data.substr(1));
}

EncodedPacket encode_binary(const EncodedPacket& message, bool base64) {
  if (!base64) {
    return EncodedPacket::from_parts(true, kMessageByte, message.payload(), message.compress());
  }
  std::string text;
  base64_encode(text, message.payload());
  return EncodedPacket::from_parts(false, kMessageBase64, text, message.compress());
}

EncodedPacket to_base64(const EncodedPacket& packet) {
  std::string text;
  base64_encode(text, packet.payload().substr(kMessageByte.size()));
  return EncodedPacket::from_parts(false, kMessageBase64, text, packet.compress());
}

std::string encode_payload(std::span<const EncodedPacket> packets) {
  const bool binary = std::ranges::any_of(packets, &EncodedPacket::is_binary);
  std::size_t size = 0;
  for (const EncodedPacket& packet : packets) size += packet.payload().size() + kMaxHeaderBytes;
  std::string body;
  body.reserve(size);
  for (const EncodedPacket& packet : packets) {
    binary ? append_to_binary_payload(body, packet) : append_to_text_payload(body, packet);
  }
  return body;
}

bool is_binary_payload(std::string_view body) noexcept {
  return body.starts_with(kTextMark) || body.starts_with(kBinaryMark);
}

// --- PayloadReader

Result<PacketView> PayloadReader::next() {
  auto packet = binary_ ? next_of_binary() : next_of_text();
  at_end_ = !packet || rest_.empty();
  return packet;
}

Result<PacketView> PayloadReader::next_of_text() {
  if (rest_.empty()) return Errc::eio_empty_packet;
  const auto length = read_length(rest_, '0');
  if (!length) return Errc::eio_bad_payload;
  rest_.remove_prefix(length->digits);
  if (!rest_.starts_with(':')) return Errc::eio_bad_payload;
  rest_.remove_prefix(1);
  const auto bytes = bytes_of_units(rest_, length->value);
  if (!bytes) return Errc::eio_bad_payload;
  const std::string_view text = rest_.substr(0, *bytes);
  rest_.remove_prefix(*bytes);
  if (text.empty()) return PacketView{};
  return decode_text(text, decoded_);
}

Result<PacketView> PayloadReader::next_of_binary() {
  if (rest_.empty()) return Errc::eio_empty_packet;
  const char mark = rest_.front();
  if (mark != kTextMark && mark != kBinaryMark) return Errc::eio_bad_payload;
  rest_.remove_prefix(1);
  const auto length = read_length(rest_, '\0');
  if (!length) return Errc::eio_bad_payload;
  rest_.remove_prefix(length->digits);
  if (!rest_.starts_with(kLengthEnd)) return Errc::eio_bad_payload;
  rest_.remove_prefix(1);
  if (length->value > rest_.size()) return Errc::eio_bad_payload;
  const std::string_view content = rest_.substr(0, length->value);
  rest_.remove_prefix(length->value);
  if (mark == kBinaryMark) return decode_binary(content);
  if (!is_valid_utf8(content)) return Errc::eio_invalid_utf8;
  return decode_text(content, decoded_);
}

}  // namespace patchbay::eio::revision3

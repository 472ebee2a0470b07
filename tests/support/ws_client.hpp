// SPDX-License-Identifier: MIT
//
// The client's side of RFC 6455 for tests: frames in any shape, right or wrong, and a receiver's
// events as values that outlive the receiver. Written without the codec, so as to check it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "patchbay/protocol/limits.hpp"
#include "ws_codec.hpp"

namespace patchbay::test {

struct FrameOptions {
  bool fin = true;
  std::uint8_t reserved = 0;  // RSV1 is 4, RSV2 is 2, RSV3 is 1
  bool masked = true;
  std::uint32_t mask = 0x37FA213D;
  std::optional<std::uint64_t> announced = std::nullopt;  // instead of the payload's length
  int length_bytes = -1;                                  // 0, 2 or 8; -1 for the shortest form
};

inline constexpr std::uint8_t kContinuation = 0;
inline constexpr std::uint8_t kText = 1;
inline constexpr std::uint8_t kBinary = 2;
inline constexpr std::uint8_t kClose = 8;
inline constexpr std::uint8_t kPing = 9;
inline constexpr std::uint8_t kPong = 10;

inline void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}

inline std::string client_frame(std::uint8_t opcode, std::string_view payload,
                                const FrameOptions& options = {}) {
  const std::uint64_t length = options.announced.value_or(payload.size());
  int length_bytes = options.length_bytes;
  if (length_bytes < 0) length_bytes = length <= 125 ? 0 : length <= 0xFFFF ? 2 : 8;

  std::string out;
  out += static_cast<char>((options.fin ? 0x80 : 0) | options.reserved << 4 | opcode);
  const std::uint64_t short_length = length_bytes == 0 ? length : length_bytes == 2 ? 126 : 127;
  out += static_cast<char>((options.masked ? 0x80U : 0U) | short_length);
  append_big_endian(out, length, length_bytes);
  if (!options.masked) return out.append(payload);
  append_big_endian(out, options.mask, 4);
  for (std::size_t i = 0; i < payload.size(); ++i) {
    out += static_cast<char>(payload[i] ^ static_cast<char>(options.mask >> (24 - 8 * (i % 4))));
  }
  return out;
}

// A fragment that more fragments follow.
inline std::string client_fragment(std::uint8_t opcode, std::string_view payload) {
  FrameOptions options;
  options.fin = false;
  return client_frame(opcode, payload, options);
}

struct Seen {
  engineio::ws::Event::Kind kind;
  std::string data;
  std::optional<std::uint16_t> close_code;
  Errc error = Errc::none;

  friend bool operator==(const Seen&, const Seen&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Seen& seen) {
    out << "kind " << static_cast<int>(seen.kind) << ", " << seen.data.size() << " bytes \""
        << std::string_view(seen.data).substr(0, 40) << '"';
    if (seen.close_code) out << ", close code " << *seen.close_code;
    if (seen.error != Errc::none) out << ", error " << static_cast<int>(seen.error);
    return out;
  }
};

inline Seen text(std::string_view data) {
  return {engineio::ws::Event::Kind::text, std::string(data), {}, Errc::none};
}
inline Seen binary(std::string_view data) {
  return {engineio::ws::Event::Kind::binary, std::string(data), {}, Errc::none};
}
inline Seen ping(std::string_view data) {
  return {engineio::ws::Event::Kind::ping, std::string(data), {}, Errc::none};
}
inline Seen pong(std::string_view data) {
  return {engineio::ws::Event::Kind::pong, std::string(data), {}, Errc::none};
}
inline Seen closed(std::optional<std::uint16_t> code = {}, std::string_view reason = {}) {
  return {engineio::ws::Event::Kind::close, std::string(reason), code, Errc::none};
}
inline Seen failed(Errc error) {
  return {engineio::ws::Event::Kind::error, {}, {}, error};
}

// Hands `bytes` in, in their own block so that a sanitizer sees a read behind them, and adds what
// comes out to `seen`. False once the stream has ended by a close or an error.
inline bool feed(engineio::ws::Receiver& receiver, std::string_view bytes,
                 std::vector<Seen>& seen) {
  using Kind = engineio::ws::Event::Kind;
  std::vector<char> copy(bytes.begin(), bytes.end());
  std::span<char> input(copy);
  while (true) {
    const engineio::ws::Event event = receiver.next(input);
    if (event.kind == Kind::need_more) return true;
    seen.push_back({event.kind, std::string(event.data), event.close_code, event.error});
    if (event.kind == Kind::close || event.kind == Kind::error) return false;
  }
}

// The events of `bytes` when they arrive `chunk` at a time, after a first read of `first` bytes.
inline std::vector<Seen> receive(engineio::ws::Receiver receiver, std::string_view bytes,
                                 std::size_t first, std::size_t chunk) {
  std::vector<Seen> seen;
  std::string_view part = bytes.substr(0, first);
  while (feed(receiver, part, seen)) {
    bytes.remove_prefix(part.size());
    if (bytes.empty()) break;
    part = bytes.substr(0, chunk);
  }
  return seen;
}

inline std::vector<Seen> receive(std::string_view bytes, const Limits& limits, std::size_t first,
                                 std::size_t chunk) {
  return receive(engineio::ws::Receiver(limits), bytes, first, chunk);
}

inline std::vector<Seen> receive(std::string_view bytes, const Limits& limits = {}) {
  return receive(bytes, limits, bytes.size(), bytes.size());
}

}  // namespace patchbay::test

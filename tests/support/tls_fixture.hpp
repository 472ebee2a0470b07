// SPDX-License-Identifier: MIT
//
// A TlsSession and a client of it, with a connection between them that a test can see into.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tls_certificate.hpp"
#include "tls_context.hpp"
#include "tls_peer.hpp"

namespace patchbay::engineio::test {

using patchbay::test::TlsPeer;
using Status = Transfer::Status;

// Both directions of the connection, as the server sees them.
struct MemoryWire final : TlsSession::Wire {
  std::string input;
  bool input_ended = false;
  std::string output;
  std::size_t room = std::numeric_limits<std::size_t>::max();  // for output
  bool broken = false;                                         // output goes nowhere
  std::size_t receives = 0;                                    // how often it was asked

  Transfer receive(std::span<char> buffer) override {
    ++receives;
    const std::size_t size = std::min(buffer.size(), input.size());
    if (size == 0) return {.status = input_ended ? Status::closed : Status::would_block};
    input.copy(buffer.data(), size);
    input.erase(0, size);
    return {.bytes = size};
  }
  Transfer send(std::string_view data) override {
    if (broken) return {.status = Status::closed};
    const std::size_t size = std::min(data.size(), room);
    if (size == 0) return {.status = Status::would_block};
    output.append(data, 0, size);
    room -= size;
    return {.bytes = size};
  }
};

inline const TlsContext& context() {
  static const TlsContext made = [] {
    const auto certificate = patchbay::test::make_certificate();
    return TlsContext(
        {.certificate_pem = certificate.certificate, .private_key_pem = certificate.key});
  }();
  return made;
}

struct Connection {
  explicit Connection(int version = TLS1_3_VERSION) : peer(version) {}

  // Everything that can be read now, by buffers of this size.
  std::string read(std::size_t buffer_size = 4096) {
    std::string text;
    std::vector<char> buffer(buffer_size);
    Transfer result;
    do {
      result = tls->read(wire, buffer);
      text.append(buffer.data(), result.bytes);
    } while (result.status != Status::closed && tls->has_input());
    status = result.status;
    return text;
  }
  Transfer write(const std::vector<std::string>& pieces) {
    std::vector<iovec> buffers;
    buffers.reserve(pieces.size());
    for (const std::string& piece : pieces) {
      buffers.push_back({.iov_base = const_cast<char*>(piece.data()), .iov_len = piece.size()});
    }
    return tls->write(wire, buffers, scratch);
  }
  // What the server has sent reaches the client.
  void deliver() { peer.feed(std::exchange(wire.output, {})); }
  void establish() {
    for (int i = 0; i < 4; ++i) {
      peer.handshake();
      wire.input += peer.take();
      REQUIRE(read().empty());
      deliver();
    }
    REQUIRE(peer.handshake());
    REQUIRE(peer.read().empty());  // the ticket
    REQUIRE(tls->can_write());
  }
  // What the client writes reaches the server.
  std::string to_server(std::string_view text) {
    peer.write(text);
    wire.input += peer.take();
    return read();
  }
  std::string from_server() {
    deliver();
    return peer.read();
  }

  MemoryWire wire;
  std::unique_ptr<TlsSession> tls = context().make_session();
  TlsPeer peer;
  std::vector<char> scratch = std::vector<char>(TlsSession::kRecordBytes);
  Status status = Status::ok;  // of the last read
};

// Sizes of the records of a stream, without their heads (RFC 8446 5.1).
inline std::vector<std::size_t> records_of(std::string_view bytes) {
  std::vector<std::size_t> sizes;
  while (bytes.size() >= 5) {
    const auto high = static_cast<unsigned char>(bytes[3]);
    const auto low = static_cast<unsigned char>(bytes[4]);
    sizes.push_back(static_cast<std::size_t>(high) << 8 | low);
    REQUIRE(bytes.size() >= 5 + sizes.back());
    bytes.remove_prefix(5 + sizes.back());
  }
  CHECK(bytes.empty());
  return sizes;
}

inline std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i * 7 + i / 251) % 26);
  return text;
}

}  // namespace patchbay::engineio::test

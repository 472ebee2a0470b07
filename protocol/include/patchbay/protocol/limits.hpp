// SPDX-License-Identifier: MIT
//
// Every cap on what one peer may make us hold or compute, with its reason. A limit is always in
// force: there is no value that means "unlimited".
#pragma once

#include <cstddef>

namespace patchbay {

struct Limits {
  // One POST body and one WebSocket message, in bytes; told to the client as `maxPayload`.
  // 1 MB is what Node.js servers announce, and clients batch their polling packets by it.
  std::size_t message_bytes = 1'000'000;

  // Request line and all header fields together. Node.js allows 16 KiB; cookies fill it.
  std::size_t http_head_bytes = std::size_t{16} * 1024;

  // Header fields in one request. Browsers send about 20.
  std::size_t http_header_count = 100;

  // Request target. Socket.IO targets are about 100 bytes plus what the user adds to the query.
  std::size_t http_target_bytes = std::size_t{8} * 1024;

  // Fragments of one WebSocket message: what `ws` allows.
  std::size_t ws_fragments = std::size_t{16} * 1024;

  // Nesting of JSON values. Deeper ones are attacks on recursive code, not data.
  std::size_t json_depth = 64;

  // Binary attachments of one Socket.IO packet: what socket.io-parser allows.
  std::size_t attachments = 10;

  // Length of a namespace name in bytes.
  std::size_t namespace_bytes = 512;

  // Namespaces that one client may have joined, or be joining, at a time.
  std::size_t namespaces_per_client = 64;
};

}  // namespace patchbay

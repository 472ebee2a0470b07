// SPDX-License-Identifier: MIT
//
// The compressed formats of the wire, free of I/O. Its source is the one place that knows zlib.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "patchbay/protocol/error.hpp"

namespace patchbay::engineio {

// One direction of permessage-deflate, seen from the sender (RFC 7692 section 7.2.1): a stream of
// raw DEFLATE that is cut into messages, each of which may refer to those before it.
class Deflater {
 public:
  // `window_bits` 8 to 15, `level` 0 to 9, `memory_level` 1 to 9. Holds 2^(window_bits + 2) +
  // 2^(memory_level + 9) bytes and about 6 KiB.
  Deflater(int window_bits, int level, int memory_level);
  Deflater(Deflater&&) noexcept;
  Deflater& operator=(Deflater&&) noexcept;
  ~Deflater();

  // Appends the message's compressed form.
  void compress(std::string_view message, std::string& out);
  // The next message will not refer to earlier ones.
  void reset() noexcept;

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
};

// The same seen from the receiver (section 7.2.2). After an error only reset() may follow. A
// message that refers back further than the agreed window is either refused or read as it was
// meant: zlib sees that it does only when the data is no longer there.
class Inflater {
 public:
  // `window_bits` 8 to 15: the most that the sender uses. Holds 2^window_bits bytes and about 7
  // KiB.
  explicit Inflater(int window_bits);
  Inflater(Inflater&&) noexcept;
  Inflater& operator=(Inflater&&) noexcept;
  ~Inflater();

  // Appends what the next piece of a message unfolds to. ws_message_too_large when `out` would
  // become larger than `limit`, and then it has not become so; ws_bad_deflate when the piece cannot
  // be what a compressor made.
  Errc add(std::string_view piece, std::string& out, std::size_t limit);
  // The message is complete.
  Errc finish(std::string& out, std::size_t limit);
  // Forgets earlier messages, and a message that was left incomplete.
  void reset() noexcept;

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
};

// HTTP content codings (RFC 9110 section 8.4.1); "deflate" is the zlib format.
enum class ContentCoding : std::uint8_t { gzip, deflate };

[[nodiscard]] std::string compress_body(ContentCoding coding, int level, std::string_view body);

}  // namespace patchbay::engineio

// SPDX-License-Identifier: MIT
#include "deflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <new>
#include <utility>

namespace patchbay::engineio {

namespace {

// Output is made in pieces of this size, on the stack.
constexpr std::size_t kPieceBytes = std::size_t{16} * 1024;

// zlib counts input in 32 bits.
constexpr std::size_t kMaxInput = std::size_t{1} << 30;

// zlib cannot write raw streams for a window of 2^8 bytes. With 2^9 it never refers back further
// than 2^9 - 262 = 250 bytes (its MIN_LOOKAHEAD is 262), which the smaller window holds as well.
constexpr int kMinDeflateWindowBits = 9;

// What a flush puts at the end of each message: an empty stored block, less its first three bits.
// RFC 7692 leaves it out of the frame.
constexpr std::string_view kTail("\0\0\xff\xff", 4);
// The whole of an empty message: the beginning of such a block.
constexpr char kEmptyMessage = '\0';

constexpr int kDefaultMemoryLevel = 8;
constexpr int kZlibWindowBits = 15;
constexpr int kGzipWindowBits = kZlibWindowBits + 16;

// Everything else that could fail is ruled out by the preconditions.
void check_memory(int status) {
  if (status == Z_MEM_ERROR) throw std::bad_alloc();
  assert(status == Z_OK);
}

std::string_view take_input(z_stream& zlib, std::string_view input) noexcept {
  const std::size_t size = std::min(input.size(), kMaxInput);
  // zlib's interface is older than const; it only reads.
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
  zlib.avail_in = static_cast<uInt>(size);
  return input.substr(size);
}

// Compresses all of `input`, and flushes or finishes at its end.
void deflate_all(z_stream& zlib, std::string_view input, int final_flush, std::string& out) {
  std::array<char, kPieceBytes> piece;
  do {
    input = take_input(zlib, input);
    const int flush = input.empty() ? final_flush : Z_NO_FLUSH;
    do {
      zlib.next_out = reinterpret_cast<Bytef*>(piece.data());
      zlib.avail_out = piece.size();
      ::deflate(&zlib, flush);
      out.append(piece.data(), piece.size() - zlib.avail_out);
    } while (zlib.avail_out == 0);
  } while (!input.empty());
}

// Appends without ever holding more than `limit`: a string that grows by itself doubles its memory.
void append_within(std::string& out, std::string_view data, std::size_t limit) {
  if (out.size() + data.size() > out.capacity() && out.capacity() > limit / 2) {
    std::string larger;
    larger.reserve(limit);
    larger = out;
    out.swap(larger);
  }
  out.append(data);
}

}  // namespace

// `format_and_window` as zlib wants it: negative for raw streams, more than 15 for gzip.
struct DeflateState {
  DeflateState(int format_and_window, int level, int memory_level) {
    check_memory(deflateInit2(&zlib, level, Z_DEFLATED, format_and_window, memory_level,
                              Z_DEFAULT_STRATEGY));
  }
  ~DeflateState() { deflateEnd(&zlib); }
  DeflateState(const DeflateState&) = delete;
  DeflateState& operator=(const DeflateState&) = delete;

  z_stream zlib{};
};

struct Deflater::Stream : DeflateState {
  using DeflateState::DeflateState;
};

Deflater::Deflater(int window_bits, int level, int memory_level)
    : stream_(std::make_unique<Stream>(-std::max(window_bits, kMinDeflateWindowBits), level,
                                       memory_level)) {}
Deflater::Deflater(Deflater&&) noexcept = default;
Deflater& Deflater::operator=(Deflater&&) noexcept = default;
Deflater::~Deflater() = default;

void Deflater::compress(std::string_view message, std::string& out) {
  // Nothing to compress gives no flush either.
  if (message.empty()) {
    out.push_back(kEmptyMessage);
    return;
  }
  deflate_all(stream_->zlib, message, Z_SYNC_FLUSH, out);
  assert(out.ends_with(kTail));
  out.resize(out.size() - kTail.size());
}

void Deflater::reset() noexcept {
  deflateReset(&stream_->zlib);
}

struct Inflater::Stream {
  explicit Stream(int window_bits) { check_memory(inflateInit2(&zlib, -window_bits)); }
  ~Stream() { inflateEnd(&zlib); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  Errc run(std::string_view input, std::string& out, std::size_t limit);

  // Everything so far was whole blocks, and the last of them ended at the end of a byte.
  [[nodiscard]] bool between_blocks() const noexcept {
    constexpr int kUnusedBits = 63;
    constexpr int kBlockEnded = 128;
    return (zlib.data_type & kBlockEnded) != 0 && (zlib.data_type & kUnusedBits) == 0;
  }

  z_stream zlib{};
  bool in_message = false;  // it has had bytes
  bool ended = false;       // they end with a block that is marked as the last of a stream
};

// A block that is marked as the last one is legal and ends the context (section 7.2.3.4): what
// follows begins a new stream.
Errc Inflater::Stream::run(std::string_view input, std::string& out, std::size_t limit) {
  std::array<char, kPieceBytes> piece;
  ended = false;
  do {
    if (zlib.avail_in == 0) input = take_input(zlib, input);
    // One byte more than allowed, so as to see whether there is one.
    const std::size_t room = std::min(piece.size() - 1, limit - out.size()) + 1;
    zlib.next_out = reinterpret_cast<Bytef*>(piece.data());
    zlib.avail_out = static_cast<uInt>(room);
    const int status = ::inflate(&zlib, Z_SYNC_FLUSH);
    const std::size_t made = room - zlib.avail_out;
    if (made > limit - out.size()) return Errc::ws_message_too_large;
    append_within(out, {piece.data(), made}, limit);
    if (status == Z_STREAM_END) {
      inflateReset(&zlib);
      ended = zlib.avail_in == 0 && input.empty();
    } else if (status == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      return Errc::ws_bad_deflate;
    }
  } while (zlib.avail_in > 0 || zlib.avail_out == 0 || !input.empty());
  return Errc::none;
}

Inflater::Inflater(int window_bits) : stream_(std::make_unique<Stream>(window_bits)) {}
Inflater::Inflater(Inflater&&) noexcept = default;
Inflater& Inflater::operator=(Inflater&&) noexcept = default;
Inflater::~Inflater() = default;

Errc Inflater::add(std::string_view piece, std::string& out, std::size_t limit) {
  if (piece.empty()) return Errc::none;
  stream_->in_message = true;
  return stream_->run(piece, out, limit);
}

Errc Inflater::finish(std::string& out, std::size_t limit) {
  // Some senders make a compressed message of no bytes at all when it is empty.
  if (!std::exchange(stream_->in_message, false)) return Errc::none;
  if (stream_->ended) return Errc::none;
  const Errc error = stream_->run(kTail, out, limit);
  if (error != Errc::none) return error;
  return stream_->between_blocks() ? Errc::none : Errc::ws_bad_deflate;
}

void Inflater::reset() noexcept {
  inflateReset(&stream_->zlib);
  stream_->zlib.avail_in = 0;
  stream_->in_message = false;
  stream_->ended = false;
}

std::string compress_body(ContentCoding coding, int level, std::string_view body) {
  DeflateState state(coding == ContentCoding::gzip ? kGzipWindowBits : kZlibWindowBits, level,
                     kDefaultMemoryLevel);
  std::string out;
  deflate_all(state.zlib, body, Z_FINISH, out);
  return out;
}

}  // namespace patchbay::engineio

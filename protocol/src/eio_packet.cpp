// SPDX-License-Identifier: MIT
#include "patchbay/protocol/eio/packet.hpp"

#include <cstring>
#include <new>
#include <utility>

#include "patchbay/protocol/base64.hpp"

namespace patchbay::eio {

namespace {

constexpr char kFirstType = '0';
constexpr char kLastType = '6';

constexpr char kFinText = '\x81';
constexpr char kFinBinary = '\x82';
constexpr char kRsv1 = '\x40';

// An unmasked frame header for this payload; returns its length (RFC 6455 section 5.2).
std::size_t write_frame_header(char* out, char first_byte, std::size_t payload_size) noexcept {
  out[0] = first_byte;
  const std::uint64_t size = payload_size;
  std::size_t length_bytes = 0;
  if (size < 126) {
    out[1] = static_cast<char>(size);
  } else if (size <= 0xffff) {
    out[1] = 126;
    length_bytes = 2;
  } else {
    out[1] = 127;
    length_bytes = 8;
  }
  for (std::size_t i = 0; i < length_bytes; ++i) {
    out[2 + i] = static_cast<char>((size >> (8 * (length_bytes - 1 - i))) & 0xff);
  }
  return 2 + length_bytes;
}

}  // namespace

Result<PacketView> decode_packet(std::string_view text, std::string& scratch) {
  if (text.empty()) return Errc::eio_empty_packet;
  const char type = text.front();
  const std::string_view rest = text.substr(1);
  if (type == 'b') {
    auto decoded = base64_decode(rest);
    if (!decoded) return Errc::eio_invalid_base64;
    scratch = std::move(*decoded);
    return PacketView{.type = PacketType::message, .binary = true, .data = scratch};
  }
  if (type < kFirstType || type > kLastType) return Errc::eio_unknown_packet_type;
  return PacketView{
      .type = static_cast<PacketType>(type - kFirstType), .binary = false, .data = rest};
}

// One allocation: this header, and behind it the frame.
struct EncodedPacket::Block {
  std::atomic<std::uint32_t> references{1};
  std::uint8_t header_size = 0;
  bool binary = false;
  bool compress = true;
  std::size_t frame_size = 0;

  [[nodiscard]] char* bytes() noexcept { return reinterpret_cast<char*>(this + 1); }
};

EncodedPacket EncodedPacket::from_parts(bool binary, std::string_view prefix, std::string_view data,
                                        bool compress) {
  return make(binary ? kFinBinary : kFinText, prefix, data, compress);
}

EncodedPacket EncodedPacket::make(char first_byte, std::string_view prefix, std::string_view data,
                                  bool compress) {
  char header[10];
  const std::size_t payload_size = prefix.size() + data.size();
  const std::size_t header_size = write_frame_header(header, first_byte, payload_size);
  void* memory = ::operator new(sizeof(Block) + header_size + payload_size);
  auto* block = new (memory) Block;
  block->header_size = static_cast<std::uint8_t>(header_size);
  block->binary = (first_byte & kFinBinary) == kFinBinary;
  block->compress = compress;
  block->frame_size = header_size + payload_size;
  char* out = block->bytes();
  std::memcpy(out, header, header_size);
  if (!prefix.empty()) std::memcpy(out + header_size, prefix.data(), prefix.size());
  if (!data.empty()) std::memcpy(out + header_size + prefix.size(), data.data(), data.size());

  EncodedPacket packet;
  packet.block_ = block;
  return packet;
}

EncodedPacket EncodedPacket::text(PacketType type, std::string_view data, bool compress) {
  const char digit = static_cast<char>(kFirstType + static_cast<char>(type));
  return make(kFinText, {&digit, 1}, data, compress);
}

EncodedPacket EncodedPacket::binary(std::string_view data, bool compress) {
  return make(kFinBinary, {}, data, compress);
}

EncodedPacket EncodedPacket::deflated(bool binary, std::string_view data) {
  const char opcode = binary ? kFinBinary : kFinText;
  return make(static_cast<char>(opcode | kRsv1), {}, data, false);
}

EncodedPacket::EncodedPacket(const EncodedPacket& other) noexcept : block_(other.block_) {
  if (block_) block_->references.fetch_add(1, std::memory_order_relaxed);
}

EncodedPacket& EncodedPacket::operator=(EncodedPacket other) noexcept {
  std::swap(block_, other.block_);
  return *this;
}

void EncodedPacket::release() noexcept {
  if (!block_) return;
  // Nobody can copy the only handle but its owner, who is busy here: reading the count is enough
  // then, and costs less than changing it.
  if (block_->references.load(std::memory_order_acquire) == 1 ||
      block_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    block_->~Block();
    ::operator delete(block_);
  }
}

bool EncodedPacket::is_binary() const noexcept {
  return block_->binary;
}

bool EncodedPacket::compress() const noexcept {
  return block_->compress;
}

bool EncodedPacket::is_shared() const noexcept {
  return block_->references.load(std::memory_order_relaxed) > 1;
}

std::string_view EncodedPacket::frame() const noexcept {
  return {block_->bytes(), block_->frame_size};
}

std::string_view EncodedPacket::payload() const noexcept {
  return frame().substr(block_->header_size);
}

}  // namespace patchbay::eio

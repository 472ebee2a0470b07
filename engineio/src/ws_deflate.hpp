// SPDX-License-Identifier: MIT
//
// permessage-deflate of one connection (RFC 7692), free of I/O: what it sends, what it receives,
// and what it shares with the other connections of its shard.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "deflate.hpp"
#include "patchbay/engineio/options.hpp"
#include "patchbay/protocol/eio/packet.hpp"
#include "ws_codec.hpp"
#include "ws_extensions.hpp"

namespace patchbay::engineio::ws {

// What connections without context takeover share, so that they keep nothing themselves. One per
// shard; outlives its connections.
class DeflatePool {
 public:
  // For the next message only. The options are those of the first call for a window size.
  Deflater& deflater(int window_bits, const PerMessageDeflateOptions& options);

  [[nodiscard]] std::unique_ptr<Inflater> take_inflater();
  void give_back(std::unique_ptr<Inflater> inflater);

  // A buffer for compressed data; empty. Whoever calls has it until somebody calls again.
  [[nodiscard]] std::string& scratch();

  // Between these two calls the compressed forms of shared packets are kept, since connections that
  // are flushed in the same turn of the loop mostly got the same broadcasts.
  void begin_turn() noexcept { in_turn_ = true; }
  void end_turn() noexcept;
  // The form that was kept for this packet and window size, or null.
  [[nodiscard]] const eio::EncodedPacket* find_frame(const eio::EncodedPacket& packet,
                                                     int window_bits) const noexcept;
  void keep_frame(const eio::EncodedPacket& packet, int window_bits, eio::EncodedPacket frame);

 private:
  struct KeptFrame {
    eio::EncodedPacket packet;  // keeps the address that is the key from being used again
    int window_bits;
    eio::EncodedPacket frame;
  };

  std::array<std::optional<Deflater>, 16> deflaters_;  // by window bits
  std::vector<std::unique_ptr<Inflater>> inflaters_;
  std::string scratch_;
  std::unordered_multimap<const char*, KeptFrame> frames_;
  std::size_t kept_bytes_ = 0;
  bool in_turn_ = false;
};

// Makes the frames that a connection sends of its queued packets, in their order. Packets that are
// small or not to be compressed keep their own frame; with context takeover each of the others
// depends on all before it.
class DeflateSender {
 public:
  // `pool` and `options` outlive the sender.
  DeflateSender(DeflatePool& pool, const PerMessageDeflateOptions& options,
                const DeflateParams& agreed) noexcept;

  // Frames for the first of `packets`: as many as are likely to be taken by a connection in one go,
  // at least one if there is a packet, at most `max_count`. The packets must be those of the call
  // before, less what was popped, and maybe more behind them. Valid until the next call.
  [[nodiscard]] std::span<const eio::EncodedPacket> prepare(
      std::span<const eio::EncodedPacket> packets, std::size_t max_count);
  // The first `count` frames are done with.
  void pop(std::size_t count) noexcept;

 private:
  eio::EncodedPacket frame_for(const eio::EncodedPacket& packet);
  eio::EncodedPacket compress_alone(const eio::EncodedPacket& packet);
  eio::EncodedPacket compress_in_context(const eio::EncodedPacket& packet);

  DeflatePool* pool_;
  const PerMessageDeflateOptions* options_;
  int window_bits_;
  bool keeps_context_;
  std::optional<Deflater> context_;  // from the first message on that is compressed
  std::vector<eio::EncodedPacket> frames_;
  std::size_t frame_bytes_ = 0;
};

// Unfolds what a connection receives. The pool outlives it.
std::unique_ptr<MessageInflater> make_message_inflater(DeflatePool& pool,
                                                       const DeflateParams& agreed);

}  // namespace patchbay::engineio::ws

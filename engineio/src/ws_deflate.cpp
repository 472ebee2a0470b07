// SPDX-License-Identifier: MIT
#include "ws_deflate.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace patchbay::engineio::ws {

namespace {

// What is compressed ahead of a connection that may not take it.
constexpr std::size_t kPreparedBytes = std::size_t{64} * 1024;

// Memory that is kept for the next use; what is larger goes back.
constexpr std::size_t kKeptScratchBytes = std::size_t{64} * 1024;
constexpr std::size_t kKeptCapacity = 8;
constexpr std::size_t kKeptInflaters = 4;

// Frames kept for one turn, with the packets they were made of.
constexpr std::size_t kMaxKeptFrameBytes = std::size_t{4} * 1024 * 1024;

}  // namespace

// --- What is shared

Deflater& DeflatePool::deflater(int window_bits, const PerMessageDeflateOptions& options) {
  auto& deflater = deflaters_.at(static_cast<std::size_t>(window_bits));
  if (deflater) {
    deflater->reset();
  } else {
    deflater.emplace(window_bits, options.level, options.memory_level);
  }
  return *deflater;
}

std::unique_ptr<Inflater> DeflatePool::take_inflater() {
  if (inflaters_.empty()) return std::make_unique<Inflater>(kMaxWindowBits);
  auto inflater = std::move(inflaters_.back());
  inflaters_.pop_back();
  return inflater;
}

void DeflatePool::give_back(std::unique_ptr<Inflater> inflater) {
  if (inflaters_.size() == kKeptInflaters) return;
  inflater->reset();
  inflaters_.push_back(std::move(inflater));
}

std::string& DeflatePool::scratch() {
  if (scratch_.capacity() > kKeptScratchBytes) std::string().swap(scratch_);
  scratch_.clear();
  return scratch_;
}

void DeflatePool::end_turn() noexcept {
  in_turn_ = false;
  frames_.clear();
  kept_bytes_ = 0;
}

const eio::EncodedPacket* DeflatePool::find_frame(const eio::EncodedPacket& packet,
                                                  int window_bits) const noexcept {
  const auto [begin, end] = frames_.equal_range(packet.frame().data());
  for (auto kept = begin; kept != end; ++kept) {
    if (kept->second.window_bits == window_bits) return &kept->second.frame;
  }
  return nullptr;
}

void DeflatePool::keep_frame(const eio::EncodedPacket& packet, int window_bits,
                             eio::EncodedPacket frame) {
  const std::size_t bytes = packet.frame().size() + frame.frame().size();
  if (!in_turn_ || bytes > kMaxKeptFrameBytes - kept_bytes_) return;
  kept_bytes_ += bytes;
  frames_.emplace(
      packet.frame().data(),
      KeptFrame{.packet = packet, .window_bits = window_bits, .frame = std::move(frame)});
}

// --- Sending

DeflateSender::DeflateSender(DeflatePool& pool, const PerMessageDeflateOptions& options,
                             const DeflateParams& agreed) noexcept
    : pool_(&pool),
      options_(&options),
      window_bits_(agreed.server_max_window_bits),
      keeps_context_(!agreed.server_no_context_takeover) {}

std::span<const eio::EncodedPacket> DeflateSender::prepare(
    std::span<const eio::EncodedPacket> packets, std::size_t max_count) {
  assert(frames_.size() <= packets.size());
  while (frames_.size() < std::min(packets.size(), max_count) && frame_bytes_ < kPreparedBytes) {
    frames_.push_back(frame_for(packets[frames_.size()]));
    frame_bytes_ += frames_.back().frame().size();
  }
  return frames_;
}

void DeflateSender::pop(std::size_t count) noexcept {
  const auto end = frames_.begin() + static_cast<std::ptrdiff_t>(count);
  for (auto frame = frames_.begin(); frame != end; ++frame) frame_bytes_ -= frame->frame().size();
  frames_.erase(frames_.begin(), end);
  if (frames_.empty() && frames_.capacity() > kKeptCapacity) {
    std::vector<eio::EncodedPacket>().swap(frames_);
  }
}

eio::EncodedPacket DeflateSender::frame_for(const eio::EncodedPacket& packet) {
  if (!packet.compress() || packet.payload().size() < options_->threshold) return packet;
  return keeps_context_ ? compress_in_context(packet) : compress_alone(packet);
}

eio::EncodedPacket DeflateSender::compress_alone(const eio::EncodedPacket& packet) {
  const bool shared = packet.is_shared();
  if (shared) {
    if (const auto* kept = pool_->find_frame(packet, window_bits_)) return *kept;
  }
  std::string& data = pool_->scratch();
  pool_->deflater(window_bits_, *options_).compress(packet.payload(), data);
  // Nobody misses what is not sent.
  const bool worthwhile = data.size() < packet.payload().size();
  auto frame = worthwhile ? eio::EncodedPacket::deflated(packet.is_binary(), data) : packet;
  if (shared) pool_->keep_frame(packet, window_bits_, frame);
  return frame;
}

// Sent even if it has become larger: later messages may refer to it.
eio::EncodedPacket DeflateSender::compress_in_context(const eio::EncodedPacket& packet) {
  if (!context_) context_.emplace(window_bits_, options_->level, options_->memory_level);
  std::string& data = pool_->scratch();
  context_->compress(packet.payload(), data);
  return eio::EncodedPacket::deflated(packet.is_binary(), data);
}

// --- Receiving

namespace {

class ContextInflater final : public MessageInflater {
 public:
  explicit ContextInflater(int window_bits) noexcept : window_bits_(window_bits) {}

  Errc add(std::string_view piece, std::string& out, std::size_t limit) override {
    if (!inflater_) inflater_.emplace(window_bits_);
    return inflater_->add(piece, out, limit);
  }
  Errc finish(std::string& out, std::size_t limit) override {
    return inflater_ ? inflater_->finish(out, limit) : Errc::none;
  }

 private:
  int window_bits_;
  std::optional<Inflater> inflater_;
};

// Has an inflater only while a message is on its way.
class LentInflater final : public MessageInflater {
 public:
  explicit LentInflater(DeflatePool& pool) noexcept : pool_(&pool) {}
  ~LentInflater() override {
    if (inflater_) pool_->give_back(std::move(inflater_));
  }
  LentInflater(const LentInflater&) = delete;
  LentInflater& operator=(const LentInflater&) = delete;

  Errc add(std::string_view piece, std::string& out, std::size_t limit) override {
    if (!inflater_) inflater_ = pool_->take_inflater();
    return inflater_->add(piece, out, limit);
  }
  Errc finish(std::string& out, std::size_t limit) override {
    if (!inflater_) return Errc::none;
    const Errc error = inflater_->finish(out, limit);
    pool_->give_back(std::move(inflater_));
    return error;
  }

 private:
  DeflatePool* pool_;
  std::unique_ptr<Inflater> inflater_;
};

}  // namespace

std::unique_ptr<MessageInflater> make_message_inflater(DeflatePool& pool,
                                                       const DeflateParams& agreed) {
  if (agreed.client_no_context_takeover) return std::make_unique<LentInflater>(pool);
  return std::make_unique<ContextInflater>(agreed.client_max_window_bits);
}

}  // namespace patchbay::engineio::ws

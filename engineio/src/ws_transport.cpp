// SPDX-License-Identifier: MIT
#include "ws_transport.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "shard.hpp"

namespace patchbay::engineio {

namespace {

// Frames in one system call; the kernel takes up to 1024, few wait for one peer.
constexpr std::size_t kMaxBuffers = 64;

// Reads in a row from one connection before others get their turn.
constexpr int kMaxReads = 4;

// Compressed input may unfold to a thousand times as much, so one connection gets less of it at
// once.
constexpr std::size_t kCompressedRead = std::size_t{16} * 1024;

// Control frames that wait for a peer which sends pings and reads no pongs.
constexpr std::size_t kMaxControlBytes = std::size_t{64} * 1024;

// When both sides have said close, only the end of the connection is left to wait for.
constexpr Millis kPeerCloseTimeout{2'000};

iovec buffer_of(std::string_view data) noexcept {
  return {.iov_base = const_cast<char*>(data.data()), .iov_len = data.size()};
}

}  // namespace

WsTransport::WsTransport(std::shared_ptr<Stream> stream, const EngineOptions& options,
                         const std::optional<ws::DeflateParams>& deflate)
    : stream_(std::move(stream)), options_(&options), receiver_(options.limits) {
  if (!deflate) return;
  ws::DeflatePool& pool = stream_->shard().deflate_pool();
  receiver_ = ws::Receiver(options.limits, ws::make_message_inflater(pool, *deflate));
  deflater_ = std::make_unique<ws::DeflateSender>(pool, *options.per_message_deflate, *deflate);
}

void WsTransport::start(std::shared_ptr<Listener> listener, std::string leftover) {
  listener_ = std::move(listener);
  stream_->set_handler(shared_from_this());
  process(leftover);
  resume_reading();
}

// --- Reading

void WsTransport::on_readable() {
  auto buffer = stream_->shard().scratch();
  if (deflater_) buffer = buffer.first(kCompressedRead);
  const int reads = deflater_ ? 1 : kMaxReads;
  for (int i = 0; i < reads && state_ != State::closed; ++i) {
    const auto [bytes, status] = stream_->read(buffer);
    if (status == Stream::Status::closed) {
      lose();
      return;
    }
    process(buffer.first(bytes));
    if (bytes < buffer.size()) break;  // the kernel has no more
    if (held_input_ || (listener_ && listener_->reading_paused(*this))) break;
  }
  if (listener_) listener_->on_ws_read(*this);
  resume_reading();
}

void WsTransport::resume_reading() {
  if (state_ == State::closed || processing_held_) return;
  process_held_input();
  if (state_ == State::closed) return;
  reading_paused_ = held_input_ || control_.size() >= kMaxControlBytes ||
                    (listener_ && listener_->reading_paused(*this));
  if (!reading_paused_) stream_->wait_readable();
}

// What it leads to may flush, and so call for more reading: that is done here, and not in there.
void WsTransport::process_held_input() {
  processing_held_ = true;
  while (held_input_ && state_ != State::closed && !must_pause()) {
    const auto input = std::exchange(held_input_, nullptr);
    process(*input);
  }
  processing_held_ = false;
}

// What can be sent at once is no reason to pause.
bool WsTransport::must_pause() {
  if (!listener_ || !listener_->reading_paused(*this)) return false;
  const auto keep = listener_;
  keep->on_ws_read(*this);
  return listener_ && listener_->reading_paused(*this);
}

void WsTransport::process(std::span<char> input) {
  const auto keep = listener_;  // closing lets go of it, maybe from inside its own function
  while (state_ != State::closed && !peer_closed_) {
    const ws::Event event = receiver_.next(input);
    if (event.kind == ws::Event::Kind::need_more) break;
    handle(event);
    // Many small questions fit into one read, and their answers may be large.
    if (!input.empty() && state_ == State::open && must_pause()) {
      held_input_ = std::make_unique<std::string>(input.begin(), input.end());
      break;
    }
  }
  if (state_ != State::closed && !control_.empty()) write_control();
}

void WsTransport::handle(const ws::Event& event) {
  using Kind = ws::Event::Kind;
  // While closing only the peer's close frame matters.
  Listener* const listener = state_ == State::open ? listener_.get() : nullptr;
  switch (event.kind) {
    case Kind::need_more:
      break;
    case Kind::text:
      if (listener) listener->on_ws_text(*this, event.data);
      break;
    case Kind::binary:
      if (listener) listener->on_ws_binary(*this, event.data);
      break;
    case Kind::ping:
      if (state_ == State::open) answer_ping(event.data);
      break;
    case Kind::pong:
      break;
    case Kind::close:
      on_close_frame(event);
      break;
    case Kind::error:
      on_error(event);
      break;
  }
}

void WsTransport::answer_ping(std::string_view data) {
  // Thousands fit into one read. A peer that takes the answers gets each of them.
  if (control_.size() >= kMaxControlBytes) write_control();
  if (state_ != State::open || control_.size() >= kMaxControlBytes) return;
  ws::append_frame(control_, ws::Opcode::pong, data);
}

void WsTransport::on_close_frame(const ws::Event& event) {
  peer_closed_ = true;
  if (state_ == State::closing) {
    if (control_.empty() && !partial_) lose();
    return;
  }
  Listener* const listener = listener_.get();
  if (listener) listener->on_ws_ending(*this, event);
  close(event.close_code);
  if (listener) listener->on_ws_closed(*this);
}

void WsTransport::on_error(const ws::Event& event) {
  peer_closed_ = true;  // whatever follows cannot be understood
  Listener* const listener = state_ == State::open ? listener_.get() : nullptr;
  if (listener) listener->on_ws_ending(*this, event);
  close(ws::close_code_for(event.error));
  if (listener) listener->on_ws_failed(*this, event.error);
}

// --- Writing

bool WsTransport::flush(eio::SendQueue& queue) {
  while (state_ == State::open && !blocked_ && (partial_ || !control_.empty() || !queue.empty())) {
    if (!write(&queue)) break;
  }
  return !partial_ && queue.empty();
}

void WsTransport::send_text(std::string_view text) {
  if (state_ != State::open) return;
  ws::append_frame(control_, ws::Opcode::text, text);
  write_control();
}

void WsTransport::send_ping(std::string_view data) {
  if (state_ != State::open || control_.size() >= kMaxControlBytes) return;
  ws::append_frame(control_, ws::Opcode::ping, data);
  write_control();
}

void WsTransport::write_control() {
  while (!blocked_ && state_ != State::closed && (partial_ || !control_.empty())) {
    if (!write(nullptr)) break;
  }
}

// One system call. False when nothing more can be written now.
bool WsTransport::write(eio::SendQueue* queue) {
  std::array<iovec, kMaxBuffers> buffers;
  std::size_t count = 0;
  if (partial_) buffers[count++] = buffer_of(partial_.frame().substr(partial_sent_));
  if (!control_.empty()) buffers[count++] = buffer_of(control_);
  std::span<const eio::EncodedPacket> frames;
  if (queue) frames = frames_of(*queue);
  for (const eio::EncodedPacket& frame : frames) {
    if (count == buffers.size()) break;
    buffers[count++] = buffer_of(frame.frame());
  }
  const auto [bytes, status] = stream_->write(std::span(buffers.data(), count));
  if (status == Stream::Status::closed) {
    lose();
    return false;
  }
  if (status == Stream::Status::would_block) {
    blocked_ = true;
    stream_->wait_writable();
    return false;
  }
  if (const std::size_t begun = consume(bytes, frames); begun > 0) {
    if (deflater_) deflater_->pop(begun);
    queue->pop(begun);
  }
  return true;
}

// The frames to send for the first packets of the queue.
std::span<const eio::EncodedPacket> WsTransport::frames_of(const eio::SendQueue& queue) {
  return deflater_ ? deflater_->prepare(queue.packets(), kMaxBuffers) : queue.packets();
}

// Accounts for written bytes. Returns how many of the frames have begun to be written, and so are
// no longer of the queue.
std::size_t WsTransport::consume(std::size_t bytes, std::span<const eio::EncodedPacket> frames) {
  if (partial_) {
    const std::size_t part = std::min(bytes, partial_.frame().size() - partial_sent_);
    partial_sent_ += part;
    bytes -= part;
    if (partial_sent_ < partial_.frame().size()) return 0;
    clear_partial();
  }
  const std::size_t control = std::min(bytes, control_.size());
  control_.erase(0, control);
  bytes -= control;
  if (control_.empty()) control_.shrink_to_fit();

  std::size_t begun = 0;
  while (bytes > 0) {
    const eio::EncodedPacket& frame = frames[begun++];
    if (bytes < frame.frame().size()) {
      set_partial(frame, bytes);
      break;
    }
    bytes -= frame.frame().size();
  }
  return begun;
}

void WsTransport::set_partial(const eio::EncodedPacket& frame, std::size_t sent) {
  partial_ = frame;
  partial_sent_ = sent;
  stream_->shard().send_budget().add(frame.frame().size());
}

void WsTransport::clear_partial() noexcept {
  if (!partial_) return;
  stream_->shard().send_budget().subtract(partial_.frame().size());
  partial_ = {};
  partial_sent_ = 0;
}

std::size_t WsTransport::unsent_bytes() const noexcept {
  return partial_ ? partial_.frame().size() - partial_sent_ : 0;
}

void WsTransport::on_writable() {
  blocked_ = false;
  const auto listener = listener_;  // writing may find the peer gone, and end it while it runs
  if (state_ == State::open && listener) {
    listener->on_ws_writable(*this);
    resume_reading();
    return;
  }
  write_control();
  if (state_ == State::closing && peer_closed_ && !blocked_) lose();
}

// --- Closing

void WsTransport::close(std::optional<std::uint16_t> code, std::string_view reason) {
  if (state_ != State::open) return;
  state_ = State::closing;
  listener_.reset();
  deflater_.reset();
  ws::append_close_frame(control_, code, reason);
  write_control();
  if (state_ == State::closed) return;
  if (peer_closed_ && !blocked_) stream_->shutdown_write();
  const Millis patience = peer_closed_ ? kPeerCloseTimeout : options_->websocket_close_timeout;
  stream_->shard().schedule(*this, stream_->shard().now() + patience);
  resume_reading();
}

void WsTransport::drop() {
  listener_.reset();
  lose();
}

void WsTransport::on_timer(TimePoint /*now*/) {
  lose();
}

void WsTransport::on_shutdown() {
  if (state_ != State::open) return;
  if (const auto listener = listener_) {
    listener->on_ws_shutdown(*this);
  } else {
    close(std::nullopt);
  }
}

// The connection is gone, or has to go now.
void WsTransport::lose() {
  if (state_ == State::closed) return;
  const auto self = shared_from_this();
  state_ = State::closed;
  TimerWheel::cancel(*this);
  clear_partial();
  held_input_.reset();
  deflater_.reset();
  control_.clear();
  stream_->close();
  if (const auto listener = std::exchange(listener_, nullptr)) listener->on_ws_closed(*this);
}

}  // namespace patchbay::engineio

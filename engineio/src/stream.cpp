// SPDX-License-Identifier: MIT
#include "stream.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "shard.hpp"

namespace patchbay::engineio {

namespace {

constexpr std::uint32_t kEndEvents = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

// Pieces that are small on average are brought together: to copy so few bytes costs less than what
// the kernel does for each piece of a list.
constexpr std::size_t kSmallPiece = 256;
constexpr std::size_t kGatheredBytes = std::size_t{8} * 1024;

// All of `buffers` in one, or nothing when they are not that small.
std::string_view gather(std::span<const iovec> buffers, std::span<char> out) noexcept {
  const std::size_t most = std::min(out.size(), buffers.size() * kSmallPiece);
  std::size_t size = 0;
  for (const iovec& buffer : buffers) {
    if (buffer.iov_len > most - size) return {};
    std::memcpy(out.data() + size, buffer.iov_base, buffer.iov_len);
    size += buffer.iov_len;
  }
  return {out.data(), size};
}

// An interrupted call is made again: no event would come to make up for it.
template <typename Call>
Stream::Transfer transfer(Call call) noexcept {
  ssize_t result = 0;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  if (result > 0) return {.bytes = static_cast<std::size_t>(result)};
  if (result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    return {.status = Stream::Status::would_block};
  }
  return {.status = Stream::Status::closed};
}

}  // namespace

Stream::Stream(Shard& shard, Descriptor socket, std::string remote_address,
               std::unique_ptr<TlsSession> tls)
    : socket_(std::move(socket)), tls_(std::move(tls)), remote_address_(std::move(remote_address)) {
  enter_shard(shard);
}

// One that was closed may outlive its shard.
Stream::~Stream() {
  if (socket_.is_open()) close();
}

void Stream::wait_readable() {
  wants_read_ = true;
  if (socket_.is_open() && can_read()) shard_->poller().call_again(*this);
}

void Stream::wait_writable() {
  wants_write_ = true;
  if (!socket_.is_open()) return;
  if (watches_output_ && can_write()) shard_->poller().call_again(*this);
  watch_output();
}

// Waiting for output is rare, so the poller is told only when it happens for the first time.
void Stream::watch_output() {
  if (std::exchange(watches_output_, true)) return;
  shard_->poller().modify(socket_.get(), *this, EPOLLIN | EPOLLOUT);
}

void Stream::on_ready(std::uint32_t events) {
  if ((events & kEndEvents) != 0) ended_ = true;
  if ((events & (EPOLLIN | kEndEvents)) != 0) readable_ = true;
  if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) writable_ = true;
  if (tls_ && writable_) flush_tls();
  if (!(wants_read_ && can_read()) && !(wants_write_ && can_write())) return;
  // The handler may let go of this stream, and the stream of the handler.
  const auto self = shared_from_this();
  if (wants_write_ && can_write()) {
    wants_write_ = false;
    if (const auto handler = handler_) handler->on_writable();
  }
  if (wants_read_ && can_read()) {
    wants_read_ = false;
    if (const auto handler = handler_) handler->on_readable();
  }
}

Stream::Transfer Stream::read(std::span<char> buffer) {
  if (!socket_.is_open()) return {.status = Status::closed};
  if (tls_) return read_tls(buffer);
  return receive(buffer);
}

Stream::Transfer Stream::receive(std::span<char> buffer) {
  const Transfer result =
      transfer([&] { return ::recv(socket_.get(), buffer.data(), buffer.size(), 0); });
  if (result.bytes < buffer.size()) readable_ = ended_;
  return result;
}

Stream::Transfer Stream::write(std::span<const iovec> buffers) {
  // The kernel has less to look at than in a list of one.
  if (buffers.size() == 1) {
    return write({static_cast<const char*>(buffers[0].iov_base), buffers[0].iov_len});
  }
  if (!socket_.is_open()) return {.status = Status::closed};
  if (tls_) return write_tls(buffers);
  return send(buffers);
}

Stream::Transfer Stream::send(std::span<const iovec> buffers) {
  std::array<char, kGatheredBytes> gathered;
  if (const std::string_view data = gather(buffers, gathered); !data.empty()) return send(data);
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(buffers.data());  // sendmsg does not write to it
  message.msg_iovlen = buffers.size();
  return written(transfer([&] { return ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL); }));
}

Stream::Transfer Stream::write(std::string_view data) {
  if (!socket_.is_open()) return {.status = Status::closed};
  if (!tls_) return send(data);
  const iovec buffer{.iov_base = const_cast<char*>(data.data()), .iov_len = data.size()};
  return write_tls(std::span(&buffer, 1));
}

Stream::Transfer Stream::send(std::string_view data) {
  return written(
      transfer([&] { return ::send(socket_.get(), data.data(), data.size(), MSG_NOSIGNAL); }));
}

Stream::Transfer Stream::written(Transfer result) noexcept {
  if (result.status == Status::would_block) writable_ = false;
  return result;
}

// --- TLS

// Reading can make the peer an answer, and end the handshake that a writer waits for.
Stream::Transfer Stream::read_tls(std::span<char> buffer) {
  const Transfer result = tls_->read(*this, buffer);
  if (tls_->has_input()) readable_ = true;
  if (tls_->has_output()) watch_output();
  if (wants_write_ && can_write()) shard_->poller().call_again(*this);
  return result;
}

Stream::Transfer Stream::write_tls(std::span<const iovec> buffers) {
  const Transfer result = tls_->write(*this, buffers, shard_->tls_scratch());
  if (tls_->has_output()) watch_output();
  return result;
}

void Stream::flush_tls() {
  if (tls_->has_output() && !tls_->flush(*this)) return;
  if (std::exchange(shut_down_when_flushed_, false)) ::shutdown(socket_.get(), SHUT_WR);
}

// --- Moving and ending

void Stream::leave_shard() {
  if (!socket_.is_open()) return;
  shard_->poller().remove(socket_.get(), *this);
  shard_->remove_stream(*this);
  shard_ = nullptr;
}

void Stream::enter_shard(Shard& shard) {
  shard_ = &shard;
  if (!socket_.is_open()) return;
  // Whatever is there by now is told by the poller, but for what has been read and not handed out.
  readable_ = tls_ && tls_->has_input();
  const std::uint32_t wanted = watches_output_ ? EPOLLIN | EPOLLOUT : EPOLLIN;
  if (shard_->poller().add(socket_.get(), *this, wanted)) {
    socket_.close();
  } else {
    shard_->add_stream(*this);
    if (wants_read_ && can_read()) shard_->poller().call_again(*this);
  }
}

void Stream::shutdown_write() {
  if (!socket_.is_open()) return;
  if (!tls_) {
    ::shutdown(socket_.get(), SHUT_WR);
    return;
  }
  tls_->finish(*this);
  shut_down_when_flushed_ = true;
  if (tls_->has_output()) watch_output();
  flush_tls();
}

void Stream::close() {
  place_.reset();
  if (!socket_.is_open()) return;
  // Otherwise the peer could not tell this from an attacker's cutting the connection.
  if (tls_ && !tls_->has_output()) tls_->finish(*this);
  if (shard_) {
    shard_->poller().forget(*this);
    shard_->remove_stream(*this);
  }
  socket_.close();
  const auto released = std::exchange(handler_, nullptr);
}

}  // namespace patchbay::engineio

// SPDX-License-Identifier: MIT
#include "stream.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "shard.hpp"

namespace patchbay::engineio {

namespace {

Stream::Transfer transfer_of(ssize_t result) noexcept {
  if (result > 0) return {.bytes = static_cast<std::size_t>(result)};
  if (result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
    return {.status = Stream::Status::would_block};
  }
  return {.status = Stream::Status::closed};
}

}  // namespace

Stream::Stream(Shard& shard, asio::ip::tcp::socket socket)
    : shard_(&shard), socket_(std::move(socket)) {
  asio::error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  auto address = socket_.remote_endpoint(ignored).address();
  // A client that came by IPv4 to a socket for both is an IPv4 client.
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  remote_address_ = address.to_string();
  shard_->add_stream(*this);
}

// One that was closed may outlive its shard, in an operation that has yet to learn that it failed.
Stream::~Stream() {
  if (position_in_shard_ != kNowhere) shard_->remove_stream(*this);
}

void Stream::wait_readable() {
  if (!std::exchange(waiting_readable_, true)) wait(asio::socket_base::wait_read);
}

void Stream::wait_writable() {
  if (!std::exchange(waiting_writable_, true)) wait(asio::socket_base::wait_write);
}

void Stream::wait(asio::socket_base::wait_type what) {
  if (!socket_.is_open()) return;
  socket_.async_wait(what, [self = shared_from_this(), what](asio::error_code error) {
    const bool readable = what == asio::socket_base::wait_read;
    (readable ? self->waiting_readable_ : self->waiting_writable_) = false;
    // An error here is the end of the socket; the read or write that follows would say so too.
    if (error == asio::error::operation_aborted) return;
    const auto handler = self->handler_;
    if (!handler) return;
    if (readable) {
      handler->on_readable();
    } else {
      handler->on_writable();
    }
  });
}

Stream::Transfer Stream::read(std::span<char> buffer) {
  if (!socket_.is_open()) return {.status = Status::closed};
  return transfer_of(::recv(socket_.native_handle(), buffer.data(), buffer.size(), 0));
}

Stream::Transfer Stream::write(std::span<const iovec> buffers) {
  if (!socket_.is_open()) return {.status = Status::closed};
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(buffers.data());  // sendmsg does not write to it
  message.msg_iovlen = buffers.size();
  return transfer_of(::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL));
}

Stream::Transfer Stream::write(std::string_view data) {
  const iovec buffer{.iov_base = const_cast<char*>(data.data()), .iov_len = data.size()};
  return write(std::span(&buffer, 1));
}

void Stream::shutdown_write() {
  asio::error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_send, ignored);
}

void Stream::close() {
  asio::error_code ignored;
  socket_.close(ignored);
  shard_->remove_stream(*this);
  const auto released = std::exchange(handler_, nullptr);
}

}  // namespace patchbay::engineio

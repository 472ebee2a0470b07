// SPDX-License-Identifier: MIT
#include "stream.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace patchbay::bench {
namespace {

constexpr std::uint32_t kConnectionsPerSource = 2'000;

void set_option(int fd, int level, int name, int value) {
  if (setsockopt(fd, level, name, &value, sizeof value) != 0) {
    throw std::system_error(errno, std::generic_category(), "setsockopt");
  }
}

// The port is chosen by connect(), for the pair of addresses, not by bind() for the source alone.
// The second byte differs from run to run: the ports of the last run may still be in TIME_WAIT.
void bind_source(int fd, std::uint32_t number) {
  set_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  const std::uint32_t second = 1 + static_cast<std::uint32_t>(getpid()) % 250;
  const std::uint32_t source = number / kConnectionsPerSource;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr =
      htonl((127U << 24) | (second << 16) | ((source / 250) << 8) | (1 + source % 250));
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::system_error(errno, std::generic_category(), "bind");
  }
}

const char* name_of(int error) {
  switch (error) {
    case ECONNREFUSED:
      return "connection refused";
    case ECONNRESET:
      return "connection reset";
    case EPIPE:
      return "connection closed";
    case ETIMEDOUT:
      return "connection timed out";
    default:
      return "connection failed";
  }
}

ssize_t as_call(Tls::Result result, std::size_t done) {
  if (result == Tls::Result::kDone) return static_cast<ssize_t>(done);
  if (result == Tls::Result::kClosed) return 0;
  errno = result == Tls::Result::kAgain ? EAGAIN : EPROTO;
  return -1;
}

}  // namespace

Stream::~Stream() {
  close();
}

void Stream::connect(std::uint32_t number, int receive_buffer) {
  close();
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "socket");
  set_option(fd_, IPPROTO_TCP, TCP_NODELAY, 1);
  if (receive_buffer > 0) set_option(fd_, SOL_SOCKET, SO_RCVBUF, receive_buffer);
  if (endpoints_.spread_sources) bind_source(fd_, number);
  const auto* address = reinterpret_cast<const sockaddr*>(&endpoints_.server);
  // A failure is reported by epoll, like success.
  if (::connect(fd_, address, sizeof endpoints_.server) != 0 && errno != EINPROGRESS) {
    throw std::system_error(errno, std::generic_category(), "connect");
  }
  if (endpoints_.tls != nullptr) tls_ = std::make_unique<Tls>(endpoints_.tls, fd_);
  loop_.watch(fd_, *this);
}

void Stream::close() {
  if (fd_ < 0) return;
  loop_.forget(fd_, *this);
  ::close(fd_);
  fd_ = -1;
  tls_.reset();
  connected_ = false;
  unflushed_ = false;
  paused_ = false;
  sent_ = 0;
  out_.clear();
  rest_.clear();
}

void Stream::reset() {
  if (fd_ < 0) return;
  const linger at_once{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

void Stream::fail(const char* reason) {
  if (fd_ < 0) return;
  close();
  on_lost(reason);
}

void Stream::resume() {
  paused_ = false;
  // The end may have been told of meanwhile.
  read(true);
}

void Stream::on_events(std::uint32_t events) {
  if (!connected_ && !finish_connecting(events)) return;
  if ((events & EPOLLOUT) != 0 && !out_.empty()) flush();
  if (paused_ || (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) == 0) return;
  read((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
}

bool Stream::finish_connecting(std::uint32_t events) {
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) {
    fail(name_of(error));
    return false;
  }
  if (tls_) {
    const Tls::Result result = tls_->handshake();
    if (result != Tls::Result::kDone && result != Tls::Result::kAgain) fail("TLS handshake failed");
    if (result != Tls::Result::kDone) return false;
  } else if ((events & EPOLLOUT) == 0) {
    return false;
  }
  connected_ = true;
  on_connected();
  return true;
}

// Both like recv() and send().
ssize_t Stream::take(char* to, std::size_t room) {
  if (!tls_) return recv(fd_, to, room, 0);
  std::size_t done = 0;
  const Tls::Result result = tls_->read(to, room, done);
  return as_call(result, done);
}

ssize_t Stream::give(const char* from, std::size_t size) {
  if (!tls_) return send(fd_, from, size, MSG_NOSIGNAL);
  std::size_t done = 0;
  const Tls::Result result = tls_->write(from, size, done);
  return as_call(result, done);
}

// A read that does not fill the buffer has emptied the socket, and epoll will tell of more. Only
// the end of the stream has been told already. TLS gives a record at a time.
void Stream::read(bool to_the_end) {
  const std::span<char> scratch = loop_.scratch();
  while (fd_ >= 0 && !paused_) {
    const std::size_t kept = rest_.size();
    if (kept == scratch.size()) return fail("message too long");
    std::memcpy(scratch.data(), rest_.data(), kept);
    const std::size_t room = scratch.size() - kept;
    const ssize_t received = take(scratch.data() + kept, room);
    if (received == 0) return fail("connection closed by the server");
    if (received < 0) {
      if (errno == EAGAIN || errno == EINTR) return;
      return fail(name_of(errno));
    }
    loop_.note_received();
    const std::size_t size = kept + static_cast<std::size_t>(received);
    const std::size_t done = on_data(scratch.data(), size);
    if (fd_ < 0) return;
    keep_rest(scratch.data() + done, size - done);
    if (static_cast<std::size_t>(received) < room && !to_the_end && !tls_) return;
  }
}

void Stream::keep_rest(const char* data, std::size_t size) {
  if (size == 0 && rest_.empty()) return;
  rest_.assign(data, size);
}

// Full is no error, and the reason of a broken connection comes with the next read. TLS takes a
// record at a time.
void Stream::flush() {
  unflushed_ = false;
  if (fd_ < 0 || !connected_) return;
  while (sent_ < out_.size()) {
    const ssize_t sent = give(out_.data() + sent_, out_.size() - sent_);
    if (sent < 0) return;
    sent_ += static_cast<std::size_t>(sent);
    if (!tls_ && sent_ < out_.size()) return;
  }
  out_.clear();
  sent_ = 0;
}

}  // namespace patchbay::bench

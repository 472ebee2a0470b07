// SPDX-License-Identifier: MIT
#include "server.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <system_error>

namespace patchbay::bench {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{512} * 1024;
constexpr int kEventsAtOnce = 256;
constexpr int kBacklog = 4096;
constexpr std::int64_t kPingSeconds = 25;
constexpr std::uint32_t kEdges = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

int checked(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

std::int64_t seconds_now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
  return time.tv_sec;
}

}  // namespace

Server::Server(std::uint16_t port) : in_(kBufferBytes), out_(kBufferBytes) {
  epoll_ = checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  listener_ = checked(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // What is accepted inherits it, which saves a call for each connection.
  setsockopt(listener_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  checked(bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
  checked(listen(listener_, kBacklog), "listen");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = listener_;
  checked(epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event), "epoll_ctl");
}

Server::~Server() {
  close(listener_);
  close(epoll_);
}

std::uint16_t Server::port() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

void Server::run() {
  std::array<epoll_event, kEventsAtOnce> ready{};
  std::int64_t next_pings = seconds_now() + kPingSeconds;
  for (;;) {
    const int count = epoll_wait(epoll_, ready.data(), kEventsAtOnce, 1000);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = ready[static_cast<std::size_t>(i)];
      if (event.data.fd == listener_) {
        accept_all();
      } else {
        on_events(event.data.fd, event.events);
      }
    }
    send_fan_out();
    if (seconds_now() >= next_pings) {
      send_pings();
      next_pings += kPingSeconds;
    }
  }
}

void Server::send_pings() {
  static const std::string ping = text_frame("2");
  for (const int fd : joined_) send_to(fd, ping);
}

void Server::accept_all() {
  for (;;) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    if (static_cast<std::size_t>(fd) >= peers_.size()) {
      peers_.resize(static_cast<std::size_t>(fd) + 1);
    }
    epoll_event event{};
    event.events = kEdges;
    event.data.fd = fd;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }
}

void Server::on_events(int fd, std::uint32_t events) {
  if ((events & EPOLLOUT) != 0 && peers_[static_cast<std::size_t>(fd)].unsent) send_unsent(fd);
  const bool ends = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  if ((events & EPOLLIN) != 0 || ends) receive(fd, ends);
}

// A read that does not fill the buffer has emptied the socket. Only of its end there is no second
// notice.
void Server::receive(int fd, bool to_the_end) {
  Peer& peer = peers_[static_cast<std::size_t>(fd)];
  for (;;) {
    std::size_t kept = 0;
    if (peer.partial) {
      kept = peer.partial->size();
      std::memcpy(in_.data(), peer.partial->data(), kept);
      peer.partial.reset();
    }
    const std::size_t room = in_.size() - kept;
    const ssize_t received = recv(fd, in_.data() + kept, room, 0);
    if (received == 0 || (received < 0 && errno != EAGAIN)) return drop(fd);
    const std::size_t size = kept + static_cast<std::size_t>(std::max<ssize_t>(received, 0));
    const std::string_view data(in_.data(), size);
    out_size_ = 0;
    std::size_t done = 0;
    if (received > 0) {
      done = peer.kind == Kind::kHttp ? on_requests(fd, data) : on_frames(fd, data);
    }
    if (out_size_ > 0) send_to(fd, {out_.data(), out_size_});
    if (done < size) peer.partial = std::make_unique<std::string>(data.substr(done));
    if (received < 0 || (static_cast<std::size_t>(received) < room && !to_the_end)) return;
  }
}

void Server::send_to(int fd, std::string_view bytes) {
  Peer& peer = peers_[static_cast<std::size_t>(fd)];
  if (peer.unsent) {
    peer.unsent->append(bytes);
    return;
  }
  const ssize_t result = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  const std::size_t sent = static_cast<std::size_t>(std::max<ssize_t>(result, 0));
  if (sent == bytes.size()) return;
  peer.unsent = std::make_unique<std::string>(bytes.substr(sent));
}

void Server::send_unsent(int fd) {
  const std::unique_ptr<std::string> unsent =
      std::move(peers_[static_cast<std::size_t>(fd)].unsent);
  send_to(fd, *unsent);
}

void Server::drop(int fd) {
  Peer& peer = peers_[static_cast<std::size_t>(fd)];
  if (peer.kind == Kind::kWebSocket) leave_all(fd);
  if (peer.session != kNone && sessions_[peer.session].poll == fd) free_session(peer.session);
  peer = Peer();
  close(fd);
}

void Server::reserve_reply(std::size_t bytes) {
  if (out_.size() - out_size_ < bytes) out_.resize(2 * (out_size_ + bytes));
}

void Server::reply(std::string_view bytes) {
  reserve_reply(bytes.size());
  std::memcpy(out_.data() + out_size_, bytes.data(), bytes.size());
  out_size_ += bytes.size();
}

}  // namespace patchbay::bench

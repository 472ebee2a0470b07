// SPDX-License-Identifier: MIT
#include "listener.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <asio/ip/tcp.hpp>
#include <asio/ip/v6_only.hpp>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace patchbay::engineio {

namespace {

using asio::ip::tcp;

constexpr Millis kRetryDelay{100};

// Connections taken in a row before those that exist get their turn.
constexpr int kMaxAccepts = 64;

tcp::endpoint resolve(asio::io_context& context, const std::string& host, std::uint16_t port) {
  asio::error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (!error) return {address, port};
  tcp::resolver resolver(context);
  const auto found = resolver.resolve(host, std::to_string(port), tcp::resolver::passive, error);
  if (error || found.empty()) {
    throw std::system_error(error ? error : asio::error::host_not_found,
                            "cannot find the address of host '" + host + "'");
  }
  return found.begin()->endpoint();
}

asio::error_code open_and_bind(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
  asio::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && endpoint.address().is_v6()) {
    acceptor.set_option(asio::ip::v6_only(false), error);
  }
  // What is accepted has this, too: one call less for each connection.
  if (!error) acceptor.set_option(tcp::no_delay(true), error);
  if (!error) acceptor.non_blocking(true, error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    asio::error_code ignored;
    acceptor.close(ignored);
  }
  return error;
}

std::string text_of(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    // A client that came by IPv4 to a socket for both is an IPv4 client.
    if (IN6_IS_ADDR_V4MAPPED(&v6)) {
      ::inet_ntop(AF_INET, &v6.s6_addr[12], text.data(), text.size());
    } else {
      ::inet_ntop(AF_INET6, &v6, text.data(), text.size());
    }
  } else {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address).sin_addr;
    ::inet_ntop(AF_INET, &v4, text.data(), text.size());
  }
  return text.data();
}

bool is_exhaustion(int error) noexcept {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

Listener::Listener(Shard& shard, const std::string& host, std::uint16_t port, OnAccept on_accept)
    : shard_(&shard), on_accept_(std::move(on_accept)) {
  tcp::acceptor acceptor(shard.io_context());
  asio::error_code error;
  if (host.empty()) {
    error = open_and_bind(acceptor, {asio::ip::address_v6::any(), port});
    // A machine without IPv6.
    if (error == asio::error::address_family_not_supported ||
        error == std::errc::address_not_available) {
      error = open_and_bind(acceptor, {asio::ip::address_v4::any(), port});
    }
  } else {
    error = open_and_bind(acceptor, resolve(shard.io_context(), host, port));
  }
  if (error) {
    const std::string where =
        host.empty() ? "port " + std::to_string(port) : host + " port " + std::to_string(port);
    throw std::system_error(error, "cannot listen on " + where);
  }
  port_ = acceptor.local_endpoint().port();
  socket_ = Descriptor(acceptor.release());
}

void Listener::start() {
  retry_ = shard_->make_timer([this] { accept_waiting(); });
  if (const auto error = shard_->poller().add(socket_.get(), *this, EPOLLIN)) {
    throw std::system_error(error, "cannot wait for connections");
  }
}

void Listener::stop() {
  if (!socket_.is_open()) return;
  if (retry_) shard_->poller().forget(*this);
  retry_.reset();
  socket_.close();
}

void Listener::on_ready(std::uint32_t /*events*/) {
  accept_waiting();
}

void Listener::accept_waiting() {
  for (int i = 0; i < kMaxAccepts; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    Descriptor accepted(::accept4(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size,
                                  SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (accepted.is_open()) {
      on_accept_(std::move(accepted), text_of(address));
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return;
    if (is_exhaustion(errno)) {
      retry_->start(shard_->now() + kRetryDelay);
      return;
    }
    // The connection was gone already: on to the next one.
  }
  shard_->poller().call_again(*this);
}

}  // namespace patchbay::engineio

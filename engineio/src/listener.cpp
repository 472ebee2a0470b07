// SPDX-License-Identifier: MIT
#include "listener.hpp"

#include <asio/ip/v6_only.hpp>
#include <system_error>
#include <utility>

namespace patchbay::engineio {

namespace {

using asio::ip::tcp;

constexpr Millis kRetryDelay{100};

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
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    asio::error_code ignored;
    acceptor.close(ignored);
  }
  return error;
}

}  // namespace

Listener::Listener(Shard& shard, const std::string& host, std::uint16_t port, OnAccept on_accept)
    : shard_(&shard), acceptor_(shard.io_context()), on_accept_(std::move(on_accept)) {
  asio::error_code error;
  if (host.empty()) {
    error = open_and_bind(acceptor_, {asio::ip::address_v6::any(), port});
    // A machine without IPv6.
    if (error == asio::error::address_family_not_supported ||
        error == std::errc::address_not_available) {
      error = open_and_bind(acceptor_, {asio::ip::address_v4::any(), port});
    }
  } else {
    error = open_and_bind(acceptor_, resolve(shard.io_context(), host, port));
  }
  if (error) {
    const std::string where =
        host.empty() ? "port " + std::to_string(port) : host + " port " + std::to_string(port);
    throw std::system_error(error, "cannot listen on " + where);
  }
  port_ = acceptor_.local_endpoint().port();
}

void Listener::start() {
  retry_ = shard_->make_timer([this] { accept_next(); });
  accept_next();
}

void Listener::stop() {
  asio::error_code ignored;
  acceptor_.close(ignored);
  retry_.reset();
}

void Listener::accept_next() {
  acceptor_.async_accept([self = shared_from_this()](asio::error_code error, tcp::socket socket) {
    self->on_accepted(error, std::move(socket));
  });
}

void Listener::on_accepted(asio::error_code error, tcp::socket socket) {
  if (!acceptor_.is_open()) return;
  if (error == asio::error::no_descriptors || error == asio::error::no_memory ||
      error == std::errc::too_many_files_open_in_system) {
    retry_->start(shard_->now() + kRetryDelay);
    return;
  }
  if (!error) on_accept_(std::move(socket));
  accept_next();
}

}  // namespace patchbay::engineio

// SPDX-License-Identifier: MIT
#include "connection.hpp"

#include <sys/socket.h>
#include <asio/connect.hpp>
#include <asio/post.hpp>
#include <asio/ssl.hpp>
#include <asio/write.hpp>
#include <optional>
#include <utility>

namespace patchbay::redis {

struct Connection::Tls {
  Tls(asio::ip::tcp::socket& socket, const std::string& ca_file, const std::string& host)
      : context(asio::ssl::context::tls_client) {
    if (ca_file.empty()) {
      context.set_default_verify_paths();
    } else {
      context.load_verify_file(ca_file);
    }
    stream.emplace(socket, context);
    stream->set_verify_mode(asio::ssl::verify_peer);
    stream->set_verify_callback(asio::ssl::host_name_verification(host));
    // Addresses are not sent: the extension is for names.
    asio::error_code not_address;
    asio::ip::make_address(host, not_address);
    if (not_address) SSL_set_tlsext_host_name(stream->native_handle(), host.c_str());
  }
  asio::ssl::context context;
  std::optional<asio::ssl::stream<asio::ip::tcp::socket&>> stream;
};

Connection::Connection(asio::io_context& io, Endpoint endpoint, std::string ca_file,
                       Handler& handler)
    : resolver_(io),
      socket_(io),
      endpoint_(std::move(endpoint)),
      ca_file_(std::move(ca_file)),
      handler_(&handler) {}

Connection::~Connection() = default;

// --- Opening

void Connection::open() {
  resolver_.async_resolve(
      endpoint_.host, endpoint_.port,
      [self = shared_from_this()](asio::error_code error,
                                  const asio::ip::tcp::resolver::results_type& addresses) {
        if (!self->handler_) return;
        if (error)
          return self->fail("cannot find " + self->endpoint_.host + ": " + error.message());
        self->on_resolved(addresses);
      });
}

void Connection::on_resolved(const asio::ip::tcp::resolver::results_type& addresses) {
  asio::async_connect(socket_, addresses,
                      [self = shared_from_this()](asio::error_code error,
                                                  const asio::ip::tcp::endpoint& /*address*/) {
                        if (!self->handler_) return;
                        if (error) return self->fail("cannot connect: " + error.message());
                        self->on_connected();
                      });
}

void Connection::on_connected() {
  asio::error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  if (endpoint_.tls) {
    start_tls();
  } else {
    log_in();
  }
}

void Connection::start_tls() {
  try {
    tls_ = std::make_unique<Tls>(socket_, ca_file_, endpoint_.host);
  } catch (const std::exception& error) {
    return fail("TLS: " + std::string(error.what()));
  }
  tls_->stream->async_handshake(asio::ssl::stream_base::client,
                                [self = shared_from_this()](asio::error_code error) {
                                  if (!self->handler_) return;
                                  if (error) return self->fail("TLS: " + error.message());
                                  self->log_in();
                                });
}

void Connection::log_in() {
  if (!endpoint_.password.empty()) {
    ask(endpoint_.user.empty() ? command("AUTH", endpoint_.password)
                               : command("AUTH", endpoint_.user, endpoint_.password),
        &Connection::on_logged_in);
  }
  if (!endpoint_.database.empty()) {
    ask(command("SELECT", endpoint_.database), &Connection::on_selected);
  }
  ask(command("PING"), &Connection::on_ping);
  ask(command("INFO", "server"), &Connection::on_server_info);
  read();
}

void Connection::ask(std::string_view bytes, Answer answer) {
  log_in_.push_back(answer);
  write(bytes);
}

void Connection::on_logged_in(ReplyView reply) {
  if (reply.is_error()) fail("cannot log in: " + std::string(reply.text()));
}

void Connection::on_selected(ReplyView reply) {
  if (reply.is_error()) {
    fail("cannot use database " + endpoint_.database + ": " + std::string(reply.text()));
  }
}

// After a restart Redis takes connections before it has read its data.
void Connection::on_ping(ReplyView reply) {
  if (reply.is_passing_error()) fail("it is not ready: " + std::string(reply.text()));
}

// The last question. A user who may not ask is taken at the word of the configuration.
void Connection::on_server_info(ReplyView reply) {
  if (reply.is_error() && reply.text().starts_with("NOAUTH")) {
    return fail("it wants a password: " + std::string(reply.text()));
  }
  const std::string_view info = reply.text();
  if (info.find("redis_mode:cluster") != std::string_view::npos) {
    return fail(
        "it is part of a Redis Cluster, which is not supported: use one server, or one with "
        "replicas");
  }
  if (info.find("redis_mode:sentinel") != std::string_view::npos) {
    return fail("it is a Sentinel, which is not supported: give the address of the server itself");
  }
  open_ = true;
  handler_->on_open();
}

// --- In

void Connection::read() {
  auto on_done = [self = shared_from_this()](asio::error_code error, std::size_t size) {
    if (!self->handler_) return;
    if (error) return self->fail("connection lost: " + error.message());
    self->on_read(size);
  };
  if (tls_) {
    tls_->stream->async_read_some(asio::buffer(buffer_), std::move(on_done));
  } else {
    socket_.async_read_some(asio::buffer(buffer_), std::move(on_done));
  }
}

void Connection::on_read(std::size_t size) {
  if (replies_.feed({buffer_.data(), size})) {
    while (handler_) {
      const ReplyView reply = replies_.next();
      if (!reply) break;
      take_reply(reply);
    }
  }
  if (!handler_) return;
  if (replies_.failed()) return fail("it does not speak the protocol of Redis");
  read();
}

void Connection::take_reply(ReplyView reply) {
  if (log_in_.empty()) {
    if (open_) handler_->on_reply(reply);
    return;
  }
  const Answer answer = log_in_.front();
  log_in_.pop_front();
  (this->*answer)(reply);
}

// --- Out

void Connection::write(std::string_view bytes) {
  waiting_ += bytes;
  if (std::exchange(flush_expected_, true)) return;
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    if (self->handler_) self->flush();
  });
}

void Connection::flush() {
  flush_expected_ = false;
  if (written_ == writing_.size()) {
    writing_.clear();
    written_ = 0;
    writing_.swap(waiting_);
  }
  if (writing_.empty()) return;
  flush_expected_ = true;
  if (tls_) {
    flush_tls();
  } else {
    flush_plain();
  }
}

// By hand, so that it is known at any time how much has been sent.
void Connection::flush_plain() {
  asio::error_code error;
  while (!error && written_ < writing_.size()) {
    written_ += socket_.write_some(
        asio::buffer(writing_.data() + written_, writing_.size() - written_), error);
  }
  if (!error) return flush();
  if (error != asio::error::would_block) return fail("connection lost: " + error.message());
  socket_.async_wait(asio::ip::tcp::socket::wait_write,
                     [self = shared_from_this()](asio::error_code /*error*/) {
                       if (self->handler_) self->flush_plain();
                     });
}

void Connection::flush_tls() {
  asio::async_write(*tls_->stream, asio::buffer(writing_),
                    [self = shared_from_this()](asio::error_code error, std::size_t size) {
                      if (!self->handler_) return;
                      if (error) return self->fail("connection lost: " + error.message());
                      self->written_ = size;
                      self->flush();
                    });
}

// --- The end

void Connection::fail(std::string reason) {
  shut();
  if (Handler* const handler = std::exchange(handler_, nullptr)) {
    handler->on_closed(std::move(reason));
  }
}

void Connection::close() {
  handler_ = nullptr;
  shut();
}

void Connection::shut() {
  resolver_.cancel();
  asio::error_code ignored;
  socket_.close(ignored);
}

// With TLS, what is on its way is mostly with the kernel already: asio tries that at once. Should
// it not be, the rest arrives garbled, and is as lost as it would be otherwise.
void Connection::close_after_sending() {
  handler_ = nullptr;
  if (open_ && unsent() > 0) {
    asio::error_code error;
    socket_.cancel(error);
    socket_.non_blocking(false, error);
    const timeval patience{.tv_sec = 1, .tv_usec = 0};
    setsockopt(socket_.native_handle(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (tls_) {
      asio::write(*tls_->stream, asio::buffer(waiting_), error);
    } else {
      asio::write(socket_, asio::buffer(writing_.substr(written_) + waiting_), error);
    }
  }
  shut();
}

}  // namespace patchbay::redis

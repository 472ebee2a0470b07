// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "endpoint.hpp"
#include "resp.hpp"

namespace patchbay::redis {

// One connection to Redis, from its opening to its end: name resolution, TLS, logging in, bytes out
// and replies in. Belongs to the thread that runs the io_context. Debian's hiredis speaks no TLS
// and knows no sharded channels when it does the I/O itself, so that is done here.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // What it tells its owner. After on_closed(), or close(), nothing.
  class Handler {
   public:
    virtual void on_open() = 0;
    virtual void on_reply(ReplyView reply) = 0;
    // Could not be opened, or has ended; the reason is for people.
    virtual void on_closed(std::string reason) = 0;

   protected:
    ~Handler() = default;
  };

  Connection(asio::io_context& io, Endpoint endpoint, std::string ca_file, Handler& handler);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void open();
  // Sends in a turn of its own, so that what is written together leaves together. Only once it is
  // open.
  void write(std::string_view bytes);
  // What has not been handed to the kernel yet.
  [[nodiscard]] std::size_t unsent() const noexcept {
    return writing_.size() - written_ + waiting_.size();
  }
  void close();
  // The same, after what is unsent: blocks for that, but not longer than a second.
  void close_after_sending();

 private:
  struct Tls;
  using Answer = void (Connection::*)(ReplyView);

  void on_resolved(const asio::ip::tcp::resolver::results_type& addresses);
  void on_connected();
  void start_tls();
  void log_in();
  void ask(std::string_view bytes, Answer answer);
  void on_logged_in(ReplyView reply);
  void on_selected(ReplyView reply);
  void on_ping(ReplyView reply);
  void on_server_info(ReplyView reply);
  void read();
  void on_read(std::size_t size);
  void take_reply(ReplyView reply);
  void flush();
  void flush_plain();
  void flush_tls();
  void fail(std::string reason);
  void shut();

  asio::ip::tcp::resolver resolver_;
  asio::ip::tcp::socket socket_;
  Endpoint endpoint_;
  std::string ca_file_;
  Handler* handler_;           // null after the end
  std::unique_ptr<Tls> tls_;   // null without
  std::deque<Answer> log_in_;  // what is still to be answered before it is open
  bool open_ = false;
  ReplyReader replies_;
  std::array<char, std::size_t{16} * 1024> buffer_{};
  std::string writing_;          // on its way
  std::size_t written_ = 0;      // of it
  std::string waiting_;          // behind that
  bool flush_expected_ = false;  // flush() will be called without more ado
};

}  // namespace patchbay::redis

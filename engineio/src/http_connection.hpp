// SPDX-License-Identifier: MIT
//
// HTTP/1.1 on one connection: one request at a time, answers in order, keep-alive, pipelining
// bounded by not reading on, and a timeout for each state in which a peer could linger.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "exchange.hpp"
#include "patchbay/engineio/options.hpp"
#include "patchbay/protocol/http/request_parser.hpp"
#include "stream.hpp"
#include "timer_wheel.hpp"

namespace patchbay::engineio {

class HttpConnection final : public Stream::Handler,
                             private TimerWheel::Node,
                             public std::enable_shared_from_this<HttpConnection> {
 public:
  // Starts to serve. `requests` and `options` outlive the connection.
  static void start(std::shared_ptr<Stream> stream, RequestHandler& requests,
                    const EngineOptions& options);

  // Answers before anything has been asked, and closes.
  static void refuse(std::shared_ptr<Stream> stream, RequestHandler& requests,
                     const EngineOptions& options, http::Response response);

  HttpConnection(std::shared_ptr<Stream> stream, RequestHandler& requests,
                 const EngineOptions& options);
  ~HttpConnection() override = default;

  [[nodiscard]] Stream& stream() noexcept { return *stream_; }

  // Stream::Handler
  void on_readable() override;
  void on_writable() override;
  void on_shutdown() override;
  void on_abandoned() override { lose(); }

 private:
  friend class Exchange;
  class Passage;

  enum class Phase : std::uint8_t {
    idle,      // between requests
    head,      // a request has begun
    body,      // its head has been handed out
    handling,  // it has been handed out whole
    moving,    // its head belongs to another shard, and this goes there
    draining,  // the last answer has been sent; waiting for the peer to close
    closed,
  };

  // From Exchange.
  void respond(http::Response response);
  void abort();
  std::shared_ptr<Stream> upgrade(const http::Response& response, std::string& leftover);

  void on_timer(TimePoint now) override;

  void on_input(std::string_view input);
  void parse(std::string_view& input);
  void parse_kept_input();
  void after_feed(std::string_view& rest);
  [[nodiscard]] bool moves_away();
  [[nodiscard]] bool is_too_large_for_another();
  void depart(RequestHandler& owner);
  void arrive();
  void begin_request();
  void complete_request();
  void make_exchange(http::Request request);
  void refuse(Errc error);
  void next_request();
  void send(std::string_view data);
  void append_output(const http::Response& response, bool keep_alive);
  void clear_output();
  bool flush();
  void finish_after_flush();
  void drain();
  void enter(Phase phase, Millis timeout);
  void lose();

  std::shared_ptr<Stream> stream_;
  RequestHandler* requests_;
  const EngineOptions* options_;
  http::RequestParser parser_;
  std::shared_ptr<Exchange> exchange_;
  std::string input_;   // received but not parsed: it belongs to a later request
  std::string output_;  // not sent yet; counts in the shard's budget
  std::size_t output_sent_ = 0;
  Phase phase_ = Phase::idle;
  bool keep_alive_ = true;
  bool head_only_ = false;
  bool parsing_ = false;   // parse() is on the stack: it goes on with the next request itself
  bool stopping_ = false;  // the answer to the current request is the last
};

}  // namespace patchbay::engineio

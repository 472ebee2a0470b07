// SPDX-License-Identifier: MIT
#include "http_connection.hpp"

#include <utility>

#include "shard.hpp"

namespace patchbay::engineio {

namespace {

// Behind a request that is being handled this much is taken in; more stays with the kernel.
constexpr std::size_t kPipelineBytes = std::size_t{64} * 1024;

// How long the peer may take to close after the last answer. Closing at once, with unread input,
// would make the kernel send a reset that can overtake the answer.
constexpr Millis kDrainTimeout{2'000};

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

int status_for(Errc error) noexcept {
  switch (error) {
    case Errc::http_version:
      return 505;
    case Errc::http_head_too_large:
    case Errc::http_too_many_headers:
      return 431;
    case Errc::http_target_too_long:
      return 414;
    case Errc::http_unsupported_coding:
      return 501;
    case Errc::http_body_too_large:
      return 413;
    default:
      return 400;
  }
}

}  // namespace

void HttpConnection::start(std::shared_ptr<Stream> stream, RequestHandler& requests,
                           const EngineOptions& options) {
  const auto connection = std::make_shared<HttpConnection>(std::move(stream), requests, options);
  connection->stream_->set_handler(connection);
  connection->enter(Phase::idle, options.http_head_timeout);
  connection->stream_->wait_readable();
}

void HttpConnection::refuse(std::shared_ptr<Stream> stream, RequestHandler& requests,
                            const EngineOptions& options, http::Response response) {
  const auto connection = std::make_shared<HttpConnection>(std::move(stream), requests, options);
  connection->stream_->set_handler(connection);
  connection->keep_alive_ = false;
  connection->respond(std::move(response));
}

HttpConnection::HttpConnection(std::shared_ptr<Stream> stream, RequestHandler& requests,
                               const EngineOptions& options)
    : stream_(std::move(stream)),
      requests_(&requests),
      options_(&options),
      parser_(options.limits) {}

// --- Reading

void HttpConnection::on_readable() {
  const auto buffer = stream_->shard().scratch();
  const auto [bytes, status] = stream_->read(buffer);
  if (status == Stream::Status::closed) {
    lose();
    return;
  }
  if (bytes > 0 && phase_ != Phase::draining) on_input({buffer.data(), bytes});
  if (phase_ != Phase::closed && phase_ != Phase::moving && input_.size() < kPipelineBytes)
    stream_->wait_readable();
}

void HttpConnection::on_input(std::string_view input) {
  if (phase_ != Phase::handling && output_.empty()) parse(input);
  if (phase_ != Phase::closed && phase_ != Phase::draining) input_.append(input);
}

// Goes on as long as there is input, no request is being handled, and answers find their way out:
// a peer that sends requests and reads no answers is not served further.
void HttpConnection::parse(std::string_view& input) {
  parsing_ = true;
  while (!input.empty() && output_.empty() &&
         (phase_ == Phase::idle || phase_ == Phase::head || phase_ == Phase::body)) {
    if (phase_ == Phase::idle) enter(Phase::head, options_->http_head_timeout);
    input.remove_prefix(parser_.feed(input));
    after_feed(input);
  }
  parsing_ = false;
}

// `rest` is what came behind what the parser took; an upgrade takes it along.
void HttpConnection::after_feed(std::string_view& rest) {
  using State = http::RequestParser::State;
  switch (parser_.state()) {
    case State::head:
      break;
    case State::body:
      if (phase_ == Phase::head) begin_request();
      break;
    case State::complete:
      if (phase_ == Phase::head && parser_.request().wants_upgrade) {
        input_.assign(std::exchange(rest, {}));
      }
      complete_request();
      break;
    case State::failed:
      if (!is_too_large_for_another()) refuse(parser_.error());
      break;
  }
}

// The head is there, the body is not.
void HttpConnection::begin_request() {
  if (moves_away()) return;
  enter(Phase::body, options_->http_body_timeout);
  make_exchange(http::Request(parser_.request()));
  // Answered now, the connection cannot go on: the body would be taken for the next request.
  keep_alive_ = false;
  const auto exchange = exchange_;  // answering makes this connection forget it
  requests_->on_head(exchange);
  if (phase_ == Phase::body && parser_.expects_continue()) send(kContinue);
}

void HttpConnection::complete_request() {
  const bool head_known = phase_ == Phase::body;
  if (!head_known && moves_away()) return;
  phase_ = Phase::handling;
  TimerWheel::cancel(*this);
  if (head_known) {
    keep_alive_ = parser_.request().keep_alive;
    exchange_->set_body(parser_.take_request().body);
  } else {
    make_exchange(parser_.take_request());
  }
  const auto exchange = exchange_;  // answering makes this connection forget it
  if (!head_known) requests_->on_head(exchange);
  if (exchange->pending()) requests_->on_request(exchange);
}

void HttpConnection::make_exchange(http::Request request) {
  keep_alive_ = request.keep_alive && !stopping_;
  head_only_ = request.method == "HEAD";
  exchange_ = std::make_shared<Exchange>(shared_from_this(), std::move(request));
}

// --- From shard to shard

// On its way; one that never arrives, since the loops have ended, is closed.
class HttpConnection::Passage {
 public:
  explicit Passage(std::shared_ptr<HttpConnection> connection)
      : connection_(std::move(connection)) {}
  ~Passage() {
    if (connection_) connection_->lose();
  }
  Passage(const Passage&) = delete;
  Passage& operator=(const Passage&) = delete;

  void arrive() { std::exchange(connection_, nullptr)->arrive(); }

 private:
  std::shared_ptr<HttpConnection> connection_;
};

bool HttpConnection::moves_away() {
  RequestHandler& owner = requests_->owner_of(parser_.request());
  if (&owner == requests_) return false;
  phase_ = Phase::moving;
  TimerWheel::cancel(*this);
  // Not from in here: whoever is on the stack still looks at this, and at the stream.
  stream_->shard().post([self = shared_from_this(), &owner] { self->depart(owner); });
  return true;
}

// The head says how large the body is going to be; the session has to hear of that.
bool HttpConnection::is_too_large_for_another() {
  return parser_.error() == Errc::http_body_too_large && phase_ == Phase::head && moves_away();
}

void HttpConnection::depart(RequestHandler& owner) {
  if (phase_ != Phase::moving) return;  // lost meanwhile
  stream_->leave_shard();
  requests_ = &owner;
  const auto passage = std::make_shared<Passage>(shared_from_this());
  owner.shard().post([passage] { passage->arrive(); });
}

void HttpConnection::arrive() {
  stream_->enter_shard(requests_->shard());
  if (!stream_->open() || requests_->shard().stopping()) {
    lose();
    return;
  }
  phase_ = Phase::head;
  parsing_ = true;
  switch (parser_.state()) {
    case http::RequestParser::State::complete:
      complete_request();
      break;
    case http::RequestParser::State::failed:
      refuse(parser_.error());
      break;
    default:
      begin_request();
      break;
  }
  parsing_ = false;
  if (phase_ != Phase::closed) parse_kept_input();
}

// --- Answering

void HttpConnection::refuse(Errc error) {
  requests_->on_refused(error);
  if (error == Errc::http_body_too_large && !exchange_) make_exchange(parser_.take_request());
  keep_alive_ = false;
  http::Response response{.status = status_for(error), .headers = {}, .body = {}};
  const auto exchange = exchange_;
  if (exchange && error == Errc::http_body_too_large) {
    requests_->on_body_too_large(exchange);
    exchange->respond(std::move(response));
    return;
  }
  if (exchange) exchange->on_connection_lost();
  respond(std::move(response));
}

void HttpConnection::respond(http::Response response) {
  if (phase_ == Phase::closed || phase_ == Phase::draining) return;
  exchange_.reset();
  response.headers.set("date", stream_->shard().http_date());
  const bool told_to_close = http::list_contains(response.headers.joined("connection"), "close");
  const bool keep_alive = keep_alive_ && !stopping_ && !told_to_close;
  const bool idle = output_.empty();
  append_output(response, keep_alive);
  if (idle) flush();
  if (phase_ == Phase::closed) return;
  if (keep_alive) {
    next_request();
  } else {
    finish_after_flush();
  }
}

void HttpConnection::next_request() {
  parser_.reset();
  enter(Phase::idle, options_->http_keep_alive_timeout);
  if (!parsing_) parse_kept_input();
}

void HttpConnection::parse_kept_input() {
  if (!input_.empty()) {
    const std::string input = std::exchange(input_, {});
    on_input(input);
  }
  if (phase_ != Phase::closed && phase_ != Phase::moving && input_.size() < kPipelineBytes) {
    stream_->wait_readable();
  }
}

void HttpConnection::send(std::string_view data) {
  const bool idle = output_.empty();
  output_.append(data);
  stream_->shard().send_budget().add(data.size());
  if (idle) flush();
}

void HttpConnection::append_output(const http::Response& response, bool keep_alive) {
  const std::size_t before = output_.size();
  http::write_response(output_, response, {.keep_alive = keep_alive, .head_only = head_only_});
  stream_->shard().send_budget().add(output_.size() - before);
}

// Gives the memory back.
void HttpConnection::clear_output() {
  if (!output_.empty()) stream_->shard().send_budget().subtract(output_.size());
  std::string().swap(output_);
  output_sent_ = 0;
}

// True when everything has been sent. The rest goes when the peer takes it.
bool HttpConnection::flush() {
  while (output_sent_ < output_.size()) {
    const auto [bytes, status] = stream_->write(std::string_view(output_).substr(output_sent_));
    if (status == Stream::Status::closed) {
      lose();
      return false;
    }
    if (status == Stream::Status::would_block) {
      stream_->wait_writable();
      return false;
    }
    output_sent_ += bytes;
  }
  clear_output();
  return true;
}

void HttpConnection::on_writable() {
  if (phase_ == Phase::closed) return;
  if (!flush()) return;
  if (phase_ == Phase::draining) {
    drain();
  } else if (phase_ != Phase::handling) {
    parse_kept_input();
  }
}

// --- Ending

void HttpConnection::finish_after_flush() {
  enter(Phase::draining, output_.empty() ? kDrainTimeout : options_->http_body_timeout);
  input_.clear();
  if (output_.empty()) drain();
}

void HttpConnection::drain() {
  stream_->shutdown_write();
  enter(Phase::draining, kDrainTimeout);
  stream_->wait_readable();
}

void HttpConnection::abort() {
  exchange_.reset();
  lose();
}

// The connection is gone, or has to go now.
void HttpConnection::lose() {
  if (phase_ == Phase::closed) return;
  // On the way from one shard to another there is no output.
  clear_output();
  phase_ = Phase::closed;
  TimerWheel::cancel(*this);
  const auto self = shared_from_this();
  stream_->close();
  if (auto exchange = std::exchange(exchange_, nullptr)) exchange->on_connection_lost();
}

void HttpConnection::on_shutdown() {
  if (phase_ == Phase::idle || phase_ == Phase::head || phase_ == Phase::draining ||
      phase_ == Phase::moving) {
    if (output_.empty()) lose();
    return;
  }
  stopping_ = true;  // whoever handles the request answers it; then the connection ends
}

void HttpConnection::on_timer(TimePoint /*now*/) {
  const auto self = shared_from_this();
  if (phase_ == Phase::head || phase_ == Phase::body) {
    requests_->on_refused(Errc::http_timeout);
    if (auto exchange = std::exchange(exchange_, nullptr)) exchange->on_connection_lost();
    keep_alive_ = false;
    respond({.status = 408, .headers = {}, .body = {}});
  } else {
    lose();
  }
}

void HttpConnection::enter(Phase phase, Millis timeout) {
  phase_ = phase;
  stream_->shard().schedule(*this, stream_->shard().now() + timeout);
}

std::shared_ptr<Stream> HttpConnection::upgrade(const http::Response& response,
                                                std::string& leftover) {
  exchange_.reset();
  std::string head;
  http::write_response(head, response, {.keep_alive = true, .head_only = false});
  phase_ = Phase::closed;
  TimerWheel::cancel(*this);
  leftover = std::exchange(input_, {});
  // The kernel's buffer of a connection that has answered nothing yet takes 200 bytes.
  const auto [bytes, status] = stream_->write(head);
  if (status != Stream::Status::ok || bytes != head.size()) {
    stream_->close();
    return nullptr;
  }
  return std::exchange(stream_, nullptr);
}

}  // namespace patchbay::engineio

// SPDX-License-Identifier: MIT
#include "patchbay/protocol/http/request_parser.hpp"

#include <algorithm>
#include <utility>

#include "http_chunked.hpp"
#include "http_head.hpp"

namespace patchbay::http {

struct RequestParser::Impl {
  explicit Impl(const Limits& given) : limits(&given), head(given), chunked(given) {}

  void fail(Errc why) {
    state = State::failed;
    error = why;
  }

  std::size_t feed_head(std::string_view data);
  std::size_t feed_body(std::string_view data);
  std::size_t feed_chunked(std::string_view data);

  const Limits* limits;
  HeadCollector head;
  Request request;
  BodyFraming framing;
  ChunkedDecoder chunked;
  std::uint64_t left = 0;  // of a body of stated length; the request may have been moved out
  State state = State::head;
  Errc error = Errc::none;
};

std::size_t RequestParser::Impl::feed_head(std::string_view data) {
  const std::size_t used = head.take(data);
  if (head.error() != Errc::none) {
    fail(head.error());
    return used;
  }
  if (!head.complete()) return used;
  const Errc fault = parse_head(head.text(), request, framing);
  head.reset();
  if (fault != Errc::none) {
    fail(fault);
  } else if (request.target.size() > limits->http_target_bytes) {
    fail(Errc::http_target_too_long);
  } else if (framing.length > limits->message_bytes) {
    fail(Errc::http_body_too_large);
  } else {
    left = framing.length;
    state = framing.any() ? State::body : State::complete;
  }
  return used;
}

std::size_t RequestParser::Impl::feed_body(std::string_view data) {
  // What has begun to arrive needs no go-ahead any more.
  if (!data.empty()) framing.client_waits = false;
  if (framing.chunked) return feed_chunked(data);
  const auto used = static_cast<std::size_t>(std::min<std::uint64_t>(left, data.size()));
  request.body.append(data.substr(0, used));
  left -= used;
  if (left == 0) state = State::complete;
  return used;
}

std::size_t RequestParser::Impl::feed_chunked(std::string_view data) {
  const std::size_t used = chunked.take(data, request.body);
  if (chunked.error() != Errc::none) {
    fail(chunked.error());
  } else if (chunked.complete()) {
    state = State::complete;
  }
  return used;
}

RequestParser::RequestParser(const Limits& limits) : impl_(std::make_unique<Impl>(limits)) {}
RequestParser::RequestParser(RequestParser&&) noexcept = default;
RequestParser& RequestParser::operator=(RequestParser&&) noexcept = default;
RequestParser::~RequestParser() = default;

std::size_t RequestParser::feed(std::string_view data) {
  if (impl_->state == State::head) return impl_->feed_head(data);
  if (impl_->state == State::body) return impl_->feed_body(data);
  return 0;
}

RequestParser::State RequestParser::state() const noexcept {
  return impl_->state;
}
Errc RequestParser::error() const noexcept {
  return impl_->error;
}
const Request& RequestParser::request() const noexcept {
  return impl_->request;
}
Request RequestParser::take_request() {
  return std::exchange(impl_->request, Request());
}

bool RequestParser::idle() const noexcept {
  return impl_->state == State::head && impl_->head.empty();
}

bool RequestParser::expects_continue() const noexcept {
  return impl_->state == State::body && impl_->framing.client_waits;
}

void RequestParser::reset() {
  const Limits& limits = *impl_->limits;
  // Moved out first: assigning empty strings would keep the buffers of a large request.
  take_request();
  impl_->head.reset();
  *impl_ = Impl(limits);
}

}  // namespace patchbay::http

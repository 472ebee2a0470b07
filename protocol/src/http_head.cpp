// SPDX-License-Identifier: MIT
#include "http_head.hpp"

#include <algorithm>
#include <utility>

#include "http_grammar.hpp"

namespace patchbay::http {

namespace {

// What a request line has besides its target: the longest registered method is 17 characters.
constexpr std::size_t kRequestLineRest = 32;

}  // namespace

std::size_t HeadCollector::take(std::string_view data) {
  std::size_t used = 0;
  while (used < data.size() && !complete_ && error_ == Errc::none) {
    used += take_run(data.substr(used));
    if (used == data.size()) break;
    const char c = data[used++];
    error_ = check(c);
    previous_ = c;
  }
  return used;
}

// Inside a line, takes at once what check() would let pass one by one, and returns how much.
std::size_t HeadCollector::take_run(std::string_view data) {
  if (text_.empty() || previous_ == '\r') return 0;
  std::size_t room = limits_->http_head_bytes - text_.size();
  if (lines_ == 0) room = std::min(room, max_request_line() - line_length_);
  const std::size_t size = skip(data.substr(0, room), 0, kValueChar);
  if (size == 0) return 0;
  text_.append(data, 0, size);
  line_length_ += size;
  previous_ = data[size - 1];
  return size;
}

std::size_t HeadCollector::max_request_line() const noexcept {
  return limits_->http_target_bytes + kRequestLineRest;
}

Errc HeadCollector::check(char c) {
  const bool after_cr = previous_ == '\r';
  if (after_cr != (c == '\n')) return Errc::http_syntax;
  if (c != '\r' && c != '\n' && !is(c, kValueChar)) return Errc::http_syntax;
  if (text_.empty() && !is(c, kMethodChar)) {
    const bool empty_line = c == '\r' ? !skipped_line_ : c == '\n';
    if (!empty_line) return Errc::http_syntax;
    skipped_line_ = skipped_line_ || c == '\n';
    return Errc::none;
  }
  if (text_.size() == limits_->http_head_bytes) return Errc::http_head_too_large;
  text_ += c;
  if (c != '\n') {
    ++line_length_;
    const bool long_target = lines_ == 0 && line_length_ > max_request_line();
    return long_target ? Errc::http_target_too_long : Errc::none;
  }
  complete_ = line_length_ == 1;  // the CR of an empty line
  if (!complete_ && lines_ > limits_->http_header_count) return Errc::http_too_many_headers;
  ++lines_;
  line_length_ = 0;
  return Errc::none;
}

void HeadCollector::reset() {
  // Assigning an empty string would keep the buffer of a large head for as long as the connection.
  std::exchange(text_, std::string());
  *this = HeadCollector(*limits_);
}

}  // namespace patchbay::http

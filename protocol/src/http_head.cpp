// SPDX-License-Identifier: MIT
#include "http_head.hpp"

#include "http_grammar.hpp"

namespace patchbay::http {

namespace {

// What a request line has besides its target: the longest registered method is 17 characters.
constexpr std::size_t kRequestLineRest = 32;

}  // namespace

std::size_t HeadCollector::take(std::string_view data) {
  std::size_t used = 0;
  while (used < data.size() && !complete_ && error_ == Errc::none) {
    const char c = data[used++];
    error_ = check(c);
    previous_ = c;
  }
  return used;
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
    const bool long_target =
        lines_ == 0 && line_length_ > limits_->http_target_bytes + kRequestLineRest;
    return long_target ? Errc::http_target_too_long : Errc::none;
  }
  complete_ = line_length_ == 1;  // the CR of an empty line
  if (!complete_ && lines_ > limits_->http_header_count) return Errc::http_too_many_headers;
  ++lines_;
  line_length_ = 0;
  return Errc::none;
}

void HeadCollector::reset() {
  *this = HeadCollector(*limits_);
}

}  // namespace patchbay::http

// SPDX-License-Identifier: MIT
#include "http_chunked.hpp"

#include <algorithm>

#include "http_grammar.hpp"

namespace patchbay::http {

namespace {

// Extensions and trailers carry nothing for us; this is what they may carry together.
constexpr std::size_t kMaxOverhead = 4096;

// Of a chunk size: all that 64 bits hold. Leading zeros count, or they could go on for ever.
constexpr int kMaxDigits = 16;

}  // namespace

std::size_t ChunkedDecoder::take(std::string_view data, std::string& body) {
  std::size_t used = 0;
  while (used < data.size() && step_ != Step::done && error_ == Errc::none) {
    if (step_ == Step::data) {
      const auto part =
          static_cast<std::size_t>(std::min<std::uint64_t>(left_, data.size() - used));
      body.append(data, used, part);
      used += part;
      received_ += part;
      left_ -= part;
      if (left_ == 0) step_ = Step::data_cr;
    } else {
      error_ = on_byte(data[used++]);
    }
  }
  return used;
}

Errc ChunkedDecoder::expect(char c, char wanted, Step next) noexcept {
  step_ = next;
  return c == wanted ? Errc::none : Errc::http_syntax;
}

Errc ChunkedDecoder::on_byte(char c) {
  switch (step_) {
    case Step::first_digit:
    case Step::digit:
    case Step::extension:
      return on_size(c);
    case Step::size_lf:
      return expect(c, '\n', left_ == 0 ? Step::trailer_start : Step::data);
    case Step::data_cr:
      return expect(c, '\r', Step::data_lf);
    case Step::data_lf:
      return expect(c, '\n', Step::first_digit);
    case Step::last_lf:
      return expect(c, '\n', Step::done);
    default:
      return on_trailer(c);
  }
}

Errc ChunkedDecoder::on_size(char c) {
  if (const int value = hex_value(c); value >= 0 && step_ != Step::extension) {
    if (++digits_ > kMaxDigits) return Errc::http_syntax;
    left_ = left_ * 16 + static_cast<std::uint64_t>(value);
    step_ = Step::digit;
    return left_ > limits_->message_bytes - received_ ? Errc::http_body_too_large : Errc::none;
  }
  if (step_ == Step::first_digit) return Errc::http_syntax;
  digits_ = 0;
  if (c == '\r') {
    step_ = Step::size_lf;
    return Errc::none;
  }
  const bool extension = step_ == Step::extension || c == ';';
  step_ = Step::extension;
  return extension && is(c, kValueChar) && ++overhead_ <= kMaxOverhead ? Errc::none
                                                                       : Errc::http_syntax;
}

Errc ChunkedDecoder::on_trailer(char c) {
  if (++overhead_ > kMaxOverhead) return Errc::http_syntax;
  const auto allowed = [](bool ok) { return ok ? Errc::none : Errc::http_syntax; };
  switch (step_) {
    case Step::trailer_start:
      step_ = c == '\r' ? Step::last_lf : Step::trailer_name;
      return allowed(c == '\r' || is(c, kTokenChar));
    case Step::trailer_name:
      if (c == ':') step_ = Step::trailer_value;
      return allowed(c == ':' || is(c, kTokenChar));
    case Step::trailer_value:
      if (c == '\r') step_ = Step::trailer_lf;
      return allowed(c == '\r' || is(c, kValueChar));
    default:
      return expect(c, '\n', Step::trailer_start);
  }
}

}  // namespace patchbay::http

// SPDX-License-Identifier: MIT
//
// The head of a request: where it ends, and what it says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "patchbay/protocol/error.hpp"
#include "patchbay/protocol/http/request.hpp"
#include "patchbay/protocol/limits.hpp"

namespace patchbay::http {

// Collects a head until its empty line, and refuses on the way what no two readers might agree on:
// line ends other than CRLF, control characters, more than the limits allow. It decides byte by
// byte, so that its verdict does not depend on how the bytes arrive.
class HeadCollector {
 public:
  explicit HeadCollector(const Limits& limits) noexcept : limits_(&limits) {}

  // Takes bytes up to the end of the head and returns how many.
  std::size_t take(std::string_view data);

  [[nodiscard]] bool complete() const noexcept { return complete_; }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
  [[nodiscard]] Errc error() const noexcept { return error_; }
  // With the empty line. Without an empty line that came before it.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

  void reset();

 private:
  std::size_t take_run(std::string_view data);
  [[nodiscard]] Errc check(char c);
  [[nodiscard]] std::size_t max_request_line() const noexcept;

  const Limits* limits_;
  std::string text_;
  std::size_t lines_ = 0;
  std::size_t line_length_ = 0;
  char previous_ = 0;
  bool skipped_line_ = false;  // one empty line may come before a request (RFC 9112 section 2.2)
  bool complete_ = false;
  Errc error_ = Errc::none;
};

// How the body is delimited.
struct BodyFraming {
  bool chunked = false;
  std::uint64_t length = 0;   // unless chunked
  bool client_waits = false;  // for "100 Continue"
  [[nodiscard]] bool any() const noexcept { return chunked || length > 0; }
};

// Reads a complete head. On success fills everything in `request` but its body; when the error is
// http_body_too_large, method, target and headers.
Errc parse_head(std::string_view text, Request& request, BodyFraming& framing);

}  // namespace patchbay::http

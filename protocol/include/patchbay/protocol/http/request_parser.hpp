// SPDX-License-Identifier: MIT
//
// Incremental HTTP/1.1 request parser: llhttp beside a layer that is stricter than RFC 9112
// demands, because a lenient parser in front of (or behind) another one is how requests get
// smuggled.
//
// On top of llhttp's strict mode this layer enforces Limits, demands Host, and refuses obs-fold,
// bare CR or LF anywhere, whitespace before a colon, NUL, doubled or disagreeing lengths, any
// Transfer-Encoding but a single "chunked", and chunks not closed by CRLF.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "patchbay/protocol/error.hpp"
#include "patchbay/protocol/http/request.hpp"
#include "patchbay/protocol/limits.hpp"

namespace patchbay::http {

class RequestParser {
 public:
  enum class State {
    head,      // request line and headers are not complete
    body,      // request() has all but the body
    complete,  // request() is whole; reset() starts the next one
    failed,    // error() says why; the connection must not be used for another request
  };

  // The limits must outlive the parser.
  explicit RequestParser(const Limits& limits);
  RequestParser(RequestParser&&) noexcept;
  RequestParser& operator=(RequestParser&&) noexcept;
  ~RequestParser();

  // Takes bytes and returns how many were used. Stops behind the head and behind the request, so
  // that the caller can act on state() before it hands in the rest. Uses everything otherwise.
  // Precondition: state() is head or body.
  std::size_t feed(std::string_view data);

  [[nodiscard]] State state() const noexcept;
  // Errc::none unless state() is failed. A body over Limits::message_bytes fails with
  // http_body_too_large as soon as that is known, while request() still holds the head.
  [[nodiscard]] Errc error() const noexcept;

  // Precondition: the head is complete. Invalid after reset().
  [[nodiscard]] const Request& request() const noexcept;
  // Moves the request out. Precondition: the head is complete.
  Request take_request();

  // True when nothing of a request was seen yet: closing the connection now loses nothing.
  [[nodiscard]] bool idle() const noexcept;
  // The client waits for "100 Continue" before it sends its body, and none of that has come yet.
  [[nodiscard]] bool expects_continue() const noexcept;

  // Forgets everything and waits for the next request.
  void reset();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace patchbay::http

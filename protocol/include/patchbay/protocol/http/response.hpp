// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "patchbay/protocol/http/headers.hpp"

namespace patchbay::http {

struct Response {
  int status = 200;
  Headers headers;  // Content-Length and Connection are added when written
  std::string body;
};

[[nodiscard]] Response make_response(int status, std::string_view content_type, std::string body);

// The reason phrase of RFC 9110 for a status code, "Unknown" for others.
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

struct WriteOptions {
  bool keep_alive = true;  // false adds "Connection: close"
  bool head_only = false;  // answer to HEAD: all headers, no body
};

// Appends the whole response. Date is left to the caller: nothing in this library has a clock.
//
// Content-Length is that of the body, whatever the headers say, and Transfer-Encoding is left out.
// Only where no body is written, for head_only, 204 and 304, a Content-Length in the headers is
// kept. Status 1xx gets neither a body nor a Content-Length; 204 and 304 get no body.
//
// Header names are written in their usual capitalisation ("content-type" as "Content-Type"). So
// that text from outside cannot add a header, CR, LF and NUL are dropped from values, and a field
// whose name is not a token is left out.
// Precondition: status has three digits; any other is written as 500.
void write_response(std::string& out, const Response& response, const WriteOptions& options);

}  // namespace patchbay::http

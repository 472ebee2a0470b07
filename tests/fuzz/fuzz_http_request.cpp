// SPDX-License-Identifier: MIT
//
// Any bytes on a connection: what is read does not depend on how they arrive, and what is accepted
// keeps the promises of the parser. The first two bytes of the input say how the rest is cut.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "split_feed.hpp"

namespace {

using patchbay::Errc;
using patchbay::Limits;
using patchbay::http::Headers;
using patchbay::http::Request;
using patchbay::test::feed_in_pieces;
using patchbay::test::feed_whole;
using patchbay::test::ParseResult;

// Small, so that inputs of a few hundred bytes reach every limit.
constexpr Limits kLimits{
    .message_bytes = 300, .http_head_bytes = 400, .http_header_count = 6, .http_target_bytes = 60};

void require(bool condition) {
  if (!condition) std::abort();
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

void check_field(Headers::Field field) {
  require(!field.name.empty());
  for (const char c : field.name) {
    require(c > ' ' && c < 0x7f && c != ':' && !(c >= 'A' && c <= 'Z'));
  }
  for (const char c : field.value) require(c == '\t' || !is_control(c));
}

void check_promises(const Request& request) {
  require(!request.method.empty() && !request.target.empty());
  require(request.target.size() <= kLimits.http_target_bytes);
  for (const char c : request.target) require(c > ' ' && c < 0x7f);
  const Headers& headers = request.headers;
  require(headers.size() <= kLimits.http_header_count);
  for (std::size_t i = 0; i < headers.size(); ++i) check_field(headers.at(i));
  require(headers.count("host") <= 1);
  require(headers.count("content-length") + headers.count("transfer-encoding") <= 1);
  require(request.body.size() <= kLimits.message_bytes);
  require(!request.wants_upgrade || request.body.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t first = 1 + std::size_t{data[0]};
  const std::size_t step = 1 + std::size_t{data[1]};
  std::string bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  // One request after another, as on a connection.
  while (!bytes.empty()) {
    const ParseResult whole = feed_whole(kLimits, bytes);
    const std::string summary = whole.summary();
    require(feed_in_pieces(kLimits, bytes, first, step).summary() == summary);
    require(feed_in_pieces(kLimits, bytes, 1, 1).summary() == summary);
    require(!whole.complete || whole.error == Errc::none);
    if (!whole.complete) return 0;
    check_promises(whole.request);
    require(whole.rest.size() < bytes.size() && bytes.ends_with(whole.rest));
    bytes = whole.rest;
  }
  return 0;
}

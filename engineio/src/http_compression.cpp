// SPDX-License-Identifier: MIT
#include "http_compression.hpp"

#include <array>
#include <string_view>

#include "deflate.hpp"
#include "patchbay/protocol/http/accept.hpp"

namespace patchbay::engineio {

namespace {

constexpr std::array<std::string_view, 2> kCodings{"gzip", "deflate"};

}  // namespace

void compress_response(http::Response& response, const http::Headers& request_headers,
                       const HttpCompressionOptions& options) {
  if (response.body.size() < options.threshold) return;
  const auto coding = http::choose_encoding(request_headers.joined("accept-encoding"), kCodings);
  if (!coding) return;
  response.body = compress_body(*coding == "gzip" ? ContentCoding::gzip : ContentCoding::deflate,
                                options.level, response.body);
  response.headers.add("content-encoding", *coding);
}

}  // namespace patchbay::engineio

// SPDX-License-Identifier: MIT
#include "http_compression.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "engine_core.hpp"

namespace patchbay::engineio {
namespace {

http::Response compressed(std::size_t size, std::string_view accept_encoding,
                          const HttpCompressionOptions& options = {}) {
  http::Headers headers;
  if (!accept_encoding.empty()) headers.add("accept-encoding", accept_encoding);
  http::Response response;
  response.body.assign(size, 'a');
  compress_response(response, headers, options);
  return response;
}

}  // namespace

TEST_CASE("a body of the threshold is compressed and says so") {
  const auto gzip = compressed(1024, "gzip, deflate, br");
  CHECK(gzip.headers.find("content-encoding") == "gzip");
  CHECK(gzip.body.starts_with("\x1f\x8b"));
  CHECK(gzip.body.size() < 100);
  CHECK(gzip.headers.size() == 1);

  const auto deflate = compressed(1024, "gzip;q=0.1, deflate");
  CHECK(deflate.headers.find("content-encoding") == "deflate");
  CHECK(deflate.body.starts_with("\x78"));
}

TEST_CASE("a body goes as it is when it is small or nobody wants it otherwise") {
  for (const auto& response :
       {compressed(1023, "gzip"), compressed(5000, "br"), compressed(5000, ""),
        compressed(5000, "gzip;q=0, deflate;q=0"), compressed(99, "gzip", {.threshold = 100})}) {
    CHECK(response.headers.empty());
    CHECK(response.body.find_first_not_of('a') == std::string::npos);
  }
  CHECK_FALSE(compressed(100, "gzip", {.threshold = 100}).headers.empty());
}

TEST_CASE("options that make no sense are refused by name") {
  EngineOptions options;
  CHECK_NOTHROW(EngineCore{options});
  const auto refused = [](EngineOptions bad, const char* name) {
    CHECK_THROWS_WITH_AS(EngineCore{std::move(bad)}, doctest::Contains(name),
                         std::invalid_argument);
  };
  options.http_compression->level = 10;
  refused(options, "http_compression.level");
  options.http_compression.reset();
  CHECK_NOTHROW(EngineCore{options});

  options.per_message_deflate.emplace();
  CHECK_NOTHROW(EngineCore{options});
  for (const int bits : {7, 16, -15}) {
    auto bad = options;
    bad.per_message_deflate->server_max_window_bits = bits;
    refused(bad, "server_max_window_bits");
    bad = options;
    bad.per_message_deflate->client_max_window_bits = bits;
    refused(bad, "client_max_window_bits");
  }
  auto bad = options;
  bad.per_message_deflate->level = -1;
  refused(bad, "per_message_deflate.level");
  bad = options;
  bad.per_message_deflate->memory_level = 0;
  refused(bad, "memory_level");
}

}  // namespace patchbay::engineio

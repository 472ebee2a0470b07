// SPDX-License-Identifier: MIT
#include "ws_extensions.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "ws_codec.hpp"

namespace patchbay::engineio::ws {
namespace {

// The answer to a well-formed header; empty when there is no agreement.
std::string answer(std::string_view header, const PerMessageDeflateOptions& options = {}) {
  const auto result = negotiate_deflate(header, options);
  REQUIRE_MESSAGE(result.has_value(), header);
  return *result ? (*result)->answer : std::string();
}

DeflateParams agreed(std::string_view header, const PerMessageDeflateOptions& options = {}) {
  const auto result = negotiate_deflate(header, options);
  REQUIRE(result.has_value());
  REQUIRE(result->has_value());
  return (*result)->params;
}

}  // namespace

TEST_CASE("the answer names what the offer asked for") {
  const struct {
    std::string_view offer;
    std::string_view answer;
  } rows[] = {
      {"permessage-deflate", "permessage-deflate"},
      {"permessage-deflate; client_max_window_bits", "permessage-deflate"},
      {"permessage-deflate; client_max_window_bits=10",
       "permessage-deflate; client_max_window_bits=10"},
      {"permessage-deflate;client_max_window_bits=\"9\"",
       "permessage-deflate; client_max_window_bits=9"},
      {"permessage-deflate; client_max_window_bits=\"1\\0\"",
       "permessage-deflate; client_max_window_bits=10"},
      {"permessage-deflate; server_max_window_bits=8",
       "permessage-deflate; server_max_window_bits=8"},
      {"permessage-deflate ; server_no_context_takeover",
       "permessage-deflate; server_no_context_takeover"},
      {"permessage-deflate\t;\tclient_no_context_takeover ",
       "permessage-deflate; client_no_context_takeover"},
      {"permessage-deflate; client_max_window_bits=15; server_max_window_bits = 11;"
       "client_no_context_takeover; server_no_context_takeover",
       "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
       "server_max_window_bits=11; client_max_window_bits=15"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.offer);
    CHECK(answer(row.offer) == row.answer);
  }
}

TEST_CASE("the options are added to what the offer asked for") {
  PerMessageDeflateOptions options;
  options.server_no_context_takeover = true;
  options.client_no_context_takeover = true;
  options.server_max_window_bits = 12;
  options.client_max_window_bits = 11;
  CHECK(answer("permessage-deflate; client_max_window_bits", options) ==
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
        "server_max_window_bits=12; client_max_window_bits=11");
  CHECK(agreed("permessage-deflate; client_max_window_bits", options) ==
        DeflateParams{true, true, 12, 11});
}

TEST_CASE("the smaller window counts") {
  PerMessageDeflateOptions options;
  options.server_max_window_bits = 12;
  options.client_max_window_bits = 11;
  CHECK(agreed("permessage-deflate; server_max_window_bits=10; client_max_window_bits=9",
               options) == DeflateParams{false, false, 10, 9});
  CHECK(agreed("permessage-deflate; server_max_window_bits=15; client_max_window_bits=15",
               options) == DeflateParams{false, false, 12, 11});
}

TEST_CASE("a client that cannot be limited gets no compression where a limit is set") {
  PerMessageDeflateOptions options;
  options.client_max_window_bits = 15;
  CHECK(answer("permessage-deflate; server_max_window_bits=10", options).empty());
  CHECK(answer("permessage-deflate, permessage-deflate; client_max_window_bits", options) ==
        "permessage-deflate; client_max_window_bits=15");
}

TEST_CASE("an offer that cannot be met is passed over") {
  for (const std::string_view parameter : {
           "unknown",
           "unknown=1",
           "Server_no_context_takeover",
           "server_no_context_takeover=1",
           "client_no_context_takeover=true",
           "server_no_context_takeover; server_no_context_takeover",
           "client_no_context_takeover; client_no_context_takeover",
           "server_max_window_bits",
           "server_max_window_bits=7",
           "server_max_window_bits=16",
           "server_max_window_bits=08",
           "server_max_window_bits=1",
           "server_max_window_bits=100",
           "server_max_window_bits=1e1",
           "server_max_window_bits=10; server_max_window_bits=10",
           "client_max_window_bits=0",
           "client_max_window_bits=-9",
           "client_max_window_bits=9999999999999999999999",
           "client_max_window_bits; client_max_window_bits",
       }) {
    CAPTURE(parameter);
    const std::string bad = "permessage-deflate; " + std::string(parameter);
    CHECK(answer(bad).empty());
    CHECK(answer(bad + ", permessage-deflate; server_max_window_bits=9") ==
          "permessage-deflate; server_max_window_bits=9");
  }
}

TEST_CASE("the first offer that can be met is taken") {
  CHECK(answer("x-webkit-deflate-frame; no_context_takeover, permessage-deflate; "
               "server_max_window_bits=10, permessage-deflate") ==
        "permessage-deflate; server_max_window_bits=10");
}

TEST_CASE("other extensions are no reason to refuse") {
  CHECK(answer("foo").empty());
  CHECK(answer("foo; bar=\"baz\"; bar, permessage-bzip2").empty());
  CHECK(answer("PerMessage-Deflate").empty());
}

TEST_CASE("a header of another form is refused") {
  for (const std::string_view header : {"",
                                        " ",
                                        ",",
                                        ";",
                                        "permessage-deflate,",
                                        ",permessage-deflate",
                                        "permessage-deflate;",
                                        "permessage-deflate;;",
                                        "permessage-deflate; =9",
                                        "permessage-deflate; a=",
                                        "permessage-deflate; a=\"",
                                        "permessage-deflate; a=\"\"",
                                        "permessage-deflate; a=\"9",
                                        "permessage-deflate; a=\"9\\",
                                        "permessage-deflate; a=\"9\\\"",
                                        "permessage-deflate; a=\"x y\"",
                                        "permessage-deflate; a=\"9\"9",
                                        "permessage-deflate a",
                                        "permessage-deflate; a b",
                                        "permessage-deflate; a=b=c",
                                        "permessage-deflate; a=9 9",
                                        "(permessage-deflate)",
                                        "permessage-deflate\x01",
                                        "permessage-deflate, \xff"}) {
    CAPTURE(header);
    CHECK(negotiate_deflate(header, {}).error() == Errc::ws_bad_handshake);
  }
}

TEST_CASE("a header of the greatest length is read in one pass") {
  std::string header = "permessage-deflate; x";
  while (header.size() < 16 * 1024) header += ", permessage-deflate; x";
  CHECK(answer(header).empty());
  CHECK(answer(header + ", permessage-deflate") == "permessage-deflate");
}

TEST_CASE("the handshake carries offer and answer") {
  http::Request request;
  request.method = "GET";
  request.headers.add("upgrade", "websocket");
  request.headers.add("connection", "upgrade");
  request.headers.add("sec-websocket-version", "13");
  request.headers.add("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
  http::Response refusal;

  SUBCASE("when both sides want it") {
    // In two fields, which count as one.
    request.headers.add("sec-websocket-extensions", "permessage-deflate; x");
    request.headers.add("sec-websocket-extensions", "permessage-deflate; server_max_window_bits=9");
    const auto result = accept_handshake(request, PerMessageDeflateOptions(), refusal);
    REQUIRE(result.has_value());
    CHECK(result->response.headers.find("sec-websocket-extensions") ==
          "permessage-deflate; server_max_window_bits=9");
    REQUIRE(result->deflate.has_value());
    CHECK(result->deflate->server_max_window_bits == 9);
  }
  SUBCASE("not when the client does not") {
    const auto result = accept_handshake(request, PerMessageDeflateOptions(), refusal);
    REQUIRE(result.has_value());
    CHECK_FALSE(result->response.headers.contains("sec-websocket-extensions"));
    CHECK_FALSE(result->deflate.has_value());
  }
  SUBCASE("a header that is none is refused") {
    request.headers.add("sec-websocket-extensions", "permessage-deflate;");
    CHECK(accept_handshake(request, PerMessageDeflateOptions(), refusal).error() ==
          Errc::ws_bad_handshake);
    CHECK(refusal.status == 400);
    CHECK(refusal.body == "Invalid or unacceptable Sec-WebSocket-Extensions header");
  }
  SUBCASE("unless nobody looks at it") {
    request.headers.add("sec-websocket-extensions", "permessage-deflate;");
    const auto result = accept_handshake(request, {}, refusal);
    REQUIRE(result.has_value());
    CHECK_FALSE(result->response.headers.contains("sec-websocket-extensions"));
  }
}

}  // namespace patchbay::engineio::ws

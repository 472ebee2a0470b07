// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "ws_codec.hpp"

namespace patchbay::engineio::ws {
namespace {

// The example of RFC 6455 section 1.3.
constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

constexpr std::string_view kBadMethod = "Invalid HTTP method";
constexpr std::string_view kBadUpgrade = "Invalid Upgrade header";
constexpr std::string_view kBadConnection = "Invalid Connection header";
constexpr std::string_view kBadKey = "Missing or invalid Sec-WebSocket-Key header";
constexpr std::string_view kBadVersion = "Missing or invalid Sec-WebSocket-Version header";
constexpr std::string_view kBadProtocol = "Invalid Sec-WebSocket-Protocol header";

http::Request good_request() {
  http::Request request;
  request.method = "GET";
  request.target = "/socket.io/?EIO=4&transport=websocket";
  request.wants_upgrade = true;
  request.headers.add("Host", "example.org");
  request.headers.add("Upgrade", "websocket");
  request.headers.add("Connection", "Upgrade");
  request.headers.add("Sec-WebSocket-Version", "13");
  request.headers.add("Sec-WebSocket-Key", kKey);
  return request;
}

// A good request in which one field has another value, or is missing.
http::Request request_with(std::string_view name, std::optional<std::string_view> value) {
  http::Request request = good_request();
  request.headers.remove(name);
  if (value) request.headers.add(name, *value);
  return request;
}

void check_refused(const http::Request& request, std::string_view reason) {
  http::Response refusal;
  const auto result = accept_handshake(request, {}, refusal);
  CHECK(result.error() == Errc::ws_bad_handshake);
  CHECK(refusal.status == 400);
  CHECK(refusal.headers.find("content-type") == "text/html");
  CHECK(refusal.body == reason);
  const bool names_versions = refusal.headers.find("sec-websocket-version") == "13, 8";
  CHECK(names_versions == (reason == kBadVersion));
}

http::Response accepted(const http::Request& request) {
  http::Response refusal;
  const auto result = accept_handshake(request, {}, refusal);
  REQUIRE(result.has_value());
  CHECK_FALSE(result->deflate);
  CHECK(result->response.status == 101);
  CHECK(result->response.body.empty());
  return result->response;
}

}  // namespace

TEST_CASE("the handshake of the RFC is answered with its accept key and nothing else") {
  const http::Response response = accepted(good_request());
  CHECK(response.headers.find("upgrade") == "websocket");
  CHECK(response.headers.find("connection") == "Upgrade");
  CHECK(response.headers.find("sec-websocket-accept") == kAccept);
  CHECK(response.headers.size() == 3);
}

TEST_CASE("a handshake with a wrong or missing part is refused and told why") {
  struct Case {
    std::string_view name;
    std::optional<std::string_view> value;
    std::string_view reason;
  };
  const Case cases[] = {
      {"upgrade", {}, kBadUpgrade},
      {"upgrade", "", kBadUpgrade},
      {"upgrade", "h2c", kBadUpgrade},
      {"upgrade", "websockets", kBadUpgrade},
      {"upgrade", "notwebsocket", kBadUpgrade},
      {"upgrade", "web socket", kBadUpgrade},
      {"connection", {}, kBadConnection},
      {"connection", "keep-alive", kBadConnection},
      {"connection", "not-upgrade", kBadConnection},
      {"connection", "upgraded", kBadConnection},
      {"sec-websocket-key", {}, kBadKey},
      {"sec-websocket-key", "", kBadKey},
      {"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=", kBadKey},
      {"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ===", kBadKey},
      {"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQAA", kBadKey},
      {"sec-websocket-key", "dGhlIHNhbXBsZSBub25j====", kBadKey},
      {"sec-websocket-key", "dGhlIHNhbXBsZSBub25j_Q==", kBadKey},
      {"sec-websocket-key", "dGhlIHNhbXBsZSBub25j\xC3\xA9==", kBadKey},
      {"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZSEhIQ==", kBadKey},
      {"sec-websocket-version", {}, kBadVersion},
      {"sec-websocket-version", "", kBadVersion},
      {"sec-websocket-version", "12", kBadVersion},
      {"sec-websocket-version", "130", kBadVersion},
      {"sec-websocket-version", "13abc", kBadVersion},
      {"sec-websocket-version", "013", kBadVersion},
      {"sec-websocket-version", "13, 8", kBadVersion},
      {"sec-websocket-protocol", "", kBadProtocol},
      {"sec-websocket-protocol", ",chat", kBadProtocol},
      {"sec-websocket-protocol", "chat,", kBadProtocol},
      {"sec-websocket-protocol", "chat, ,other", kBadProtocol},
      {"sec-websocket-protocol", "two words", kBadProtocol},
      {"sec-websocket-protocol", "chat, a\"b", kBadProtocol},
      {"sec-websocket-protocol", "chat\r\nSet-Cookie: a=b", kBadProtocol},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    CAPTURE(c.value.value_or("(missing)"));
    check_refused(request_with(c.name, c.value), c.reason);
  }
}

TEST_CASE("only GET opens a WebSocket") {
  for (const std::string_view method : {"POST", "PUT", "HEAD", "OPTIONS", "get", ""}) {
    CAPTURE(method);
    http::Request request = good_request();
    request.method = method;
    check_refused(request, kBadMethod);
  }
}

TEST_CASE("a key or version that is given twice is refused") {
  http::Request twice = good_request();
  twice.headers.add("Sec-WebSocket-Key", kKey);
  check_refused(twice, kBadKey);

  twice = good_request();
  twice.headers.add("Sec-WebSocket-Version", "13");
  check_refused(twice, kBadVersion);
}

TEST_CASE("Upgrade and Connection are lists whose letter case does not matter") {
  struct Case {
    std::string_view upgrade;
    std::string_view connection;
  };
  const Case cases[] = {
      {"WebSocket", "upgrade"},
      {"WEBSOCKET", "UPGRADE"},
      {"h2c, websocket", "keep-alive, Upgrade"},
      {"websocket,h2c", "Upgrade,keep-alive"},
      {" websocket ", "\tUpgrade , close"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.upgrade);
    http::Request request = request_with("upgrade", c.upgrade);
    request.headers.set("connection", c.connection);
    CHECK(accepted(request).headers.find("sec-websocket-accept") == kAccept);
  }
}

TEST_CASE("Connection may be spread over several fields") {
  http::Request request = request_with("connection", "keep-alive");
  request.headers.add("Connection", "Upgrade");
  accepted(request);
}

TEST_CASE("the first of the offered subprotocols is selected") {
  struct Case {
    std::string_view offered;
    std::string_view selected;
  };
  const Case cases[] = {
      {"chat", "chat"},
      {"chat, superchat", "chat"},
      {"v10.stomp,v11.stomp", "v10.stomp"},
      {"\t a!#$%&'*+-.^_`|~9 ,b", "a!#$%&'*+-.^_`|~9"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.offered);
    const http::Response response = accepted(request_with("sec-websocket-protocol", c.offered));
    CHECK(response.headers.find("sec-websocket-protocol") == c.selected);
  }
}

TEST_CASE("an offered extension is not answered") {
  for (const std::string_view offer :
       {"permessage-deflate", "permessage-deflate; client_max_window_bits",
        "permessage-deflate; server_max_window_bits=8",
        "permessage-deflate; server_max_window_bits=265, permessage-deflate", "x; y=\"z\"",
        ";;,="}) {
    CAPTURE(offer);
    const http::Response response = accepted(request_with("sec-websocket-extensions", offer));
    CHECK_FALSE(response.headers.contains("sec-websocket-extensions"));
  }
}

TEST_CASE("the refusal is left alone when the handshake is accepted") {
  http::Response refusal;
  refusal.status = 299;
  CHECK(accept_handshake(good_request(), {}, refusal).has_value());
  CHECK(refusal.status == 299);
  CHECK(refusal.headers.empty());
}

}  // namespace patchbay::engineio::ws

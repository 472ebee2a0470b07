// SPDX-License-Identifier: MIT
//
// The opening handshake (RFC 6455 section 4.2). The accept key is computed with websocketpp's
// primitives; its processor is not used, since it takes any field that merely contains the words
// "websocket" and "upgrade", and any key that is not empty.
#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <websocketpp/base64/base64.hpp>
#include <websocketpp/processors/base.hpp>
#include <websocketpp/sha1/sha1.hpp>

#include "ws_codec.hpp"
#include "ws_token.hpp"

namespace patchbay::engineio::ws {
namespace {

constexpr std::size_t kKeyLength = 24;  // base64 of 16 bytes
constexpr std::size_t kSha1Bytes = 20;

bool is_valid_key(std::string_view key) {
  if (key.size() != kKeyLength || !key.ends_with("==")) return false;
  key.remove_suffix(2);
  return std::all_of(key.begin(), key.end(),
                     [](char c) { return websocketpp::is_base64(static_cast<unsigned char>(c)); });
}

std::string accept_key(std::string key) {
  key += websocketpp::processor::constants::handshake_guid;
  std::array<unsigned char, kSha1Bytes> hash{};
  websocketpp::sha1::calc(key.data(), key.size(), hash.data());
  return websocketpp::base64_encode(hash.data(), hash.size());
}

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

bool is_token_list(std::string_view list) {
  while (true) {
    const std::size_t comma = list.find(',');
    if (!is_token(trim(list.substr(0, comma)))) return false;
    if (comma == std::string_view::npos) return true;
    list.remove_prefix(comma + 1);
  }
}

constexpr std::string_view kBadExtensions =
    "Invalid or unacceptable Sec-WebSocket-Extensions header";
constexpr std::string_view kBadVersion = "Missing or invalid Sec-WebSocket-Version header";

// Why the request is refused, in the words that `ws` uses; empty when it is fine. A field that must
// not be repeated fails here when it is, because its joined value is neither a key nor a version.
std::string_view find_fault(const http::Request& request) {
  const http::Headers& headers = request.headers;
  if (request.method != "GET") return "Invalid HTTP method";
  if (!http::list_contains(headers.joined("upgrade"), "websocket")) return "Invalid Upgrade header";
  if (!http::list_contains(headers.joined("connection"), "upgrade")) {
    return "Invalid Connection header";
  }
  if (!is_valid_key(headers.joined("sec-websocket-key"))) {
    return "Missing or invalid Sec-WebSocket-Key header";
  }
  if (headers.joined("sec-websocket-version") != "13") return kBadVersion;
  if (headers.contains("sec-websocket-protocol") &&
      !is_token_list(headers.joined("sec-websocket-protocol"))) {
    return "Invalid Sec-WebSocket-Protocol header";
  }
  return {};
}

http::Response make_refusal(std::string_view fault) {
  http::Response response;
  response.status = 400;
  response.headers.add("content-type", "text/html");
  if (fault == kBadVersion) response.headers.add("sec-websocket-version", "13, 8");
  response.body = fault;
  return response;
}

}  // namespace

Result<Handshake> accept_handshake(const http::Request& request,
                                   const std::optional<PerMessageDeflateOptions>& deflate,
                                   http::Response& refusal) {
  if (const std::string_view fault = find_fault(request); !fault.empty()) {
    refusal = make_refusal(fault);
    return Errc::ws_bad_handshake;
  }

  Handshake handshake;
  http::Headers& headers = handshake.response.headers;
  handshake.response.status = 101;
  headers.add("upgrade", "websocket");
  headers.add("connection", "Upgrade");
  headers.add("sec-websocket-accept", accept_key(request.headers.joined("sec-websocket-key")));
  // Some clients give up when they offered protocols and none is selected, so the first one is.
  if (request.headers.contains("sec-websocket-protocol")) {
    const std::string offered = request.headers.joined("sec-websocket-protocol");
    headers.add("sec-websocket-protocol",
                trim(std::string_view(offered).substr(0, offered.find(','))));
  }
  // Like `ws`, which does not look at what it has no use for.
  if (deflate && request.headers.contains("sec-websocket-extensions")) {
    auto agreed = negotiate_deflate(request.headers.joined("sec-websocket-extensions"), *deflate);
    if (!agreed) {
      refusal = make_refusal(kBadExtensions);
      return agreed.error();
    }
    if (*agreed) {
      headers.add("sec-websocket-extensions", (*agreed)->answer);
      handshake.deflate = (*agreed)->params;
    }
  }
  return handshake;
}

}  // namespace patchbay::engineio::ws

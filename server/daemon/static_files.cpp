// SPDX-License-Identifier: MIT
#include "static_files.hpp"

#include <array>
#include <string>

#include "assets.hpp"
#include "patchbay/protocol/http/accept.hpp"

namespace patchbay::daemon {

namespace {

// In our order of preference.
constexpr std::array<std::string_view, 3> kEncodings{"br", "gzip", "deflate"};

// Nothing from elsewhere, and nothing inline.
constexpr std::string_view kContentSecurityPolicy =
    "default-src 'self'; img-src 'self' blob: data:; connect-src 'self' ws: wss:; "
    "style-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

std::string_view encoded(const Asset& asset, std::string_view encoding) {
  if (encoding == "br") return asset.brotli;
  return encoding == "gzip" ? asset.gzip : asset.deflate;
}

http::Response client_file(const Asset& asset, const engineio::HttpRequest& request) {
  http::Response response;
  const auto known = request.info.headers.find("if-none-match");
  if (known && (*known == asset.etag || *known == "W/" + std::string(asset.etag))) {
    response.status = 304;
    return response;
  }
  response.headers.add("cache-control", "public, max-age=0");
  response.headers.add("content-type", asset.type);
  response.headers.add("etag", asset.etag);
  const auto accepted = request.info.headers.joined("accept-encoding");
  if (const auto encoding = http::choose_encoding(accepted, kEncodings)) {
    response.headers.add("content-encoding", *encoding);
    response.body = encoded(asset, *encoding);
  } else {
    response.body = asset.plain;
  }
  return response;
}

http::Response demo_file(const Asset& asset) {
  http::Response response;
  response.headers.add("content-type", asset.type);
  response.headers.add("cache-control", "no-cache");
  response.headers.add("content-security-policy", kContentSecurityPolicy);
  response.headers.add("x-content-type-options", "nosniff");
  response.headers.add("referrer-policy", "no-referrer");
  response.body = asset.plain;
  return response;
}

}  // namespace

void serve_assets(engineio::HttpRouter& router) {
  for (const Asset& asset : assets()) {
    if (asset.is_client) {
      router.any(std::string(asset.path), [&asset](const engineio::HttpRequest& request) {
        return client_file(asset, request);
      });
    } else {
      router.get(std::string(asset.path),
                 [&asset](const engineio::HttpRequest&) { return demo_file(asset); });
    }
  }
}

}  // namespace patchbay::daemon

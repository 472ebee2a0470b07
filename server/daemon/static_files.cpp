// SPDX-License-Identifier: MIT
#include "static_files.hpp"

#include <array>
#include <charconv>
#include <string>

#include "assets.hpp"

namespace patchbay::daemon {

namespace {

constexpr std::array<std::string_view, 3> kEncodings{"br", "gzip", "deflate"};

// Nothing from elsewhere, and nothing inline.
constexpr std::string_view kContentSecurityPolicy =
    "default-src 'self'; img-src 'self' blob: data:; connect-src 'self' ws: wss:; "
    "style-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// The weight behind "name;q=0.5", 1 when there is none.
double weight_of(std::string_view parameters) {
  const std::size_t q = parameters.find("q=");
  if (q == std::string_view::npos) return 1;
  const std::string_view digits = parameters.substr(q + 2);
  double weight = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), weight);
  return weight;
}

// What the header says about one encoding; 0 when it does not want it.
double weight_in(std::string_view accept_encoding, std::string_view encoding) {
  double any = 0;
  while (!accept_encoding.empty()) {
    const std::size_t comma = accept_encoding.find(',');
    const std::string_view item = accept_encoding.substr(0, comma);
    const std::size_t semicolon = item.find(';');
    const std::string_view name = trimmed(item.substr(0, semicolon));
    const double weight =
        semicolon == std::string_view::npos ? 1 : weight_of(item.substr(semicolon));
    if (http::iequals(name, encoding)) return weight;
    if (name == "*") any = weight;
    accept_encoding =
        comma == std::string_view::npos ? std::string_view() : accept_encoding.substr(comma + 1);
  }
  return any;
}

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
  if (const auto encoding = choose_encoding(accepted)) {
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

std::optional<std::string_view> choose_encoding(std::string_view accept_encoding) {
  std::optional<std::string_view> best;
  double best_weight = 0;
  for (const std::string_view encoding : kEncodings) {
    const double weight = weight_in(accept_encoding, encoding);
    if (weight > best_weight) {
      best = encoding;
      best_weight = weight;
    }
  }
  return best;
}

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

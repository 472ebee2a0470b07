// SPDX-License-Identifier: MIT
#include "static_files.hpp"

#include <span>
#include <string>

#include "embedded_file.hpp"

namespace patchbay {

// Made from the folder demo/ when this is built.
[[nodiscard]] std::span<const EmbeddedFile> embedded_demo_files();

namespace daemon {

namespace {

// Nothing from elsewhere, and nothing inline.
constexpr std::string_view kContentSecurityPolicy =
    "default-src 'self'; img-src 'self' blob: data:; connect-src 'self' ws: wss:; "
    "style-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

http::Response respond(const EmbeddedFile& file) {
  http::Response response;
  response.headers.add("content-type", file.type);
  response.headers.add("cache-control", "no-cache");
  response.headers.add("content-security-policy", kContentSecurityPolicy);
  response.headers.add("x-content-type-options", "nosniff");
  response.headers.add("referrer-policy", "no-referrer");
  response.body = file.plain;
  return response;
}

}  // namespace

void serve_demo(engineio::HttpRouter& router) {
  for (const EmbeddedFile& file : embedded_demo_files()) {
    router.get(file.name == "index.html" ? "/" : "/demo/" + std::string(file.name),
               [&file](const engineio::HttpRequest&) { return respond(file); });
  }
}

}  // namespace daemon

}  // namespace patchbay

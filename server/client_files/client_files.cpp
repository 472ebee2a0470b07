// SPDX-License-Identifier: MIT
#include "patchbay/client_files.hpp"

#include <array>
#include <span>
#include <string>

#include "embedded_file.hpp"
#include "patchbay/protocol/http/accept.hpp"

namespace patchbay {

// Made from the npm package when this is built.
[[nodiscard]] std::span<const EmbeddedFile> embedded_client_files();

namespace {

// In our order of preference, which counts where the client has none.
constexpr std::array<std::string_view, 3> kEncodings{"br", "gzip", "deflate"};

std::string_view encoded(const EmbeddedFile& file, std::string_view encoding) {
  if (encoding == "br") return file.brotli;
  return encoding == "gzip" ? file.gzip : file.deflate;
}

http::Response respond(const EmbeddedFile& file, const engineio::HttpRequest& request) {
  http::Response response;
  const std::string etag = "\"" + std::string(client_files_version()) + "\"";
  const auto known = request.info.headers.find("if-none-match");
  if (known && (*known == etag || *known == "W/" + etag)) {
    response.status = 304;
    return response;
  }
  response.headers.add("cache-control", "public, max-age=0");
  response.headers.add("content-type", file.type);
  response.headers.add("etag", etag);
  const auto accepted = request.info.headers.joined("accept-encoding");
  if (const auto encoding = http::choose_encoding(accepted, kEncodings)) {
    response.headers.add("content-encoding", *encoding);
    response.body = encoded(file, *encoding);
  } else {
    response.body = file.plain;
  }
  return response;
}

}  // namespace

void serve_client_files(Server& io) {
  std::string folder = io.options().path;
  if (!folder.ends_with('/')) folder += '/';
  for (const EmbeddedFile& file : embedded_client_files()) {
    io.http().any(folder + std::string(file.name),
                  [&file](const engineio::HttpRequest& request) { return respond(file, request); });
  }
}

std::string_view client_files_version() {
  return PATCHBAY_CLIENT_VERSION;
}

}  // namespace patchbay

// SPDX-License-Identifier: MIT
#include "polling_answers.hpp"

#include <utility>

namespace patchbay::engineio {

bool has_binary_body(const Exchange& exchange) {
  return exchange.request().headers.find("content-type") == kBinaryPayload;
}

http::Response polling_response(const Exchange& exchange, std::string_view content_type,
                                std::string body) {
  http::Response response{.status = 200, .headers = {}, .body = std::move(body)};
  response.headers.add("content-type", content_type);
  response.headers.add("cache-control", "no-store");
  // Old Internet Explorers guess that an answer with markup in it is an attack.
  const auto agent = exchange.request().headers.find("user-agent");
  if (agent && (agent->find(";MSIE") != std::string_view::npos ||
                agent->find("Trident/") != std::string_view::npos)) {
    response.headers.add("x-xss-protection", "0");
  }
  return response;
}

http::Response bare_response(int status) {
  return {.status = status, .headers = {}, .body = {}};
}

}  // namespace patchbay::engineio

// SPDX-License-Identifier: MIT
#include "redirector.hpp"

#include <string>
#include <string_view>

namespace patchbay::engineio {

namespace {

constexpr std::uint16_t kHttpsPort = 443;

// "example.com:80" without the port; that of an IPv6 address comes behind its bracket.
std::string_view without_port(std::string_view host) {
  const auto bracket = host.rfind(']');
  const auto colon = host.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || bracket < colon);
  return has_port ? host.substr(0, colon) : host;
}

}  // namespace

void Redirector::on_head(const std::shared_ptr<Exchange>& exchange) {
  const http::Request& request = exchange->request();
  const auto host = request.headers.find("host");
  // Where to, nobody can say; and what is not a path (CONNECT, "*") cannot be asked for there.
  if (!host || host->empty() || !request.target.starts_with('/')) {
    exchange->respond(http::make_response(400, "text/plain; charset=UTF-8", "Use https\n"));
    return;
  }
  std::string location = "https://" + std::string(without_port(*host));
  if (https_port_ != kHttpsPort) location += ':' + std::to_string(https_port_);
  location += request.target;
  auto response = http::make_response(308, "text/plain; charset=UTF-8", "Use " + location + "\n");
  response.headers.set("location", location);
  response.headers.set("connection", "close");
  exchange->respond(std::move(response));
}

}  // namespace patchbay::engineio

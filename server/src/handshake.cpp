// SPDX-License-Identifier: MIT
#include "patchbay/handshake.hpp"

#include <ctime>
#include <utility>

namespace patchbay {

namespace {

// The form of JavaScript's Date.prototype.toString() in UTC.
std::string javascript_date(std::chrono::system_clock::time_point time) {
  const std::time_t second = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&second, &parts);
  char text[80];
  const std::size_t size = std::strftime(
      text, sizeof text, "%a %b %d %Y %H:%M:%S GMT+0000 (Coordinated Universal Time)", &parts);
  return {text, size};
}

}  // namespace

Handshake::Handshake(std::shared_ptr<const engineio::Session> session, Value auth)
    : session_(std::move(session)),
      auth_(std::move(auth)),
      issued_(std::chrono::system_clock::now()) {}

Object Handshake::to_object() const {
  Object headers_object;
  for (std::size_t i = 0; i < headers().size(); ++i) {
    const auto name = headers().at(i).name;
    if (!headers_object.contains(name))
      headers_object.set(std::string(name), headers().joined(name));
  }
  Object query_object;
  for (const auto& [key, value] : query().entries()) query_object.set(key, value);
  const auto issued_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(issued_.time_since_epoch());
  return Object{{"headers", std::move(headers_object)},
                {"time", javascript_date(issued_)},
                {"address", address()},
                {"xdomain", xdomain()},
                {"secure", secure()},
                {"issued", issued_ms.count()},
                {"url", url()},
                {"query", std::move(query_object)},
                {"auth", auth_}};
}

}  // namespace patchbay

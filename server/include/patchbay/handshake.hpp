// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "patchbay/engineio/session.hpp"
#include "patchbay/value.hpp"

namespace patchbay {

// What a client said when it connected: the HTTP request that opened the session, and what it sent
// as `auth` to this namespace. Never changes.
class Handshake {
 public:
  Handshake(std::shared_ptr<const engineio::Session> session, Value auth);

  // See Session::request().
  [[nodiscard]] const engineio::RequestInfo& request() const { return session_->request(); }
  [[nodiscard]] const http::Headers& headers() const { return request().headers; }
  // Includes EIO, transport and what the application added.
  [[nodiscard]] const http::Query& query() const { return request().query; }
  [[nodiscard]] const std::string& url() const { return request().url; }
  // Numeric, without port.
  [[nodiscard]] const std::string& address() const { return request().remote_address; }
  // An object; empty when the client sent none.
  [[nodiscard]] const Value& auth() const noexcept { return auth_; }
  // True when the request carried an Origin.
  [[nodiscard]] bool xdomain() const { return headers().contains("origin"); }
  [[nodiscard]] bool secure() const { return request().secure; }
  [[nodiscard]] std::chrono::system_clock::time_point issued() const noexcept { return issued_; }

  // With the names and forms of a Node.js handshake object: headers, time, address, xdomain,
  // secure, issued, url, query, auth.
  [[nodiscard]] Object to_object() const;

 private:
  std::shared_ptr<const engineio::Session> session_;
  Value auth_;
  std::chrono::system_clock::time_point issued_;
};

}  // namespace patchbay

// SPDX-License-Identifier: MIT
//
// One HTTP request and the answer it waits for. The connection makes it; whoever handles the
// request keeps it until it has answered.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "patchbay/engineio/request_info.hpp"
#include "patchbay/protocol/error.hpp"
#include "patchbay/protocol/http/request.hpp"
#include "patchbay/protocol/http/response.hpp"

namespace patchbay::engineio {

class HttpConnection;
class Shard;
class Stream;

// True for headers that several parts of a server may add to an answer, each for itself.
[[nodiscard]] constexpr bool adds_up(std::string_view name) noexcept {
  return name == "set-cookie" || name == "vary";
}

class Exchange {
 public:
  class Listener {
   public:
    // The client's connection went before the answer did.
    virtual void on_exchange_aborted(Exchange& exchange) = 0;

   protected:
    ~Listener() = default;
  };

  Exchange(std::shared_ptr<HttpConnection> connection, http::Request request);

  // How far the dispatcher has come with the request.
  enum class Stage : std::uint8_t {
    fresh,     // nothing has been done about it
    waiting,   // a middleware has not decided yet
    admitted,  // the rest of the engine sees it
  };
  [[nodiscard]] Stage stage() const noexcept { return stage_; }
  void set_stage(Stage stage) noexcept { stage_ = stage; }
  // The request is complete.
  [[nodiscard]] bool complete() const noexcept { return complete_; }
  void set_complete() noexcept { complete_ = true; }

  // Has no body before the body is complete.
  [[nodiscard]] const http::Request& request() const noexcept { return request_; }
  [[nodiscard]] const http::Query& query() const noexcept { return query_; }
  [[nodiscard]] Shard& shard() noexcept { return *shard_; }
  // Everything of the request but its body, for functions of the application's. Made when first
  // asked for, since most requests do without.
  [[nodiscard]] const RequestInfo& info() const;
  [[nodiscard]] const std::string& remote_address() const noexcept { return remote_address_; }
  // The address of who is behind a proxy, instead of the proxy's.
  void set_client_address(std::string address) {
    behind_proxy_ = address != remote_address_;
    remote_address_ = std::move(address);
  }
  [[nodiscard]] bool behind_proxy() const noexcept { return behind_proxy_; }
  // Over TLS.
  [[nodiscard]] bool secure() const noexcept { return secure_; }
  [[nodiscard]] std::chrono::system_clock::time_point received() const noexcept {
    return received_;
  }

  // Headers that whatever answers this request gets, unless it sets them itself; those that add up
  // it gets in any case.
  [[nodiscard]] http::Headers& common_headers() noexcept { return common_headers_; }

  // Nothing has been answered and the client is still there.
  [[nodiscard]] bool pending() const noexcept { return connection_ != nullptr; }
  // The following do nothing unless pending().
  void respond(http::Response response);
  void abort();
  // Ends HTTP on this connection: sends the 101 response and hands over the stream with what came
  // behind the request.
  std::shared_ptr<Stream> upgrade(http::Response response, std::string& leftover);

  // At most one; must call set_listener(nullptr) before it goes.
  void set_listener(Listener* listener) noexcept { listener_ = listener; }

 private:
  friend class HttpConnection;
  [[nodiscard]] RequestInfo make_info() const;
  void set_body(std::string body) { request_.body = std::move(body); }
  void on_connection_lost();
  void add_common_headers(http::Response& response) const;

  std::shared_ptr<HttpConnection> connection_;
  Shard* shard_;
  std::string remote_address_;
  bool secure_;
  std::chrono::system_clock::time_point received_;
  http::Request request_;
  http::Query query_;
  http::Headers common_headers_;
  mutable std::unique_ptr<RequestInfo> info_;
  Listener* listener_ = nullptr;
  Stage stage_ = Stage::fresh;
  bool complete_ = false;
  bool behind_proxy_ = false;
};

// What an engine does with requests.
class RequestHandler {
 public:
  [[nodiscard]] virtual Shard& shard() noexcept = 0;
  // Who handles a request with this head: this one, or that of another shard. Then the connection
  // moves there, before anything else is done about the request.
  [[nodiscard]] virtual RequestHandler& owner_of(const http::Request& request) = 0;
  // The head is complete. May answer already; then the body is not waited for.
  virtual void on_head(const std::shared_ptr<Exchange>& exchange) = 0;
  // The request is complete. Called only when on_head() has not answered.
  virtual void on_request(const std::shared_ptr<Exchange>& exchange) = 0;
  // A request was refused before there was an exchange to speak of, or ended half way.
  virtual void on_refused(Errc why) = 0;
  // The body is larger than allowed; answer or not, the connection closes afterwards.
  virtual void on_body_too_large(const std::shared_ptr<Exchange>& exchange) = 0;

 protected:
  ~RequestHandler() = default;
};

}  // namespace patchbay::engineio

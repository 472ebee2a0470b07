// SPDX-License-Identifier: MIT
//
// Functions that see every request of the engine before the engine does.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "patchbay/engineio/request_info.hpp"
#include "patchbay/protocol/http/headers.hpp"
#include "patchbay/protocol/http/response.hpp"

namespace patchbay::engineio {

// What a middleware decides about one request. May be copied, kept, and used later from any thread,
// as long as the engine exists; the first call counts. If every copy is destroyed unused, the
// request fails.
class EngineNext {
 public:
  struct Pending {
    virtual ~Pending() = default;
    virtual void go_on(http::Headers headers) = 0;
    virtual void respond(http::Response response) = 0;
    virtual void fail(std::string why) = 0;
  };
  explicit EngineNext(std::shared_ptr<Pending> pending) : pending_(std::move(pending)) {}

  // On to the next middleware, and at last to the engine. Whatever answers the request gets these
  // headers, also the 101 that opens a WebSocket. They replace those of middlewares before, but for
  // Set-Cookie and Vary, which add up. Headers that are the answer's own (Content-Type) stay as
  // they are.
  void operator()(http::Headers headers = {}) const { pending_->go_on(std::move(headers)); }
  // Answers the request; the engine does not see it.
  void respond(http::Response response) const { pending_->respond(std::move(response)); }
  // Refuses the request: code 3, "Bad request". `why` goes to Engine::on_connection_error alone.
  void fail(std::string why = {}) const { pending_->fail(std::move(why)); }

 private:
  std::shared_ptr<Pending> pending_;
};

// Called on the loop that read the request, when its head is there: the body of a POST may not be,
// and is never shown. The reference lives for the call. An exception fails the request.
using EngineMiddleware = std::function<void(const RequestInfo& request, EngineNext next)>;

// Changes the headers of an answer. Called on the session's loop; must not throw.
using HeadersHook = std::function<void(http::Headers& headers, const RequestInfo& request)>;

}  // namespace patchbay::engineio

// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "patchbay/handler.hpp"

namespace patchbay {

// Why a middleware turns a client, or an event, away. For a client: what its "connect_error" gets.
struct ConnectError {
  std::string message;
  Value data = {};  // null: absent
};

// How a middleware passes on, turns away, or ends. Copies belong to the same step, of which the
// first call counts. Any thread, now or later. When every copy is destroyed unused, that turns
// away. Must not be kept longer than the Server lives.
class Next {
 public:
  struct Step {
    virtual ~Step() = default;
    virtual void proceed() = 0;
    virtual void reject(ConnectError error) = 0;
    virtual void stop() { reject({.message = "Internal server error", .data = {}}); }
  };
  explicit Next(std::shared_ptr<Step> step) : step_(std::move(step)) {}

  void operator()() const { step_->proceed(); }
  void operator()(ConnectError error) const { step_->reject(std::move(error)); }
  // The event has been dealt with: it reaches no handler, and that is no error. A client on its way
  // into a namespace is turned away by it.
  void stop() const { step_->stop(); }

 private:
  std::shared_ptr<Step> step_;
};

using ConnectionHandler = std::function<void(SocketPtr socket)>;
using Middleware = std::function<void(SocketPtr socket, Next next)>;

// An event of a client's on its way through the middlewares of its socket, which may change it.
struct IncomingEvent {
  std::string name;
  Array args;
  Ack ack;
  // Called right before the handlers are, if the event comes that far.
  std::function<void()> before_handlers = {};
};
// The event lives until `next` has been called or dropped.
using EventMiddleware = std::function<void(IncomingEvent& event, Next next)>;

}  // namespace patchbay

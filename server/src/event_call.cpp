// SPDX-License-Identifier: MIT
#include "patchbay/handler.hpp"
#include "patchbay/server.hpp"

namespace patchbay {

namespace {

std::string text_of(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "unknown exception";
  }
}

}  // namespace

void EventCall::report(Namespace& nsp, SocketPtr socket, std::string_view event,
                       std::exception_ptr exception) {
  std::string message = text_of(exception);
  nsp.server().report({.socket = std::move(socket),
                       .event = std::string(event),
                       .message = std::move(message),
                       .exception = std::move(exception)});
}

void EventCall::reject_arguments(std::string text) const {
  ack(Object{{"error", text}});
  nsp->server().report({.socket = socket,
                        .event = std::string(event),
                        .message = std::move(text),
                        .exception = nullptr});
}

void EventCall::report_exception(std::exception_ptr exception) const {
  report(*nsp, socket, event, std::move(exception));
}

void EventCall::report_exception(const SocketPtr& socket, std::string_view event,
                                 std::exception_ptr exception) {
  report(socket->nsp(), socket, event, std::move(exception));
}

void EventCall::report_exception(Namespace& nsp, std::string_view event,
                                 std::exception_ptr exception) {
  report(nsp, nullptr, event, std::move(exception));
}

engineio::Loop& EventCall::loop() const {
  return socket ? socket->loop() : nsp->server().engine().loop(0);
}

}  // namespace patchbay

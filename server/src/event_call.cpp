// SPDX-License-Identifier: MIT
#include "patchbay/handler.hpp"
#include "patchbay/server.hpp"

namespace patchbay {

void EventCall::reject_arguments(std::string text) const {
  ack(Object{{"error", text}});
  socket->nsp().server().report({.socket = socket,
                                 .event = std::string(event),
                                 .message = std::move(text),
                                 .exception = nullptr});
}

void EventCall::report_exception(const SocketPtr& socket, std::string_view event,
                                 std::exception_ptr exception) {
  std::string message = "unknown exception";
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& error) {
    message = error.what();
  } catch (...) {  // NOLINT(bugprone-empty-catch): the text says all there is to say
  }
  socket->nsp().server().report({.socket = socket,
                                 .event = std::string(event),
                                 .message = std::move(message),
                                 .exception = std::move(exception)});
}

}  // namespace patchbay

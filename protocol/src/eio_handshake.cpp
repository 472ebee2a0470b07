// SPDX-License-Identifier: MIT
#include "patchbay/protocol/eio/handshake.hpp"

#include "patchbay/protocol/eio/close_reason.hpp"
#include "patchbay/protocol/json.hpp"

namespace patchbay::eio {

std::string_view to_string(Transport transport) noexcept {
  return transport == Transport::polling ? "polling" : "websocket";
}

std::string_view to_string(CloseReason reason) noexcept {
  switch (reason) {
    case CloseReason::transport_error:
      return "transport error";
    case CloseReason::transport_close:
      return "transport close";
    case CloseReason::forced_close:
      return "forced close";
    case CloseReason::ping_timeout:
      return "ping timeout";
    case CloseReason::parse_error:
      return "parse error";
  }
  return "transport error";
}

std::string_view message_for(HandshakeError error) noexcept {
  switch (error) {
    case HandshakeError::transport_unknown:
      return "Transport unknown";
    case HandshakeError::session_id_unknown:
      return "Session ID unknown";
    case HandshakeError::bad_handshake_method:
      return "Bad handshake method";
    case HandshakeError::bad_request:
      return "Bad request";
    case HandshakeError::forbidden:
      return "Forbidden";
    case HandshakeError::unsupported_protocol_version:
      return "Unsupported protocol version";
  }
  return "Bad request";
}

std::string error_body(HandshakeError error, std::string_view message) {
  return to_json(Object{{"code", static_cast<int>(error)}, {"message", message}});
}

std::string open_packet_data(std::string_view sid, bool offer_websocket,
                             const SessionConfig& config) {
  Array upgrades;
  if (offer_websocket) upgrades.emplace_back("websocket");
  return to_json(Object{{"sid", sid},
                        {"upgrades", std::move(upgrades)},
                        {"pingInterval", config.ping_interval.count()},
                        {"pingTimeout", config.ping_timeout.count()},
                        {"maxPayload", config.max_payload}});
}

}  // namespace patchbay::eio

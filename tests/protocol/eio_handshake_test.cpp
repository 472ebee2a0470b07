// SPDX-License-Identifier: MIT
#include "patchbay/protocol/eio/handshake.hpp"

#include <doctest/doctest.h>

using namespace patchbay;
using namespace patchbay::eio;

TEST_CASE("the open packet has exactly upstream's keys in upstream's order") {
  SessionConfig config;
  config.ping_interval = Millis(300);
  config.ping_timeout = Millis(200);
  CHECK(open_packet_data("abc", true, config) ==
        R"({"sid":"abc","upgrades":["websocket"],"pingInterval":300,"pingTimeout":200,)"
        R"("maxPayload":1000000})");
  CHECK(open_packet_data("abc", false, config).find(R"("upgrades":[])") != std::string::npos);
}

TEST_CASE("refusals carry code and message") {
  CHECK(error_body(HandshakeError::session_id_unknown,
                   message_for(HandshakeError::session_id_unknown)) ==
        R"({"code":1,"message":"Session ID unknown"})");
  CHECK(error_body(HandshakeError::forbidden, "say \"please\"") ==
        R"({"code":4,"message":"say \"please\""})");
}

TEST_CASE("the messages are those of Node.js servers") {
  CHECK(message_for(HandshakeError::transport_unknown) == "Transport unknown");
  CHECK(message_for(HandshakeError::bad_handshake_method) == "Bad handshake method");
  CHECK(message_for(HandshakeError::bad_request) == "Bad request");
  CHECK(message_for(HandshakeError::forbidden) == "Forbidden");
  CHECK(message_for(HandshakeError::unsupported_protocol_version) ==
        "Unsupported protocol version");
}

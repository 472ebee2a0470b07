// SPDX-License-Identifier: MIT
//
// The checks that a request has to pass, in the order that clients of Node.js servers know, and how
// one that fails is told so.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine_core.hpp"
#include "exchange.hpp"
#include "patchbay/protocol/eio/handshake.hpp"
#include "patchbay/protocol/error.hpp"
#include "patchbay/protocol/value.hpp"

namespace patchbay::engineio {

class LiveSession;

struct Refusal {
  eio::HandshakeError code;
  Object context;       // as ConnectionError has it
  std::string message;  // empty: the usual one for the code
  int status = 0;       // 0: the usual one for the code
};

// One of the engine's limits stands against a handshake: 429 when it is the client's own, else 503,
// with Retry-After.
[[nodiscard]] Refusal limit_reached(Errc limit);
[[nodiscard]] http::Response limit_response(Errc limit);

// Code 3, which has several reasons: `name` says which it was.
[[nodiscard]] Refusal bad_request(std::string_view name, Object details = {});

// What stands before the checks, a middleware or a function about origins, failed or threw.
[[nodiscard]] Refusal middleware_failure(std::string_view why);

// A parameter of the query; empty when absent.
[[nodiscard]] std::string_view parameter(const Exchange& exchange, std::string_view name);
// The request asks for a WebSocket.
[[nodiscard]] bool is_upgrade(const Exchange& exchange);

// What CorsOrigin::allows() has to be given: making it is spared where it is not looked at.
[[nodiscard]] const RequestInfo& info_for(const CorsOrigin& origin, const Exchange& exchange);

// What is wrong with a request; nothing, when it may go on.
[[nodiscard]] std::optional<Refusal> check_transport(const EngineCore& core,
                                                     const Exchange& exchange);
[[nodiscard]] std::optional<Refusal> check_session_request(const Exchange& exchange,
                                                           const LiveSession& session);
[[nodiscard]] std::optional<Refusal> check_handshake(const Exchange& exchange);
[[nodiscard]] std::optional<Refusal> check_revision(const EngineCore& core,
                                                    const Exchange& exchange);
// Of a request that wants to open a session or a WebSocket: EngineOptions::allowed_origins.
[[nodiscard]] std::optional<Refusal> check_origin(const EngineCore& core, const Exchange& exchange);

// Answers, and reports to Engine::on_connection_error. Nothing when the client has left.
void refuse(const EngineCore& core, Exchange& exchange, const Refusal& refusal);

}  // namespace patchbay::engineio

// SPDX-License-Identifier: MIT
//
// Clients show a token when they join a namespace, and stay for as long as it is good:
//
//   const io = require("socket.io-client")(url, { auth: { token } });
//
// Who has none is turned away (connect_error: message, data.code). Before their token expires,
// clients may send a fresh one; else they are disconnected.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "patchbay/auth/jwt.hpp"
#include "patchbay/namespace.hpp"

namespace patchbay {

struct JwtAuthOptions {
  // Where in `auth` the token is. "Bearer " before it is passed over.
  std::string field = "token";
  // What the client is told who is turned away; beside it {code: label of the JwtError}.
  std::string message = "unauthorized";
  // Keeps all claims as socket->data()["claims"], where other servers see them.
  bool keep_claims = false;
  // The event by which a client sends a fresh token, alone. It is acknowledged with {expires:
  // seconds since 1970, or null}, or with {error: sentence, code: label}. Empty: there is none.
  std::string refresh_event = "auth:refresh";
  // Emitted to a client right before it is disconnected: {error, code}. Empty: nothing is.
  std::string expired_event = "auth:expired";
  // To check a signature costs much more than to send one: who sends so many fresh tokens in a row
  // that are refused is disconnected.
  std::size_t max_refused_refreshes = 5;
  // Closes the connection with all its namespaces, instead of disconnecting from this one.
  bool close_connection = false;
  // Wall-clock time. For tests.
  std::function<JwtTime()> clock = {};
};

// Asks for tokens. A value; copies share their keys. Any thread.
//
// A client whose token is good has it as its Socket::user(), from there on. When the token has
// expired (the skew counts) the socket is disconnected; the detail for "disconnect" handlers begins
// with "jwt_expired". Nothing of that outlives the socket.
class JwtAuth {
 public:
  explicit JwtAuth(JwtVerifier verifier, JwtAuthOptions options = {});

  // Asks everybody who wants to join the namespace, also who comes back (recovery): tokens expire
  // meanwhile. Before clients connect.
  void install(Namespace& nsp) const;

  // The middleware itself, for use() among others. Clients that come back are only asked when
  // RecoveryOptions::skip_middlewares is off.
  [[nodiscard]] Middleware middleware() const;

  // See JwtVerifier.
  void replace_keys(JwtKeys keys);

 private:
  struct State;
  class Watch;
  std::shared_ptr<State> state_;
};

}  // namespace patchbay

// SPDX-License-Identifier: MIT
//
// Mode --socketio: /tokens has tokens, /schemas schemas, /idempotent events that are handled once,
// and /numbered rooms with numbers.
#include <asio/steady_timer.hpp>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "conformance_server.hpp"
#include "patchbay/patchbay.hpp"
#ifdef CONFORMANCE_AUTH
#include "patchbay/auth/jwt_auth.hpp"
#endif

namespace patchbay::conformance {

namespace {

// Longer than the client's ackTimeout, so that it tries again meanwhile.
constexpr Millis kSlow{300};

void add_tokens([[maybe_unused]] Namespace& nsp) {
#ifdef CONFORMANCE_AUTH
  JwtOptions options;
  options.keys.add_secret("a secret of thirty-two bytes, or more");
  options.clock_skew = std::chrono::seconds(0);
  JwtAuth(JwtVerifier(std::move(options))).install(nsp);
  nsp.on_connection([](const SocketPtr& socket) {
    socket->on("user", [&socket = *socket] { return socket.user(); });
  });
#endif
}

void add_schemas(Namespace& nsp) {
  EventSchemas schemas;
  schemas.add("point", R"({"items":[{"type":"object","required":["x"],
    "properties":{"x":{"type":"integer"}}}],"minItems":1,"additionalItems":false})");
  schemas.add("file", R"({"items":[{"type":"binary","maxBytes":10}],"minItems":1})");
  schemas.install(nsp);
  nsp.on_connection([](const SocketPtr& socket) {
    socket->on("point", [](const Value& point) { return point["x"]; });
    socket->on("file", [](const Bytes& file) { return file.size(); });
  });
}

// "slow" answers how often it has run, but only when a client that is in a hurry has tried again.
void add_once(Namespace& nsp) {
  nsp.use([](const SocketPtr& socket, const Next& next) {
    const Value& name = socket->handshake().auth()["name"];
    if (name.is_string()) socket->set_user(name.as_string());
    next();
  });
  Idempotency().install(nsp);
  nsp.on_connection([calls = std::make_shared<std::atomic<int>>(0)](const SocketPtr& socket) {
    socket->on("slow", [&socket = *socket, calls](const std::string& /*key*/, const Ack& ack) {
      const int call = ++*calls;
      auto timer = std::make_shared<asio::steady_timer>(socket.loop().io_context(), kSlow);
      timer->async_wait([timer, ack, call](asio::error_code error) {
        if (!error) ack(call);
      });
    });
  });
}

void add_numbers(Namespace& nsp) {
  nsp.on_connection([numbers = RoomSequence(nsp)](const SocketPtr& socket) {
    socket->on("subscribe", [&socket = *socket, numbers](const std::string& room) {
      numbers.join(socket.shared_from_this(), room);
    });
    socket->on("publish", [numbers](const std::string& room, const Value& what) {
      numbers.emit(room, "news", what);
    });
  });
}

}  // namespace

void add_guards(Server& io) {
  add_tokens(io.of("/tokens"));
  add_schemas(io.of("/schemas"));
  add_once(io.of("/idempotent"));
  add_numbers(io.of("/numbered"));
}

}  // namespace patchbay::conformance

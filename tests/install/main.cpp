// SPDX-License-Identifier: MIT
// What a user would write first; it listens, and stops at once.
#include <patchbay/patchbay.hpp>
#ifdef WITH_CLIENT_FILES
#include <patchbay/client_files.hpp>
#endif
#ifdef WITH_AUTH
#include <patchbay/auth/jwt_auth.hpp>
#endif
#ifdef WITH_REDIS
#include <patchbay/redis/redis.hpp>
#endif

int main() {
  patchbay::ServerOptions options;
#ifdef WITH_REDIS
  // Nobody is there, and it serves all the same.
  options.adapter = patchbay::redis::classic_adapter({.url = "redis://127.0.0.1:1"});
#endif
  patchbay::Server io(options);
  io.on_connection([&](patchbay::SocketPtr socket) {
    socket->join("lobby");
    socket->on("chat message",
               [&](std::string text) { io.to("lobby").emit("chat message", text); });
    socket->on("add", [](int a, int b) { return a + b; });
    socket->on("upload", [](patchbay::Bytes file, patchbay::Ack ack) { ack(file.size()); });
  });
#ifdef WITH_CLIENT_FILES
  patchbay::serve_client_files(io);
#endif
#ifdef WITH_AUTH
  patchbay::JwtOptions tokens;
  tokens.keys.add_secret("a secret of thirty-two bytes, or more");
  patchbay::JwtAuth(patchbay::JwtVerifier(tokens)).install(io.of("/members"));
#endif
  io.listen(0);
  io.close();
  io.run();
}

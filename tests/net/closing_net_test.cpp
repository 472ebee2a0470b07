// SPDX-License-Identifier: MIT
//
// Other threads do not know when a server closes.
#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../support/net_client.hpp"
#include "patchbay/server.hpp"

using namespace patchbay;
using namespace patchbay::test;

TEST_CASE("threads may go on emitting while the server closes, and after that") {
  for (const std::size_t loops : {1, 4}) {
    CAPTURE(loops);
    ServerOptions options;
    options.threads = loops;
    options.connection_state_recovery = RecoveryOptions();
    Server io(std::move(options));
    std::promise<SocketPtr> joined;
    io.on_connection([&joined](SocketPtr socket) {
      socket->join("room");
      joined.set_value(std::move(socket));
    });
    const std::uint16_t port = io.listen(0, "127.0.0.1");
    std::promise<void> running;
    io.engine().loop(0).post([&running] { running.set_value(); });
    std::thread server([&io] { io.run(); });
    running.get_future().wait();
    std::optional<NetClient> client(port);
    client->join();
    const SocketPtr socket = joined.get_future().get();

    std::atomic<bool> closed{false};
    std::vector<std::thread> emitters;
    for (int e = 0; e < 3; ++e) {
      emitters.emplace_back([&] {
        for (int after = 0; after < 50; after += closed ? 1 : 0) {
          io.emit("e", 1);
          io.to("room").emit("e", 2);
          socket->emit("e", 3);
          io.to("room").sockets_join("another");
          std::this_thread::sleep_for(Millis(1));  // not more than the loops can take
        }
      });
    }
    CHECK(client->receive());
    client.reset();  // else the server gives it time to say goodbye
    io.close();
    server.join();
    closed = true;
    for (std::thread& emitter : emitters) emitter.join();
    CHECK_FALSE(socket->connected());
  }
}

// SPDX-License-Identifier: MIT
//
// A Socket.IO server on several threads, and clients of it over real WebSockets.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "loop_thread.hpp"
#include "net_client.hpp"
#include "patchbay/protocol/json.hpp"
#include "patchbay/server.hpp"

namespace patchbay::test {

// What follows the head of a Socket.IO packet: an object or an array.
inline Value payload_of(std::string_view packet) {
  const auto begin = packet.find_first_of("{[");
  REQUIRE(begin != std::string_view::npos);
  const auto value = parse_json(packet.substr(begin), Limits().json_depth);
  REQUIRE(value);
  return *value;
}

// A client that remembers what it needs to come back.
struct ShardClient {
  explicit ShardClient(std::uint16_t port) : net(port) {}

  // Joins a namespace. Events that come before the reply, as they do after a recovery, are kept.
  void join(std::string_view nsp = {}, std::string_view auth = {}) {
    net.send("0" + (nsp.empty() ? std::string() : std::string(nsp) + ",") + std::string(auth));
    while (true) {
      const auto packet = net.receive();
      REQUIRE(packet);
      if (!packet->starts_with('0')) {
        early.push_back(*packet);
        continue;
      }
      const Value data = payload_of(*packet);
      sid = data["sid"].as_string();
      if (data["pid"].is_string()) pid = data["pid"].as_string();
      return;
    }
  }
  // The arguments of the next event, its name first.
  Array next() {
    const auto packet = next_packet();
    REQUIRE(packet);
    return payload_of(*packet).as_array();
  }
  std::optional<std::string> next_packet() {
    if (early.empty()) return net.receive();
    std::string packet = std::move(early.front());
    early.erase(early.begin());
    return packet;
  }

  NetClient net;
  std::string sid;
  std::string pid;
  std::vector<std::string> early;
};

class ShardedServer {
 public:
  explicit ShardedServer(std::size_t threads, ServerOptions options = {})
      : io(with(std::move(options), threads)) {
    io.on_connection([this](const SocketPtr& socket) { on_joined(socket); });
  }
  ~ShardedServer() { stop(); }
  ShardedServer(const ShardedServer&) = delete;
  ShardedServer& operator=(const ShardedServer&) = delete;

  void start() {
    port = io.listen(0, "127.0.0.1");
    thread_.start(io.engine().loop(0), [this] { io.run(); });
  }
  void stop() {
    thread_.stop([this] { io.close(); });
  }

  std::unique_ptr<ShardClient> connect() const {
    auto client = std::make_unique<ShardClient>(port);
    client->join();
    return client;
  }
  std::vector<std::unique_ptr<ShardClient>> connect(std::size_t count) const {
    std::vector<std::unique_ptr<ShardClient>> clients;
    for (std::size_t i = 0; i < count; ++i) clients.push_back(connect());
    return clients;
  }

  // The socket with this id, once its connection handlers have run.
  SocketPtr socket(const std::string& id) {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, kPatience, [&] { return sockets_.contains(id); }));
    return sockets_.at(id);
  }
  // Waits until it has been disconnected.
  void wait_for_end(const std::string& id) {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, kPatience, [&] { return !sockets_.contains(id); }));
  }

  // Waits until every loop has done what it is doing now.
  void settle() {
    for (std::size_t i = 0; i < io.engine().loop_count(); ++i) {
      std::promise<void> done;
      io.engine().loop(i).post([&done] { done.set_value(); });
      done.get_future().wait();
    }
  }

  static constexpr std::chrono::seconds kPatience{20};
  Server io;
  std::uint16_t port = 0;

 private:
  static ServerOptions with(ServerOptions options, std::size_t threads) {
    options.threads = threads;
    return options;
  }
  void on_joined(const SocketPtr& socket) {
    socket->on("disconnect", [this, id = socket->id()] {
      const std::lock_guard lock(mutex_);
      sockets_.erase(id);
      changed_.notify_all();
    });
    const std::lock_guard lock(mutex_);
    sockets_[socket->id()] = socket;
    changed_.notify_all();
  }

  LoopThread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, SocketPtr> sockets_;
};

}  // namespace patchbay::test

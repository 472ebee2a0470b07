// SPDX-License-Identifier: MIT
//
// Mode --socketio: namespaces that come into being when a client asks for them.
#include <algorithm>
#include <asio/steady_timer.hpp>
#include <memory>
#include <mutex>
#include <regex>
#include <string>
#include <utility>

#include "conformance_server.hpp"
#include "patchbay/patchbay.hpp"

namespace patchbay::conformance {

namespace {

constexpr Millis kThinking{50};

// Namespaces, in the order in which they came into being on whichever loop.
struct Announced {
  std::mutex mutex;
  Array names;
};

void add_common(Socket& socket, ParentNamespace& dynamic) {
  socket.on("who", [&socket] { return Object{{"nsp", socket.nsp().name()}, {"id", socket.id()}}; });
  socket.on("to-own", [&socket](const Value& value) { socket.nsp().emit("hello", value); });
  socket.on("to-all", [&dynamic](const Value& value) { dynamic.emit("hello", value); });
}

void add_questions(Server& io, ParentNamespace& dynamic) {
  const auto announced = std::make_shared<Announced>();
  io.on_new_namespace([announced](Namespace& nsp) {
    const std::lock_guard lock(announced->mutex);
    announced->names.emplace_back(nsp.name());
  });
  io.on_connection([&io, &dynamic, announced](const SocketPtr& socket) {
    socket->on("announced", [announced] {
      const std::lock_guard lock(announced->mutex);
      return announced->names;
    });
    socket->on("children", [&dynamic] {
      std::vector<std::string> names;
      for (const auto& child : dynamic.children()) names.push_back(child->name());
      std::ranges::sort(names);
      return names;
    });
    socket->on("of", [&io](const std::string& name, Ack ack) {
      io.of(name);
      ack();
    });
  });
}

}  // namespace

void add_dynamic_namespaces(Server& io) {
  ParentNamespace& dynamic = io.of(std::regex("^/dynamic-\\d+$"));
  dynamic.use([](const SocketPtr& socket, const Next& next) {
    if (!socket->handshake().auth()["refuse"].is_null()) {
      return next({.message = "refused by the parent"});
    }
    next();
  });
  ParentNamespace& by_auth = io.of([](const std::string& name, const Value& auth) {
    return name.starts_with("/private-") && auth["token"] == Value("secret");
  });
  ParentNamespace& later =
      io.of([&io](const std::string& name, const Value&, NamespaceReply reply) {
        auto timer =
            std::make_shared<asio::steady_timer>(io.engine().loop(0).io_context(), kThinking);
        timer->async_wait([timer, name, reply = std::move(reply)](asio::error_code error) {
          if (!error && name.starts_with("/later-")) return reply.accept();
          reply.refuse();
        });
      });
  for (ParentNamespace* parent : {&dynamic, &by_auth, &later}) {
    parent->on_connection([&dynamic](const SocketPtr& socket) { add_common(*socket, dynamic); });
  }
  add_questions(io, dynamic);
}

}  // namespace patchbay::conformance

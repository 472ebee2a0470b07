// SPDX-License-Identifier: MIT
//
// Who is connected, and where, over all servers of a cluster.
//
//   patchbay::Presence presence(io.sockets());
//   presence.on_join([](const std::string& user) { ... });
//   presence.on_leave([](const std::string& user) { ... });
//
// Users are those of Socket::set_user(). Servers tell each other by server_side_emit(), whatever
// the adapter: when a user's first socket comes and the last one goes, and now and then how often
// they have done so. Who has missed something asks, so the lists are right again soon after a
// connection was lost; who is not heard any more is dead, and its users have left.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "patchbay/namespace.hpp"
#include "patchbay/protocol/time.hpp"

namespace patchbay {

struct PresenceOptions {
  // How this server is called in where(). Different for each of them; by default something random.
  std::string node = {};
  // How often a server says that it lives, and after what time of silence it is dead. The same for
  // all.
  Millis heartbeat{2'000};
  Millis timeout{7'000};
  // How long a user may be without a socket of this server's before that is told: a page that is
  // loaded again is neither a leaving nor a coming.
  Millis linger{1'000};
};

// Made before clients connect, and destroyed when nobody runs the server, which outlives it. The
// functions may be called from any thread.
class Presence {
 public:
  // Throws std::invalid_argument when an option makes no sense.
  explicit Presence(Namespace& nsp, PresenceOptions options = {});
  ~Presence();
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;

  // A user who was nowhere is somewhere; one who was somewhere is nowhere. Called on the first
  // loop. Set before clients connect.
  void on_join(std::function<void(const std::string& user)> listener);
  void on_leave(std::function<void(const std::string& user)> listener);

  // This server goes: its users are nowhere for the others now, not only after the timeout. To be
  // said before Server::close(), or behind a drain.
  void stop();

  [[nodiscard]] const std::string& node() const noexcept;
  [[nodiscard]] bool online(std::string_view user) const;
  // The nodes on which the user has sockets, in the order of their names. For the sockets
  // themselves: to_user(user).fetch_sockets(...).
  [[nodiscard]] std::vector<std::string> where(std::string_view user) const;
  // All who are somewhere, in the order of their names.
  [[nodiscard]] std::vector<std::string> users() const;
  // The servers that are known, this one included.
  [[nodiscard]] std::vector<std::string> nodes() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace patchbay

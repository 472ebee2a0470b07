// SPDX-License-Identifier: MIT
#pragma once

#include <sys/epoll.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "wire.hpp"

namespace patchbay::bench {

/// Answers what the handlers of a bench server answer, with as few system calls as there can be and
/// no work beside them: no timers per connection, no JSON, no checks. It believes its clients, and
/// is of no use but as a lower bound.
///
/// Everything of one turn (what epoll has at once) that goes to one connection leaves in one call.
class Server {
 public:
  /// Listens; 0 takes any free port. Throws std::system_error.
  explicit Server(std::uint16_t port);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  std::uint16_t port() const;
  [[noreturn]] void run();

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  enum class Kind : std::uint8_t { kHttp, kWebSocket };

  struct Room {
    std::vector<int> members;
    std::string out;
  };

  /// A connection, found by its descriptor. Small, for there are many.
  struct Peer {
    std::unique_ptr<std::string> unsent;
    std::unique_ptr<std::string> partial;
    std::unique_ptr<std::vector<Room*>> rooms;
    std::uint32_t session = kNone;
    std::uint32_t place = kNone;  ///< in joined_
    Kind kind = Kind::kHttp;
  };

  /// An Engine.IO session by long-polling.
  struct Session {
    std::string waiting;  ///< packets, as a body
    int poll = -1;        ///< the connection whose GET waits
  };

  // server.cpp: sockets
  void accept_all();
  void on_events(int fd, std::uint32_t events);
  void receive(int fd, bool to_the_end);
  void send_to(int fd, std::string_view bytes);
  void send_unsent(int fd);
  void drop(int fd);
  void send_pings();

  // polling.cpp: HTTP, and Engine.IO by long-polling
  std::size_t on_requests(int fd, std::string_view data);
  std::size_t on_request(int fd, std::string_view data);
  void on_get(int fd, std::string_view target);
  void on_post(std::string_view target, std::string_view body);
  void on_polled_packet(std::uint32_t session, std::string_view packet);
  void start_websocket(int fd, std::string_view target);
  void answer_poll(std::uint32_t session);
  std::uint32_t add_session();
  void free_session(std::uint32_t session);

  // websocket.cpp: frames and events
  std::size_t on_frames(int fd, std::string_view data);
  void on_text(int fd, std::string_view text);
  void on_event(int fd, std::string_view packet);
  void acknowledge(std::string_view id, std::string_view rest);
  void on_probe(int fd);
  void join(int fd, std::string_view room);
  void leave(int fd, std::string_view room);
  void leave_all(int fd);
  void append_event_frame(std::string& out, std::string_view before, std::string_view after);
  void send_fan_out();

  void reply(std::string_view bytes);
  void reserve_reply(std::size_t bytes);

  int epoll_ = -1;
  int listener_ = -1;
  std::vector<Peer> peers_;
  std::vector<int> joined_;
  std::vector<Session> sessions_;
  std::vector<std::uint32_t> free_sessions_;
  std::unordered_map<std::string, std::unique_ptr<Room>> rooms_;
  std::vector<Room*> rooms_with_out_;
  std::string broadcast_out_;
  std::vector<char> in_;
  /// What goes back to the connection that is being served.
  std::vector<char> out_;
  std::size_t out_size_ = 0;
};

}  // namespace patchbay::bench

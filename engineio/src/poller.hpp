// SPDX-License-Identifier: MIT
//
// Which of a shard's connections have something to read or to write: one epoll instance, entered
// once per connection, edge-triggered. It is itself watched by the io_context. So a message costs
// no system call but the one that reads it and the one that answers; Asio's own reactor, which has
// to be told before each wait, pays for a whole turn and not for a connection.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <system_error>
#include <vector>

namespace patchbay::engineio {

// Belongs to the loop's thread.
class Poller {
 public:
  // Who wants to know about a descriptor.
  class Source {
   public:
    // Something has changed: `events` are those of epoll_wait(). Or call_again() was called, then
    // there are none.
    virtual void on_ready(std::uint32_t events) = 0;

   protected:
    ~Source() = default;
  };
  // Hears when sources begin to be called, and when all that is ready now have been.
  class TurnListener {
   public:
    virtual void on_turn_begin() = 0;
    virtual void on_turn_end() = 0;

   protected:
    ~TurnListener() = default;
  };

  // Throws std::system_error when the process has no descriptors left.
  Poller(asio::io_context& io_context, TurnListener& listener);
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // Tells the source of every change from now on, and of what is there already. `events`: EPOLLIN
  // and EPOLLOUT as wanted; the end of the connection is always told.
  [[nodiscard]] std::error_code add(int descriptor, Source& source, std::uint32_t events);
  // Replaces what is wanted. Tells what is there already once more.
  void modify(int descriptor, Source& source, std::uint32_t events);
  // The source hears nothing any more.
  void remove(int descriptor, Source& source);
  // The same for a descriptor that is about to be closed, which makes the kernel forget it.
  void forget(Source& source);
  // Calls the source in the next turn, whatever happens.
  void call_again(Source& source);

  // Keeps the io_context running no longer.
  void stop();

 private:
  // Events taken from the kernel at a time.
  static constexpr std::size_t kMaxEvents = 256;

  void watch();
  void post_turns();
  void run_turns();
  bool run_turn();

  asio::posix::stream_descriptor epoll_;
  TurnListener* listener_;
  // What waits in the io_context may outlive the poller; it looks at this first.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
  std::array<epoll_event, kMaxEvents> events_{};
  std::size_t events_begin_ = 0;  // those not handled yet; empty outside run_turn()
  std::size_t events_end_ = 0;
  std::vector<Source*> again_;
  std::vector<Source*> calling_;  // again_ of the turn before
  std::size_t sources_ = 0;
  bool watching_ = false;  // the io_context calls run_turns() when there are events
  bool posted_ = false;    // the io_context calls run_turns() in any case
  bool in_turn_ = false;
  bool stopped_ = false;
};

}  // namespace patchbay::engineio

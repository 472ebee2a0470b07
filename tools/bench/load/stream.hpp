// SPDX-License-Identifier: MIT
#pragma once

#include <netinet/in.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "loop.hpp"
#include "tls.hpp"

namespace patchbay::bench {

/// Where the server is, and from where to connect.
struct Endpoints {
  sockaddr_in server{};
  /// For servers on the loopback network: one source address has 28,000 ports, so connections
  /// spread over many of 127.0.0.0/8.
  bool spread_sources = false;
  /// TLS with this; null: none.
  SSL_CTX* tls = nullptr;
};

/// One TCP connection that does not block. What derives from it takes bytes and appends to out().
class Stream : public Pollable {
 public:
  Stream(Loop& loop, const Endpoints& endpoints) : loop_(loop), endpoints_(endpoints) {}
  ~Stream() override;

  /// `number` picks the source address. A receive buffer of 0 is the kernel's choice.
  void connect(std::uint32_t number, int receive_buffer = 0);

  /// What is appended is sent after the handler that runs now, or before the loop waits.
  std::string& out() {
    if (!unflushed_) {
      unflushed_ = true;
      loop_.flush_later(*this);
    }
    return out_;
  }

  bool is_open() const { return fd_ >= 0; }

  /// Ends the connection without a word to on_lost().
  void close();
  /// The same, by a reset: as when a network is cut off.
  void reset();

  /// Stops reading until resume(), which must not be called by a handler: the kernel's buffers run
  /// full.
  void pause() { paused_ = true; }
  void resume();

  void on_events(std::uint32_t events) override;
  void flush() override;

 protected:
  Loop& loop() { return loop_; }
  const Endpoints& endpoints() const { return endpoints_; }

  virtual void on_connected() = 0;
  /// All there is, beginning with what was left last time. Returns how much of it is done with.
  virtual std::size_t on_data(char* data, std::size_t size) = 0;
  /// The connection has ended, and not by close(). The object may be destroyed in here.
  virtual void on_lost(const char* reason) = 0;

  /// Ends the connection and tells on_lost().
  void fail(const char* reason);

 private:
  bool finish_connecting(std::uint32_t events);
  ssize_t take(char* to, std::size_t room);
  ssize_t give(const char* from, std::size_t size);
  void read(bool to_the_end);
  void keep_rest(const char* data, std::size_t size);

  Loop& loop_;
  const Endpoints& endpoints_;
  std::unique_ptr<Tls> tls_;
  std::string out_;
  std::string rest_;
  std::size_t sent_ = 0;
  int fd_ = -1;
  bool connected_ = false;
  bool unflushed_ = false;
  bool paused_ = false;
};

}  // namespace patchbay::bench

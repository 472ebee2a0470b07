// SPDX-License-Identifier: MIT
//
// One TCP connection, driven by readiness: it says when reading or writing is worth a try, and the
// caller reads into a buffer of the shard's. So a quiet connection holds no buffer.
//
// It is registered with the poller once, edge-triggered, and remembers what it was told: a read
// that got less than it asked for has emptied the connection, and none is tried before more has
// come.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "descriptor.hpp"
#include "poller.hpp"

namespace patchbay::engineio {

class Shard;

class Stream final : public std::enable_shared_from_this<Stream>, private Poller::Source {
 public:
  class Handler {
   public:
    virtual ~Handler() = default;
    // Reading will not block. To be called again, call wait_readable() again.
    virtual void on_readable() = 0;
    // Writing will not block. To be called again, call wait_writable() again.
    virtual void on_writable() = 0;
    // The engine stops: finish what can be finished soon, then close the stream.
    virtual void on_shutdown() = 0;
    // The engine closes the stream: let go of whoever holds this handler in turn.
    virtual void on_abandoned() {}
  };

  enum class Status : std::uint8_t { ok, would_block, closed };
  struct Transfer {
    std::size_t bytes = 0;
    Status status = Status::ok;
  };

  // Takes a connected, non-blocking socket. When the shard's poller does not, it is closed.
  Stream(Shard& shard, Descriptor socket, std::string remote_address);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Precondition: it is not between two shards.
  [[nodiscard]] Shard& shard() noexcept { return *shard_; }
  [[nodiscard]] bool open() const noexcept { return socket_.is_open(); }
  [[nodiscard]] const std::string& remote_address() const noexcept { return remote_address_; }

  // The handler lives as long as the stream is open, or until it is replaced.
  void set_handler(std::shared_ptr<Handler> handler) { handler_ = std::move(handler); }
  [[nodiscard]] std::shared_ptr<Handler> handler() const { return handler_; }

  // The call comes from the loop, never from in here.
  void wait_readable();
  void wait_writable();

  // Never block. `closed` from read(): the peer sends nothing more, or the connection failed.
  Transfer read(std::span<char> buffer);
  Transfer write(std::span<const iovec> buffers);
  Transfer write(std::string_view data);

  // Moves it to another shard: the first on the loop of the old one, the second on that of the new
  // one, and nothing else in between. The handler comes along. When the new one's poller does not
  // take it, it is closed.
  void leave_shard();
  void enter_shard(Shard& shard);

  // Tells the peer that nothing more will come, and goes on reading.
  void shutdown_write();
  // Closes, and lets go of the handler. The caller must hold it if it is the handler itself.
  void close();

 private:
  // Poller::Source
  void on_ready(std::uint32_t events) override;

  Transfer written(Transfer result) noexcept;

  Shard* shard_ = nullptr;  // null on the way from one to another
  Descriptor socket_;
  std::shared_ptr<Handler> handler_;
  std::string remote_address_;
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);
  std::size_t position_in_shard_ = kNowhere;  // among the open ones
  bool wants_read_ = false;                   // the handler is to be called
  bool wants_write_ = false;
  bool readable_ = false;  // as far as is known
  bool writable_ = true;
  bool ended_ = false;  // the peer sends no more: reading will tell, though no event may
  bool watches_output_ = false;
  friend class Shard;
};

}  // namespace patchbay::engineio

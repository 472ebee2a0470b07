// SPDX-License-Identifier: MIT
//
// One TCP connection, driven by readiness: it says when reading or writing is worth a try, and the
// caller reads into a buffer of the shard's. So a quiet connection holds no buffer.
//
// It is registered with the poller once, edge-triggered, and remembers what it was told: a read
// that got less than it asked for has emptied the connection, and none is tried before more has
// come.
//
// With TLS, what is read and written is what the peer means; the rest happens in here. Output that
// has been encrypted and that the kernel does not take is kept, and leaves when the kernel does.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "address_counter.hpp"
#include "descriptor.hpp"
#include "poller.hpp"
#include "tls_session.hpp"
#include "transfer.hpp"

namespace patchbay::engineio {

class Shard;

class Stream final : public std::enable_shared_from_this<Stream>,
                     private Poller::Source,
                     private TlsSession::Wire {
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

  using Transfer = engineio::Transfer;
  using Status = Transfer::Status;

  // Takes a connected, non-blocking socket. When the shard's poller does not, it is closed. Without
  // `tls` it is in plain text.
  Stream(Shard& shard, Descriptor socket, std::string remote_address,
         std::unique_ptr<TlsSession> tls = nullptr);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Precondition: it is not between two shards.
  [[nodiscard]] Shard& shard() noexcept { return *shard_; }
  [[nodiscard]] bool open() const noexcept { return socket_.is_open(); }
  [[nodiscard]] bool secure() const noexcept { return tls_ != nullptr; }
  [[nodiscard]] const std::string& remote_address() const noexcept { return remote_address_; }

  // Keeps the peer's place among those of one address until it is closed.
  void hold(std::unique_ptr<AddressCounter::Claim> place) { place_ = std::move(place); }

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
  // TlsSession::Wire
  Transfer receive(std::span<char> buffer) override;
  Transfer send(std::string_view data) override;

  Transfer send(std::span<const iovec> buffers);
  Transfer read_tls(std::span<char> buffer);
  Transfer write_tls(std::span<const iovec> buffers);
  void flush_tls();
  void watch_output();
  // There is something that its function will not answer by would_block.
  [[nodiscard]] bool can_read() const noexcept { return readable_ && !(tls_ && tls_->congested()); }
  [[nodiscard]] bool can_write() const noexcept {
    return writable_ && !(tls_ && !tls_->can_write());
  }

  Transfer written(Transfer result) noexcept;

  Shard* shard_ = nullptr;  // null on the way from one to another
  Descriptor socket_;
  std::unique_ptr<TlsSession> tls_;
  std::shared_ptr<Handler> handler_;
  std::string remote_address_;
  std::unique_ptr<AddressCounter::Claim> place_;  // null: not counted
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);
  std::size_t position_in_shard_ = kNowhere;  // among the open ones
  bool wants_read_ = false;                   // the handler is to be called
  bool wants_write_ = false;
  bool readable_ = false;  // as far as is known
  bool writable_ = true;
  bool ended_ = false;  // the peer sends no more: reading will tell, though no event may
  bool watches_output_ = false;
  bool shut_down_when_flushed_ = false;
  friend class Shard;
};

}  // namespace patchbay::engineio

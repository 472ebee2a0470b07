// SPDX-License-Identifier: MIT
//
// The server's side of one TLS connection: what the application writes is encrypted and handed to
// the wire below, what comes from the wire is decrypted. The handshake, and whatever else the
// protocol has to say, happens inside.
//
// A quiet session holds no buffers: OpenSSL reads into one that it gives back when no part of a
// record is left in it, and records leave by the call that encrypts them. Only what the wire does
// not take at once is kept here until it does.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "transfer.hpp"

using SSL = struct ssl_st;
using SSL_CTX = struct ssl_ctx_st;

namespace patchbay::engineio {

// Belongs to whoever serves the connection, on whatever thread: it keeps nothing of a call's
// arguments. Whatever a peer does wrong ends as `closed`.
class TlsSession {
 public:
  // The connection below. Neither function blocks. Reading less than was asked for means that there
  // is no more for now.
  class Wire {
   public:
    virtual Transfer receive(std::span<char> buffer) = 0;
    virtual Transfer send(std::string_view data) = 0;

   protected:
    ~Wire() = default;
  };

  // The most that one record carries (RFC 8446 5.1).
  static constexpr std::size_t kRecordBytes = std::size_t{16} * 1024;

  // Throws std::bad_alloc.
  explicit TlsSession(SSL_CTX& context);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  // Decrypts as much as the buffer takes and the wire has; may answer the peer meanwhile. `closed`:
  // the peer has said that it sends nothing more, or the connection failed.
  Transfer read(Wire& wire, std::span<char> buffer);
  // True when read() has left something that the wire will not tell about again: call it again.
  [[nodiscard]] bool has_input() const noexcept { return has_input_; }

  // Encrypts as much as the wire takes, and at most one record more, which is kept and counts as
  // written. Small buffers go into one record: they are brought together in `scratch`, which has
  // kRecordBytes. `would_block` before the handshake is over, and while output waits.
  Transfer write(Wire& wire, std::span<const iovec> buffers, std::span<char> scratch);
  [[nodiscard]] bool can_write() const noexcept;

  // Output that the wire has not taken yet. flush() tries again and returns true when none is left.
  [[nodiscard]] bool has_output() const noexcept { return !output_.empty(); }
  bool flush(Wire& wire);
  // So much waits that read() does nothing: the peer makes us answer, and does not read.
  [[nodiscard]] bool congested() const noexcept { return output_.size() >= kMaxOutput; }

  // Tells the peer that nothing more will come. Does nothing a second time, before the handshake is
  // over or after a failure.
  void finish(Wire& wire);

 private:
  static constexpr std::size_t kMaxOutput = 4 * kRecordBytes;

  struct Deleter {
    void operator()(SSL* ssl) const noexcept;
  };
  class Call;         // while one is on the stack, there is a wire
  struct WireMethod;  // how OpenSSL reaches it

  [[nodiscard]] bool ended() const noexcept { return failed_ || wire_failed_ || finished_; }
  Transfer::Status read_some(std::span<char> buffer, std::size_t& bytes);
  bool write_record(std::string_view data);
  Transfer::Status status_of(int result) noexcept;
  // From OpenSSL.
  Transfer receive(std::span<char> buffer);
  void send(std::string_view data);

  std::unique_ptr<SSL, Deleter> ssl_;
  Wire* wire_ = nullptr;
  std::string output_;     // encrypted, not taken by the wire
  int receives_left_ = 0;  // during this call
  bool dry_ = false;       // the wire had no more during this call
  bool has_input_ = false;
  bool input_ended_ = false;  // the peer has said so, or there was an error: OpenSSL reads no more
  bool failed_ = false;       // OpenSSL writes no more, either
  bool wire_failed_ = false;  // nothing can be sent any more
  bool finished_ = false;
};

}  // namespace patchbay::engineio

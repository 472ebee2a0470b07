// SPDX-License-Identifier: MIT
#include "tls_session.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace patchbay::engineio {

namespace {

// Reads in a row from one connection, of about a record each, before others get their turn.
constexpr int kMaxReceives = 8;

// Hands out what is to be written in pieces of a record.
class Records {
 public:
  explicit Records(std::span<const iovec> buffers) noexcept : buffers_(buffers) { skip_empty(); }

  // Empty when nothing is left. Stays valid until the next call.
  [[nodiscard]] std::string_view next(std::span<char> scratch) noexcept {
    if (buffers_.empty()) return {};
    if (buffers_.size() == 1 || left_in_first() >= TlsSession::kRecordBytes) {
      return take(TlsSession::kRecordBytes);
    }
    std::size_t size = 0;
    while (size < scratch.size() && !buffers_.empty()) {
      const std::string_view piece = take(scratch.size() - size);
      std::memcpy(scratch.data() + size, piece.data(), piece.size());
      size += piece.size();
    }
    return {scratch.data(), size};
  }

 private:
  [[nodiscard]] std::size_t left_in_first() const noexcept {
    return buffers_.front().iov_len - taken_;
  }
  // Of the first buffer only.
  std::string_view take(std::size_t limit) noexcept {
    const std::string_view piece(static_cast<const char*>(buffers_.front().iov_base) + taken_,
                                 std::min(limit, left_in_first()));
    taken_ += piece.size();
    skip_empty();
    return piece;
  }
  void skip_empty() noexcept {
    while (!buffers_.empty() && left_in_first() == 0) {
      buffers_ = buffers_.subspan(1);
      taken_ = 0;
    }
  }

  std::span<const iovec> buffers_;
  std::size_t taken_ = 0;  // of the first
};

}  // namespace

// Gives OpenSSL access to the wire for as long as a call lasts.
class TlsSession::Call {
 public:
  Call(TlsSession& session, Wire& wire, int max_receives) noexcept : session_(&session) {
    session.wire_ = &wire;
    session.receives_left_ = max_receives;
    session.dry_ = false;
    // SSL_get_error() looks at what is in the thread's queue, whoever has left it there.
    ERR_clear_error();
  }
  ~Call() { session_->wire_ = nullptr; }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

 private:
  TlsSession* session_;
};

// A BIO without memory of its own: what OpenSSL reads goes from the kernel into its own buffer, and
// what it writes from its buffer to the kernel. Sending never fails as far as OpenSSL knows, so
// that it never has to be asked again with the same data.
struct TlsSession::WireMethod {
  static int read(BIO* bio, char* data, std::size_t size, std::size_t* bytes) {
    BIO_clear_retry_flags(bio);
    const Transfer result = session_of(bio).receive({data, size});
    *bytes = result.bytes;
    if (result.status == Transfer::Status::would_block) BIO_set_retry_read(bio);
    return result.status == Transfer::Status::ok ? 1 : 0;
  }
  static int write(BIO* bio, const char* data, std::size_t size, std::size_t* bytes) {
    session_of(bio).send({data, size});
    *bytes = size;
    return 1;
  }
  static long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }

  // Made once for the process.
  static const BIO_METHOD* get() {
    static const BIO_METHOD* const method = make();
    return method;
  }

 private:
  static TlsSession& session_of(BIO* bio) { return *static_cast<TlsSession*>(BIO_get_data(bio)); }
  static const BIO_METHOD* make() {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "patchbay wire");
    if (!method) throw std::bad_alloc();
    BIO_meth_set_read_ex(method, read);
    BIO_meth_set_write_ex(method, write);
    BIO_meth_set_ctrl(method, control);
    return method;
  }
};

void TlsSession::Deleter::operator()(SSL* ssl) const noexcept {
  SSL_free(ssl);
}

TlsSession::TlsSession(SSL_CTX& context) : ssl_(SSL_new(&context)) {
  BIO* const bio = ssl_ ? BIO_new(WireMethod::get()) : nullptr;
  if (!bio) throw std::bad_alloc();
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_accept_state(ssl_.get());
}

TlsSession::~TlsSession() = default;

// --- Reading

Transfer TlsSession::read(Wire& wire, std::span<char> buffer) {
  if (input_ended_) return {.status = Transfer::Status::closed};
  const Call call(*this, wire, kMaxReceives);
  std::size_t total = 0;
  auto status = Transfer::Status::ok;
  while (total < buffer.size() && status == Transfer::Status::ok) {
    if (total > 0 && dry_ && SSL_has_pending(ssl_.get()) == 0) break;
    std::size_t bytes = 0;
    status = read_some(buffer.subspan(total), bytes);
    total += bytes;
  }
  input_ended_ = status == Transfer::Status::closed;
  has_input_ = !dry_ || input_ended_ || total == buffer.size();
  if (total > 0) status = Transfer::Status::ok;
  return {.bytes = total, .status = status};
}

Transfer::Status TlsSession::read_some(std::span<char> buffer, std::size_t& bytes) {
  return status_of(SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &bytes));
}

// Of a call of OpenSSL's that has returned `result`.
Transfer::Status TlsSession::status_of(int result) noexcept {
  if (result > 0) return Transfer::Status::ok;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Transfer::Status::would_block;
    case SSL_ERROR_ZERO_RETURN:
      return Transfer::Status::closed;
    default:
      failed_ = true;
      ERR_clear_error();
      return Transfer::Status::closed;
  }
}

Transfer TlsSession::receive(std::span<char> buffer) {
  if (dry_ || receives_left_ == 0 || congested()) return {.status = Transfer::Status::would_block};
  --receives_left_;
  const Transfer result = wire_->receive(buffer);
  dry_ = result.bytes < buffer.size();
  return result;
}

// --- Writing

Transfer TlsSession::write(Wire& wire, std::span<const iovec> buffers, std::span<char> scratch) {
  if (!flush(wire)) return {.status = Transfer::Status::would_block};
  const Call call(*this, wire, 0);
  Records records(buffers);
  std::size_t total = 0;
  while (!ended() && can_write()) {
    const std::string_view record = records.next(scratch);
    if (record.empty() || !write_record(record)) break;
    total += record.size();
  }
  if (ended()) return {.status = Transfer::Status::closed};
  if (total == 0) return {.status = Transfer::Status::would_block};
  return {.bytes = total};
}

bool TlsSession::can_write() const noexcept {
  if (ended()) return true;  // to hear about it
  return output_.empty() && SSL_is_init_finished(ssl_.get()) != 0;
}

bool TlsSession::write_record(std::string_view data) {
  std::size_t written = 0;
  const int result = SSL_write_ex(ssl_.get(), data.data(), data.size(), &written);
  return status_of(result) == Transfer::Status::ok;
}

// Goes on until the wire takes no more, for only then does the wire tell when it takes some again.
void TlsSession::send(std::string_view data) {
  while (output_.empty() && !wire_failed_ && !data.empty()) {
    const Transfer result = wire_->send(data);
    data.remove_prefix(result.bytes);
    if (result.status == Transfer::Status::closed) wire_failed_ = true;
    if (result.status == Transfer::Status::would_block) break;
  }
  if (!wire_failed_) output_.append(data);
}

bool TlsSession::flush(Wire& wire) {
  if (output_.empty()) return true;
  const Call call(*this, wire, 0);
  const std::string waiting = std::exchange(output_, {});
  send(waiting);
  return output_.empty();
}

void TlsSession::finish(Wire& wire) {
  if (finished_ || failed_ || SSL_is_init_finished(ssl_.get()) == 0) return;
  finished_ = true;
  const Call call(*this, wire, 0);
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

}  // namespace patchbay::engineio

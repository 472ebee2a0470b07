// SPDX-License-Identifier: MIT
#include "tls.hpp"

#include <openssl/err.h>

#include <new>

namespace patchbay::bench {

std::unique_ptr<SSL_CTX, FreeTls> make_tls_context() {
  std::unique_ptr<SSL_CTX, FreeTls> context(SSL_CTX_new(TLS_client_method()));
  if (!context) throw std::bad_alloc();
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  // What has not been sent may have moved to another place when it is tried again.
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  return context;
}

Tls::Tls(SSL_CTX* context, int fd) : ssl_(SSL_new(context)) {
  if (!ssl_ || SSL_set_fd(ssl_.get(), fd) != 1) throw std::bad_alloc();
  SSL_set_connect_state(ssl_.get());
}

Tls::Result Tls::result_of(int returned) {
  if (returned > 0) return Result::kDone;
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return Result::kAgain;
    case SSL_ERROR_ZERO_RETURN:
      return Result::kClosed;
    default:
      return Result::kFailed;
  }
}

// OpenSSL judges a step by the thread's queue of errors, too, so that it must be empty before.
Tls::Result Tls::handshake() {
  ERR_clear_error();
  return result_of(SSL_do_handshake(ssl_.get()));
}

Tls::Result Tls::read(char* to, std::size_t room, std::size_t& done) {
  ERR_clear_error();
  return result_of(SSL_read_ex(ssl_.get(), to, room, &done));
}

Tls::Result Tls::write(const char* from, std::size_t size, std::size_t& done) {
  ERR_clear_error();
  return result_of(SSL_write_ex(ssl_.get(), from, size, &done));
}

}  // namespace patchbay::bench

// SPDX-License-Identifier: MIT
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace patchbay::bench {

struct FreeTls {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* connection) const { SSL_free(connection); }
};

/// For clients that believe whatever certificate they are shown. Throws when there is no memory.
std::unique_ptr<SSL_CTX, FreeTls> make_tls_context();

/// TLS over one socket that does not block.
class Tls {
 public:
  /// What a step has come to. kAgain: when the socket is ready again.
  enum class Result : std::uint8_t { kDone, kAgain, kClosed, kFailed };

  Tls(SSL_CTX* context, int fd);

  Result handshake();
  /// `done`: how many bytes, when it is kDone.
  Result read(char* to, std::size_t room, std::size_t& done);
  Result write(const char* from, std::size_t size, std::size_t& done);

 private:
  Result result_of(int returned);

  std::unique_ptr<SSL, FreeTls> ssl_;
};

}  // namespace patchbay::bench

// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "patchbay/engineio/tls_options.hpp"
#include "tls_session.hpp"

namespace patchbay::engineio {

// What the TLS sessions of a server have in common. Does not change; any thread may use it.
class TlsContext {
 public:
  // Throws std::invalid_argument with a sentence about what is wrong, which names the file or the
  // option; std::system_error when a file cannot be read.
  explicit TlsContext(const TlsOptions& options);
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ~TlsContext() = default;

  // For a connection that has just been accepted. What it needs of the context it keeps alive.
  [[nodiscard]] std::unique_ptr<TlsSession> make_session() const {
    return std::make_unique<TlsSession>(*context_);
  }

 private:
  struct Deleter {
    void operator()(SSL_CTX* context) const noexcept;
  };
  std::unique_ptr<SSL_CTX, Deleter> context_;
};

}  // namespace patchbay::engineio

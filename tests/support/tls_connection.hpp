// SPDX-License-Identifier: MIT
//
// A RawConnection over TLS.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "raw_connection.hpp"
#include "tls_certificate.hpp"
#include "tls_peer.hpp"

namespace patchbay::test {

class TlsConnection : public RawConnection {
 public:
  // Comes back when the handshake is over.
  explicit TlsConnection(std::uint16_t port, int version = TLS1_3_VERSION,
                         const TestCertificate* own = nullptr)
      : RawConnection(port), peer_(std::make_unique<TlsPeer>(version)) {
    if (own) peer_->use_certificate(own->certificate, own->key);
    while (!peer_->handshake()) {
      send(peer_->take());
      const std::string bytes = receive();
      REQUIRE_FALSE(bytes.empty());
      peer_->feed(bytes);
    }
    send(peer_->take());
  }

  void write(std::string_view text) const override {
    peer_->write(text);
    send(peer_->take());
  }
  // Says that nothing more comes, and leaves the connection open.
  void finish() const {
    SSL_shutdown(peer_->ssl());
    send(peer_->take());
  }
  [[nodiscard]] TlsPeer& peer() const noexcept { return *peer_; }

 protected:
  std::string read() override {
    while (true) {
      std::string text = peer_->read();
      send(peer_->take());
      if (!text.empty() || peer_->closed() || peer_->failed()) return text;
      const std::string bytes = receive();
      if (bytes.empty()) return {};
      peer_->feed(bytes);
    }
  }

 private:
  std::unique_ptr<TlsPeer> peer_;
};

}  // namespace patchbay::test

// SPDX-License-Identifier: MIT
//
// A TLS client over memory: what it sends is taken from it, what it receives is fed to it. Trusts
// every certificate.
#pragma once

#include <doctest/doctest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace patchbay::test {

class TlsPeer {
 public:
  explicit TlsPeer(int version = TLS1_3_VERSION)
      : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free),
        ssl_((prepare(context_.get(), version), SSL_new(context_.get())), SSL_free),
        in_(BIO_new(BIO_s_mem())),
        out_(BIO_new(BIO_s_mem())) {
    SSL_set_bio(ssl_.get(), in_, out_);
    SSL_set_connect_state(ssl_.get());
  }

  // A certificate of the client's own, in PEM form. Before the handshake.
  void use_certificate(const std::string& certificate, const std::string& key) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> certificate_bio(
        BIO_new_mem_buf(certificate.data(), static_cast<int>(certificate.size())), BIO_free);
    const std::unique_ptr<BIO, decltype(&BIO_free)> key_bio(
        BIO_new_mem_buf(key.data(), static_cast<int>(key.size())), BIO_free);
    X509* const x509 = PEM_read_bio_X509(certificate_bio.get(), nullptr, nullptr, nullptr);
    EVP_PKEY* const pkey = PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr);
    REQUIRE(SSL_use_certificate(ssl_.get(), x509) == 1);
    REQUIRE(SSL_use_PrivateKey(ssl_.get(), pkey) == 1);
    X509_free(x509);
    EVP_PKEY_free(pkey);
  }

  // For what this does not have.
  [[nodiscard]] SSL* ssl() noexcept { return ssl_.get(); }

  // Goes on with the handshake as far as possible; true when it is over.
  bool handshake() {
    ERR_clear_error();
    note(SSL_do_handshake(ssl_.get()));
    return SSL_is_init_finished(ssl_.get()) == 1;
  }

  // Bytes for the server.
  [[nodiscard]] std::string take() {
    char* data = nullptr;
    const long size = BIO_get_mem_data(out_, &data);
    std::string bytes(data, static_cast<std::size_t>(size));
    BIO_reset(out_);
    return bytes;
  }
  // Bytes from the server.
  void feed(std::string_view bytes) {
    if (!bytes.empty()) BIO_write(in_, bytes.data(), static_cast<int>(bytes.size()));
  }

  void write(std::string_view text) {
    std::size_t written = 0;
    REQUIRE(SSL_write_ex(ssl_.get(), text.data(), text.size(), &written) == 1);
  }
  // Everything that has come.
  std::string read() {
    std::string text;
    char block[16 * 1024];
    std::size_t size = 0;
    ERR_clear_error();
    int result = 0;
    while ((result = SSL_read_ex(ssl_.get(), block, sizeof block, &size)) == 1) {
      text.append(block, size);
    }
    note(result);
    return text;
  }
  // The server has said that nothing more comes.
  [[nodiscard]] bool closed() const noexcept {
    return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
  }
  // What the server did cannot be gone on with.
  [[nodiscard]] bool failed() const noexcept { return failed_; }

 private:
  static void prepare(SSL_CTX* context, int version) {
    SSL_CTX_set_min_proto_version(context, version);
    SSL_CTX_set_max_proto_version(context, version);
    SSL_CTX_set_security_level(context, 0);  // also for versions that servers should refuse
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  }
  void note(int result) {
    if (result != 1 && SSL_get_error(ssl_.get(), result) == SSL_ERROR_SSL) failed_ = true;
  }

  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  BIO* in_;  // these two belong to it
  BIO* out_;
  bool failed_ = false;
};

}  // namespace patchbay::test

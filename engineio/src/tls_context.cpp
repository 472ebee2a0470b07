// SPDX-License-Identifier: MIT
#include "tls_context.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <new>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace patchbay::engineio {

namespace {

template <auto free_it>
struct Free {
  template <typename T>
  void operator()(T* pointer) const noexcept {
    free_it(pointer);
  }
};
using BioPtr = std::unique_ptr<BIO, Free<BIO_free>>;
using CertificatePtr = std::unique_ptr<X509, Free<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;

// Forward secrecy and authenticated encryption.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

// One is enough to come back with, and each costs a record after the handshake.
constexpr std::size_t kTickets = 1;

constexpr std::string_view kHttp = "http/1.1";

[[noreturn]] void refuse(const std::string& text) {
  throw std::invalid_argument("TLS: " + text);
}

// Why OpenSSL has failed, in its own words.
std::string reason() {
  const char* const text = ERR_reason_error_string(ERR_peek_last_error());
  std::string result = text ? text : "unknown error";
  ERR_clear_error();
  return result;
}

// PEM text, and what to call it in errors.
struct Source {
  std::string name;
  std::string text;
};

std::string read_file(const std::string& path, const std::string& what) {
  errno = 0;
  const std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  // A directory can be opened, and not be read. An empty file is another matter.
  if (!file || (!text && errno != 0)) {
    throw std::system_error(errno, std::generic_category(), "TLS: cannot read " + what);
  }
  return std::move(text).str();
}

Source find_source(const std::string& path, const std::string& pem, const std::string& option) {
  if (path.empty() == pem.empty()) {
    refuse("set either " + option + " (a file) or " + option + "_pem (its contents)");
  }
  if (path.empty()) return {option + "_pem", pem};
  std::string name = option + " file '" + path + "'";
  std::string text = read_file(path, name);
  return {std::move(name), std::move(text)};
}

BioPtr open(const Source& source) {
  BioPtr bio(BIO_new_mem_buf(source.text.data(), static_cast<int>(source.text.size())));
  if (!bio) throw std::bad_alloc();
  return bio;
}

// True when the last error is merely that there is no more in the text.
bool at_end_of_pem() {
  const unsigned long error = ERR_peek_last_error();
  return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

CertificatePtr next_certificate(BIO& bio, const Source& source) {
  CertificatePtr certificate(PEM_read_bio_X509(&bio, nullptr, nullptr, nullptr));
  if (!certificate && !at_end_of_pem()) {
    refuse(source.name + " holds a broken certificate: " + reason());
  }
  ERR_clear_error();
  return certificate;
}

void use_certificates(SSL_CTX& context, const Source& source) {
  const BioPtr bio = open(source);
  const CertificatePtr own = next_certificate(*bio, source);
  if (!own) refuse(source.name + " holds no certificate in PEM form");
  if (SSL_CTX_use_certificate(&context, own.get()) != 1) {
    refuse("the certificate in " + source.name + " cannot be used: " + reason());
  }
  while (const CertificatePtr issuer = next_certificate(*bio, source)) {
    if (SSL_CTX_add1_chain_cert(&context, issuer.get()) != 1) {
      refuse("a certificate in " + source.name + " cannot be used: " + reason());
    }
  }
}

struct Passphrase {
  std::string_view text;
  bool asked = false;

  static int give(char* buffer, int size, int /*writing*/, void* self_pointer) {
    auto& self = *static_cast<Passphrase*>(self_pointer);
    self.asked = true;
    if (self.text.empty() || self.text.size() > static_cast<std::size_t>(size)) return -1;
    std::memcpy(buffer, self.text.data(), self.text.size());
    return static_cast<int>(self.text.size());
  }
};

KeyPtr read_key(const Source& source, std::string_view text) {
  const BioPtr bio = open(source);
  Passphrase passphrase{.text = text};
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, Passphrase::give, &passphrase));
  if (!key && passphrase.asked) {
    refuse(text.empty() ? source.name + " is encrypted: set passphrase"
                        : source.name + " cannot be decrypted: is the passphrase right?");
  }
  if (!key && source.text.find("PRIVATE KEY-----") == std::string::npos) {
    refuse(source.name + " holds no private key in PEM form");
  }
  if (!key) refuse(source.name + " holds a broken private key: " + reason());
  return key;
}

void use_key(SSL_CTX& context, const Source& source, const Source& certificate,
             std::string_view passphrase) {
  const KeyPtr key = read_key(source, passphrase);
  if (X509_check_private_key(SSL_CTX_get0_certificate(&context), key.get()) != 1) {
    refuse(source.name + " does not belong to the first certificate in " + certificate.name);
  }
  if (SSL_CTX_use_PrivateKey(&context, key.get()) != 1) {
    refuse(source.name + " cannot be used: " + reason());
  }
}

// RFC 7301: a client that names protocols gets one of them or an alert.
int select_protocol(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offer, unsigned int offer_size, void* /*unused*/) {
  std::span<const unsigned char> rest(offer, offer_size);
  while (!rest.empty()) {
    const std::size_t size = std::min<std::size_t>(rest[0], rest.size() - 1);
    const auto name = rest.subspan(1, size);
    if (std::ranges::equal(name, kHttp)) {
      *out = name.data();
      *out_size = static_cast<unsigned char>(size);
      return SSL_TLSEXT_ERR_OK;
    }
    rest = rest.subspan(1 + size);
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

void set_protocol(SSL_CTX& context, const TlsOptions& options) {
  const bool only_1_3 = options.min_version == TlsVersion::tls1_3;
  SSL_CTX_set_min_proto_version(&context, only_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_options(&context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  const std::string& ciphers = options.ciphers;
  if (SSL_CTX_set_cipher_list(&context, ciphers.empty() ? kCiphers : ciphers.c_str()) != 1) {
    refuse("ciphers '" + ciphers + "': " + reason());
  }
  SSL_CTX_set_alpn_select_cb(&context, select_protocol, nullptr);
}

void trust(SSL_CTX& context, const X509& issuer, const Source& source) {
  X509* const certificate = const_cast<X509*>(&issuer);  // OpenSSL counts references in it
  if (X509_STORE_add_cert(SSL_CTX_get_cert_store(&context), certificate) != 1 ||
      SSL_CTX_add_client_CA(&context, certificate) != 1) {
    refuse("a certificate in " + source.name + " cannot be used: " + reason());
  }
}

void set_client_certificates(SSL_CTX& context, const TlsOptions& options) {
  if (options.client_certificates == ClientCertificates::none) {
    if (options.client_ca.empty() && options.client_ca_pem.empty()) return;
    refuse("client_ca is set, but client_certificates is none");
  }
  const Source source = find_source(options.client_ca, options.client_ca_pem, "client_ca");
  const BioPtr bio = open(source);
  bool any = false;
  while (const CertificatePtr issuer = next_certificate(*bio, source)) {
    trust(context, *issuer, source);
    any = true;
  }
  if (!any) refuse(source.name + " holds no certificate in PEM form");
  const bool required = options.client_certificates == ClientCertificates::required;
  SSL_CTX_set_verify(&context, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                     nullptr);
  // Tickets are for this server only (RFC 8446 4.6.1); OpenSSL wants that to have a name.
  constexpr std::string_view kContext = "patchbay";
  SSL_CTX_set_session_id_context(&context, reinterpret_cast<const unsigned char*>(kContext.data()),
                                 static_cast<unsigned int>(kContext.size()));
}

// Clients come back with a ticket, which they keep for us.
void set_memory_use(SSL_CTX& context) {
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(&context, kTickets);
  SSL_CTX_set_mode(&context, SSL_MODE_RELEASE_BUFFERS);
  // One system call for a record instead of two.
  SSL_CTX_set_read_ahead(&context, 1);
}

}  // namespace

TlsContext::TlsContext(const TlsOptions& options) : context_(SSL_CTX_new(TLS_server_method())) {
  if (!context_) throw std::bad_alloc();
  const Source certificate =
      find_source(options.certificate, options.certificate_pem, "certificate");
  const Source key = find_source(options.private_key, options.private_key_pem, "private_key");
  ERR_clear_error();
  set_protocol(*context_, options);
  set_memory_use(*context_);
  use_certificates(*context_, certificate);
  use_key(*context_, key, certificate, options.passphrase);
  set_client_certificates(*context_, options);
}

void TlsContext::Deleter::operator()(SSL_CTX* context) const noexcept {
  SSL_CTX_free(context);
}

}  // namespace patchbay::engineio

// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace patchbay::engineio {

enum class TlsVersion : std::uint8_t { tls1_2, tls1_3 };

// Whether clients show certificates of their own (mutual TLS).
enum class ClientCertificates : std::uint8_t {
  none,      // they are not asked
  optional,  // they are asked; one that is shown must be valid
  required,  // who shows no valid one gets no connection
};

// What a server needs to speak TLS (https, wss). The certificate and the key are given as files or
// as text, both in PEM form; they are read when the engine is made, and again by
// Engine::reload_tls().
struct TlsOptions {
  // Path of the server's certificate, followed in the same file by those of its issuers, each after
  // the one that it issued. The root may be left out: clients have it.
  std::string certificate = {};
  // Path of the private key of the first certificate.
  std::string private_key = {};
  // The contents of such files, instead of a path.
  std::string certificate_pem = {};
  std::string private_key_pem = {};
  // For a private key that is encrypted.
  std::string passphrase = {};
  // Ciphers for TLS 1.2, as a list of OpenSSL's (openssl-ciphers(1)); empty: those with forward
  // secrecy and authenticated encryption. Those of TLS 1.3 all have both and cannot be chosen.
  std::string ciphers = {};
  TlsVersion min_version = TlsVersion::tls1_2;
  ClientCertificates client_certificates = ClientCertificates::none;
  // Who issues clients' certificates: path of a file with one or more, or its contents. Exactly one
  // is set when clients are asked for certificates.
  std::string client_ca = {};
  std::string client_ca_pem = {};
};

}  // namespace patchbay::engineio

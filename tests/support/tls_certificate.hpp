// SPDX-License-Identifier: MIT
//
// Certificates and keys for tests, made when they are needed: EC P-256, for "localhost", in PEM
// form.
#pragma once

#include <doctest/doctest.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace patchbay::test {

struct TestCertificate {
  std::string certificate;
  std::string key;
  std::string encrypted_key;  // with kTestPassphrase
};

inline constexpr const char* kTestPassphrase = "sesame";

namespace detail {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

// What `write` puts into a BIO.
template <typename Write>
std::string text_of(Write write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  REQUIRE(write(bio.get()) == 1);
  const char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

inline Certificate certify(EVP_PKEY* key) {
  Certificate certificate(X509_new(), X509_free);
  X509* const x509 = certificate.get();
  constexpr long kDay = 24L * 60 * 60;
  REQUIRE(X509_set_version(x509, 2) == 1);  // version 3
  ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509), -kDay);
  X509_gmtime_adj(X509_getm_notAfter(x509), kDay);
  X509_NAME* const name = X509_get_subject_name(x509);
  const std::string host = "localhost";
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(host.c_str()), -1, -1, 0);
  X509_set_issuer_name(x509, name);
  X509_set_pubkey(x509, key);
  REQUIRE(X509_sign(x509, key, EVP_sha256()) > 0);
  return certificate;
}

}  // namespace detail

inline TestCertificate make_certificate() {
  const detail::Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  REQUIRE(key);
  const detail::Certificate certificate = detail::certify(key.get());
  std::string passphrase = kTestPassphrase;
  return {
      .certificate =
          detail::text_of([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate.get()); }),
      .key = detail::text_of([&](BIO* bio) {
        return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
      }),
      .encrypted_key = detail::text_of([&](BIO* bio) {
        return PEM_write_bio_PrivateKey(bio, key.get(), EVP_aes_128_cbc(), nullptr, 0, nullptr,
                                        passphrase.data());
      }),
  };
}

}  // namespace patchbay::test

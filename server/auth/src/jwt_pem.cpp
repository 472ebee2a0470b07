// SPDX-License-Identifier: MIT
#include "jwt_pem.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <memory>
#include <string>

namespace patchbay {

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
using NumberPtr = std::unique_ptr<BIGNUM, Free<BN_free>>;

// Public keys have none; without this OpenSSL would ask at the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) {
  return -1;
}

BioPtr bio_of(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

KeyPtr read_key(std::string_view pem) {
  if (auto* const key = PEM_read_bio_PUBKEY(bio_of(pem).get(), nullptr, no_passphrase, nullptr)) {
    return KeyPtr(key);
  }
  const CertificatePtr certificate(
      PEM_read_bio_X509(bio_of(pem).get(), nullptr, no_passphrase, nullptr));
  return KeyPtr(certificate ? X509_get_pubkey(certificate.get()) : nullptr);
}

// Big-endian, with leading zeros up to `bytes`. Empty when the key has no such number.
std::string number_of(const EVP_PKEY* key, const char* name, std::size_t bytes = 0) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) return {};
  const NumberPtr number(raw);
  const auto needed = static_cast<std::size_t>(BN_num_bytes(number.get()));
  std::string text(std::max(needed, bytes), '\0');
  BN_bn2binpad(number.get(), reinterpret_cast<unsigned char*>(text.data()),
               static_cast<int>(text.size()));
  return text;
}

bool is_p256(const EVP_PKEY* key) {
  std::array<char, 32> name{};
  std::size_t size = 0;
  return EVP_PKEY_is_a(key, "EC") == 1 &&
         EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) == 1 &&
         std::string_view(name.data(), size) == "prime256v1";
}

}  // namespace

std::optional<PublicNumbers> read_pem(std::string_view pem) {
  constexpr std::size_t kLargestText = std::size_t{64} * 1024;
  if (pem.size() > kLargestText) return std::nullopt;
  const KeyPtr key = read_key(pem);
  ERR_clear_error();
  if (!key) return std::nullopt;
  if (EVP_PKEY_is_a(key.get(), "RSA") == 1) {
    return PublicNumbers{.algorithm = JwtAlgorithm::rs256,
                         .first = number_of(key.get(), OSSL_PKEY_PARAM_RSA_N),
                         .second = number_of(key.get(), OSSL_PKEY_PARAM_RSA_E)};
  }
  if (is_p256(key.get())) {
    constexpr std::size_t kCoordinateBytes = 32;
    return PublicNumbers{
        .algorithm = JwtAlgorithm::es256,
        .first = number_of(key.get(), OSSL_PKEY_PARAM_EC_PUB_X, kCoordinateBytes),
        .second = number_of(key.get(), OSSL_PKEY_PARAM_EC_PUB_Y, kCoordinateBytes)};
  }
  return std::nullopt;
}

}  // namespace patchbay

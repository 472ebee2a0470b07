// SPDX-License-Identifier: MIT
//
// Key pairs for tests, the tokens that they sign, and the forms in which their public keys come.
#pragma once

#include <doctest/doctest.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>
#include <string>
#include <string_view>

#include "jwt_text.hpp"

namespace patchbay::test {

class Signer {
 public:
  // `algorithm` is RS256 or ES256.
  explicit Signer(std::string_view algorithm, unsigned int bits = 2048)
      : algorithm_(algorithm),
        key_(algorithm == "RS256" ? EVP_RSA_gen(bits) : EVP_EC_gen("P-256"), EVP_PKEY_free) {
    REQUIRE(key_);
  }

  [[nodiscard]] std::string token(std::string_view claims,
                                  std::string_view more_header = {}) const {
    return token_of(R"({"alg":")" + algorithm_ + "\"" + std::string(more_header) + "}", claims);
  }
  // Under any header.
  [[nodiscard]] std::string token_of(std::string_view header, std::string_view claims) const {
    const std::string text = base64url(header) + "." + base64url(claims);
    return text + "." + base64url(sign(text));
  }

  [[nodiscard]] std::string pem() const {
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
    REQUIRE(PEM_write_bio_PUBKEY(bio.get(), key_.get()) == 1);
    const char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
  }
  // `more` begins with a comma.
  [[nodiscard]] std::string jwk(std::string_view more = {}) const {
    if (algorithm_ == "RS256") {
      return R"({"kty":"RSA","n":")" + number(OSSL_PKEY_PARAM_RSA_N, 0) + R"(","e":")" +
             number(OSSL_PKEY_PARAM_RSA_E, 0) + "\"" + std::string(more) + "}";
    }
    return R"({"kty":"EC","crv":"P-256","x":")" + number(OSSL_PKEY_PARAM_EC_PUB_X, 32) +
           R"(","y":")" + number(OSSL_PKEY_PARAM_EC_PUB_Y, 32) + "\"" + std::string(more) + "}";
  }

 private:
  [[nodiscard]] std::string number(const char* name, int bytes) const {
    BIGNUM* raw = nullptr;
    REQUIRE(EVP_PKEY_get_bn_param(key_.get(), name, &raw) == 1);
    const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(raw, BN_free);
    return base64url(padded(raw, bytes == 0 ? BN_num_bytes(raw) : bytes));
  }
  static std::string padded(const BIGNUM* number, int bytes) {
    std::string text(static_cast<std::size_t>(bytes), '\0');
    BN_bn2binpad(number, reinterpret_cast<unsigned char*>(text.data()), bytes);
    return text;
  }

  [[nodiscard]] std::string sign(std::string_view text) const {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          EVP_MD_CTX_free);
    REQUIRE(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1);
    const auto* const data = reinterpret_cast<const unsigned char*>(text.data());
    std::size_t size = 0;
    REQUIRE(EVP_DigestSign(context.get(), nullptr, &size, data, text.size()) == 1);
    std::string signature(size, '\0');
    auto* const out = reinterpret_cast<unsigned char*>(signature.data());
    REQUIRE(EVP_DigestSign(context.get(), out, &size, data, text.size()) == 1);
    signature.resize(size);
    return algorithm_ == "RS256" ? signature : flat(signature);
  }
  // Two numbers of 32 bytes, which DER has in a sequence.
  static std::string flat(const std::string& der) {
    const auto* data = reinterpret_cast<const unsigned char*>(der.data());
    const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> both(
        d2i_ECDSA_SIG(nullptr, &data, static_cast<long>(der.size())), ECDSA_SIG_free);
    REQUIRE(both);
    return padded(ECDSA_SIG_get0_r(both.get()), 32) + padded(ECDSA_SIG_get0_s(both.get()), 32);
  }

  std::string algorithm_;
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

// To make an RSA key takes long: one of each is enough for all tests.
inline const Signer& rsa_signer() {
  static const Signer signer("RS256");
  return signer;
}
inline const Signer& ec_signer() {
  static const Signer signer("ES256");
  return signer;
}

}  // namespace patchbay::test

// SPDX-License-Identifier: MIT
#include "jwt_crypto.hpp"

#include <cjose/cjose.h>
#include <openssl/err.h>

#include <cstddef>
#include <utility>

namespace patchbay {

namespace {

constexpr std::size_t kSecretBytes = 32;      // what the hash has (RFC 7518 3.2)
constexpr std::size_t kCoordinateBytes = 32;  // P-256
constexpr std::size_t kSmallestModulus = 2048 / 8;
constexpr std::size_t kLargestModulus = 8192 / 8;  // to check with it takes 0.5 ms

// What fails here is nobody else's business: who asks OpenSSL's TLS for its errors on this thread
// must not find ours.
class ErrorsKeptApart {
 public:
  ErrorsKeptApart() { ERR_set_mark(); }
  ~ErrorsKeptApart() { ERR_pop_to_mark(); }
  ErrorsKeptApart(const ErrorsKeptApart&) = delete;
  ErrorsKeptApart& operator=(const ErrorsKeptApart&) = delete;
};

// cjose takes what it only reads by pointers to what could be written.
std::uint8_t* bytes_of(const std::string& text) {
  return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
}

std::shared_ptr<void> owned(cjose_jwk_t* key) {
  return {key, [](void* last) { cjose_jwk_release(static_cast<cjose_jwk_t*>(last)); }};
}

cjose_jwk_t* make_rsa(const PublicNumbers& numbers) {
  const std::size_t bytes = numbers.first.size();
  const bool sensible = bytes >= kSmallestModulus && bytes <= kLargestModulus &&
                        numbers.first[0] != 0 && !numbers.second.empty() &&
                        numbers.second.size() <= sizeof(std::uint64_t);
  if (!sensible) return nullptr;
  cjose_jwk_rsa_keyspec spec{};
  spec.n = bytes_of(numbers.first);
  spec.nlen = numbers.first.size();
  spec.e = bytes_of(numbers.second);
  spec.elen = numbers.second.size();
  cjose_err error{};
  return cjose_jwk_create_RSA_spec(&spec, &error);
}

cjose_jwk_t* make_ec(const PublicNumbers& numbers) {
  if (numbers.first.size() != kCoordinateBytes || numbers.second.size() != kCoordinateBytes) {
    return nullptr;
  }
  cjose_jwk_ec_keyspec spec{};
  spec.crv = CJOSE_JWK_EC_P_256;
  spec.x = bytes_of(numbers.first);
  spec.xlen = numbers.first.size();
  spec.y = bytes_of(numbers.second);
  spec.ylen = numbers.second.size();
  cjose_err error{};
  return cjose_jwk_create_EC_spec(&spec, &error);
}

}  // namespace

std::optional<JwtAlgorithm> jwt_algorithm(std::string_view name) noexcept {
  for (const auto algorithm : {JwtAlgorithm::hs256, JwtAlgorithm::rs256, JwtAlgorithm::es256}) {
    if (name == to_string(algorithm)) return algorithm;
  }
  return std::nullopt;
}

std::string_view to_string(JwtAlgorithm algorithm) noexcept {
  switch (algorithm) {
    case JwtAlgorithm::hs256:
      return "HS256";
    case JwtAlgorithm::rs256:
      return "RS256";
    case JwtAlgorithm::es256:
      return "ES256";
  }
  return {};
}

// --- Keys

std::optional<JwtKey> JwtKey::from_secret(std::string_view secret) {
  if (secret.size() < kSecretBytes) return std::nullopt;
  const ErrorsKeptApart apart;
  cjose_err error{};
  auto* const key = cjose_jwk_create_oct_spec(reinterpret_cast<const std::uint8_t*>(secret.data()),
                                              secret.size(), &error);
  if (!key) return std::nullopt;
  return JwtKey(JwtAlgorithm::hs256, owned(key));
}

std::optional<JwtKey> JwtKey::from_numbers(const PublicNumbers& numbers) {
  const ErrorsKeptApart apart;
  cjose_jwk_t* key = nullptr;
  if (numbers.algorithm == JwtAlgorithm::rs256) key = make_rsa(numbers);
  if (numbers.algorithm == JwtAlgorithm::es256) key = make_ec(numbers);
  if (!key) return std::nullopt;
  return JwtKey(numbers.algorithm, owned(key));
}

// --- Signatures

SignedToken::SignedToken(std::string_view token) {
  const ErrorsKeptApart apart;
  cjose_err error{};
  token_ = cjose_jws_import(token.data(), token.size(), &error);
}

SignedToken::~SignedToken() {
  if (token_) cjose_jws_release(static_cast<cjose_jws_t*>(token_));
}

bool SignedToken::signed_by(const JwtKey& key) const {
  if (!token_) return false;
  const ErrorsKeptApart apart;
  auto* const jws = static_cast<cjose_jws_t*>(token_);
  cjose_err error{};
  // The caller has chosen the key by his own reading of the header, which must not differ.
  const char* const named = cjose_header_get(cjose_jws_get_protected(jws), CJOSE_HDR_ALG, &error);
  if (!named || named != to_string(key.algorithm())) return false;
  return cjose_jws_verify(jws, static_cast<const cjose_jwk_t*>(key.key_.get()), &error);
}

}  // namespace patchbay

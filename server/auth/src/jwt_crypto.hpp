// SPDX-License-Identifier: MIT
//
// Keys and signatures: all that is known here of cjose.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace patchbay {

enum class JwtAlgorithm : std::uint8_t { hs256, rs256, es256 };

// As headers of tokens have it. Nothing for those that are not ours.
[[nodiscard]] std::optional<JwtAlgorithm> jwt_algorithm(std::string_view name) noexcept;
[[nodiscard]] std::string_view to_string(JwtAlgorithm algorithm) noexcept;

// A public key as numbers, big-endian: modulus and exponent of an RSA key, x and y of a point on
// P-256.
struct PublicNumbers {
  JwtAlgorithm algorithm;
  std::string first;
  std::string second;
};

// A key, and the one algorithm that it is good for. Immutable; copies share it. Any thread.
class JwtKey {
 public:
  // Nothing when it is shorter than the algorithm wants.
  static std::optional<JwtKey> from_secret(std::string_view secret);
  // Nothing when it is no key, or one of a size that is too small to be safe or too large to be
  // worth its time.
  static std::optional<JwtKey> from_numbers(const PublicNumbers& numbers);

  [[nodiscard]] JwtAlgorithm algorithm() const noexcept { return algorithm_; }

 private:
  friend class SignedToken;
  JwtKey(JwtAlgorithm algorithm, std::shared_ptr<void> key)
      : algorithm_(algorithm), key_(std::move(key)) {}

  JwtAlgorithm algorithm_;
  std::shared_ptr<void> key_;  // a cjose_jwk_t; counted here, for its own counter is not atomic
};

// A token of three parts of base64url, whose signature is to be looked at.
class SignedToken {
 public:
  explicit SignedToken(std::string_view token);
  ~SignedToken();
  SignedToken(const SignedToken&) = delete;
  SignedToken& operator=(const SignedToken&) = delete;

  // False also when the token names another algorithm than the key's.
  [[nodiscard]] bool signed_by(const JwtKey& key) const;

 private:
  void* token_;  // a cjose_jws_t; null when cjose does not take it
};

}  // namespace patchbay

// SPDX-License-Identifier: MIT
//
// Tokens in text form, made without the library that reads them.
#pragma once

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <string>
#include <string_view>

#include "patchbay/protocol/base64.hpp"

namespace patchbay::test {

inline constexpr std::string_view kSecret = "a secret of thirty-two bytes, or more";

inline std::string base64url(std::string_view data) {
  std::string text;
  base64_encode(text, data);
  while (text.ends_with('=')) text.pop_back();
  for (char& c : text) {
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  return text;
}

inline std::string hmac_sha256(std::string_view secret, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  return {reinterpret_cast<const char*>(digest.data()), size};
}

// Whatever the header says.
inline std::string hmac_token(std::string_view header, std::string_view claims,
                              std::string_view secret = kSecret) {
  const std::string text = base64url(header) + "." + base64url(claims);
  return text + "." + base64url(hmac_sha256(secret, text));
}

inline constexpr std::string_view kHs256 = R"({"alg":"HS256","typ":"JWT"})";

inline std::string hs256_token(std::string_view claims) {
  return hmac_token(kHs256, claims);
}

}  // namespace patchbay::test

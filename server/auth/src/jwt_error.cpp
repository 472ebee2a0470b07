// SPDX-License-Identifier: MIT
#include "patchbay/auth/jwt.hpp"

namespace patchbay {

namespace {

struct Entry {
  std::string_view label;
  std::string_view sentence;
};

constexpr Entry kUnknown = {"unknown", "The error code is unknown"};

// One switch without a default: the compiler then points at a code that was forgotten here.
constexpr Entry entry_of(JwtError error) noexcept {
  switch (error) {
    case JwtError::none:
      return {"none", "There is no error"};
    case JwtError::missing:
      return {"jwt_missing", "There is no token"};
    case JwtError::too_long:
      return {"jwt_too_long", "The token exceeds its length limit"};
    case JwtError::malformed:
      return {"jwt_malformed", "The token is not a JWT in the compact form"};
    case JwtError::unsupported_algorithm:
      return {"jwt_unsupported_algorithm", "The token is not signed by HS256, RS256 or ES256"};
    case JwtError::critical_header:
      return {"jwt_critical_header", "The token has a critical header that is not understood"};
    case JwtError::unknown_key:
      return {"jwt_unknown_key", "There is no key of the token's id and algorithm"};
    case JwtError::bad_signature:
      return {"jwt_bad_signature", "The signature of the token is wrong"};
    case JwtError::malformed_claims:
      return {"jwt_malformed_claims", "The claims of the token are of the wrong form"};
    case JwtError::missing_expiry:
      return {"jwt_missing_expiry", "The token does not say when it expires"};
    case JwtError::expired:
      return {"jwt_expired", "The token has expired"};
    case JwtError::not_yet_valid:
      return {"jwt_not_yet_valid", "The token is not valid yet"};
    case JwtError::wrong_issuer:
      return {"jwt_wrong_issuer", "The token was issued by somebody else"};
    case JwtError::wrong_audience:
      return {"jwt_wrong_audience", "The token is meant for somebody else"};
    case JwtError::missing_subject:
      return {"jwt_missing_subject", "The token does not say whose it is"};
    case JwtError::other_subject:
      return {"jwt_other_subject", "The token is of another subject than the one before"};
    case JwtError::too_many_refusals:
      return {"jwt_too_many_refusals", "Too many fresh tokens in a row were refused"};
  }
  return kUnknown;
}

}  // namespace

std::string_view describe(JwtError error) noexcept {
  return entry_of(error).sentence;
}

std::string_view label(JwtError error) noexcept {
  return entry_of(error).label;
}

}  // namespace patchbay

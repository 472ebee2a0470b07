// SPDX-License-Identifier: MIT
//
// Any text as a token, and as header and claims under a good signature. What is admitted names
// somebody, has not expired, and is refused once its signature is changed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "jwt_text.hpp"
#include "patchbay/auth/jwt.hpp"

namespace {

using namespace patchbay;
using namespace patchbay::test;

constexpr JwtTime kNow{Millis(1'700'000'000'000)};

// One key of each type, so that no header is refused for want of one.
const JwtVerifier& verifier() {
  static const JwtVerifier instance = [] {
    JwtOptions options;
    options.clock_skew = std::chrono::seconds(0);
    options.keys.add_secret(kSecret);
    options.keys.add_jwks(
        R"({"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
        R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},)"
        R"({"kty":"RSA","e":"AQAB","n":")" +
        base64url(std::string(256, '\xc5')) + R"("}]})");
    return JwtVerifier(options);
  }();
  return instance;
}

void check(const std::string& token) {
  const auto claims = verifier().verify(token, kNow);
  if (label(claims.error()) == "unknown" || describe(claims.error()).empty()) std::abort();
  if (!claims) return;
  if (claims->subject.empty() || !claims->expires || *claims->expires <= kNow) std::abort();
  std::string changed = token;
  char& c = changed[changed.rfind('.') + 1];
  c = c == 'A' ? 'B' : 'A';
  if (verifier().verify(changed, kNow).error() != JwtError::bad_signature) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(std::string(text));
  check(hs256_token(text));
  check(hmac_token(text, R"({"sub":"ada","exp":1700000600})"));
  return 0;
}

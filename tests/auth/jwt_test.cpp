// SPDX-License-Identifier: MIT
#include "patchbay/auth/jwt.hpp"

#include <doctest/doctest.h>
#include <openssl/err.h>

#include <atomic>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "../support/jwt_signer.hpp"

using namespace patchbay;
using namespace patchbay::test;
using namespace std::chrono_literals;

namespace {

constexpr JwtTime kNow{1'700'000'000'000ms};
constexpr std::string_view kGood = R"({"sub":"ada","exp":1700000600})";

JwtOptions secret_options() {
  JwtOptions options;
  options.keys.add_secret(kSecret);
  return options;
}

std::string verdict(const JwtVerifier& verifier, std::string_view token, JwtTime now = kNow) {
  const auto claims = verifier.verify(token, now);
  return claims ? claims->subject : std::string(label(claims.error()));
}
std::string verdict(const JwtOptions& options, std::string_view token, JwtTime now = kNow) {
  return verdict(JwtVerifier(options), token, now);
}
// Of claims under a good signature.
std::string verdict_of_claims(std::string_view claims, const JwtOptions& options = secret_options(),
                              JwtTime now = kNow) {
  return verdict(options, hs256_token(claims), now);
}

std::string unsigned_token(std::string_view header, std::string_view claims) {
  return base64url(header) + "." + base64url(claims) + ".";
}

}  // namespace

// --- Forgery

TEST_CASE("a token that is not signed is refused, however it says so") {
  const JwtVerifier verifier(secret_options());
  for (const char* name : {"none", "None", "NONE", "nOnE", ""}) {
    const std::string header = R"({"alg":")" + std::string(name) + "\"}";
    CHECK(verdict(verifier, unsigned_token(header, kGood)) == "jwt_unsupported_algorithm");
    CHECK(verdict(verifier, hmac_token(header, kGood)) == "jwt_unsupported_algorithm");
  }
  CHECK(verdict(verifier, unsigned_token(kHs256, kGood)) == "jwt_bad_signature");
  CHECK(verdict(verifier, unsigned_token(R"({"typ":"JWT"})", kGood)) == "jwt_malformed");
  CHECK(verdict(verifier, unsigned_token(R"({"alg":null})", kGood)) == "jwt_malformed");
  CHECK(verdict(verifier, unsigned_token(R"({"alg":["HS256"]})", kGood)) == "jwt_malformed");
}

TEST_CASE("a public key is not taken for a secret") {
  for (const Signer* signer : {&rsa_signer(), &ec_signer()}) {
    JwtOptions options;
    options.keys.add_pem(signer->pem());
    for (const std::string& secret : {signer->pem(), signer->jwk()}) {
      CHECK(verdict(options, hmac_token(kHs256, kGood, secret)) == "jwt_unknown_key");
    }
    CHECK(verdict(options, hmac_token(R"({"alg":"RS256"})", kGood, signer->pem())) ==
          (signer == &rsa_signer() ? "jwt_bad_signature" : "jwt_unknown_key"));
    CHECK_THROWS_AS(options.keys.add_secret(signer->pem()), std::invalid_argument);
  }
}

TEST_CASE("a key is good for its own algorithm alone") {
  JwtOptions options;
  options.keys.add_secret(kSecret, "s").add_pem(rsa_signer().pem(), "r");
  options.keys.add_pem(ec_signer().pem(), "e");
  const JwtVerifier verifier(options);
  CHECK(verdict(verifier, rsa_signer().token(kGood, R"(,"kid":"r")")) == "ada");
  CHECK(verdict(verifier, ec_signer().token(kGood, R"(,"kid":"e")")) == "ada");
  CHECK(verdict(verifier, hmac_token(R"({"alg":"HS256","kid":"s"})", kGood)) == "ada");
  // The right signature under a key of another type's name.
  CHECK(verdict(verifier, rsa_signer().token(kGood, R"(,"kid":"s")")) == "jwt_unknown_key");
  CHECK(verdict(verifier, rsa_signer().token(kGood, R"(,"kid":"e")")) == "jwt_unknown_key");
  CHECK(verdict(verifier, hmac_token(R"({"alg":"HS256","kid":"r"})", kGood)) == "jwt_unknown_key");
  // Another algorithm's name over it.
  CHECK(verdict(verifier, rsa_signer().token_of(R"({"alg":"ES256"})", kGood)) ==
        "jwt_bad_signature");
  CHECK(verdict(verifier, ec_signer().token_of(R"({"alg":"RS256"})", kGood)) ==
        "jwt_bad_signature");
  CHECK(verdict(verifier, rsa_signer().token_of(R"({"alg":"HS256"})", kGood)) ==
        "jwt_bad_signature");
  for (const char* name : {"HS384", "HS512", "RS384", "RS512", "PS256", "ES384", "ES256K", "EdDSA",
                           "dir", "hs256", "A128GCM"}) {
    const std::string header = R"({"alg":")" + std::string(name) + "\"}";
    CHECK(verdict(verifier, rsa_signer().token_of(header, kGood)) == "jwt_unsupported_algorithm");
  }
}

TEST_CASE("an algorithm that is named twice is not two") {
  JwtOptions options;
  options.keys.add_pem(rsa_signer().pem());
  const std::string twice = R"({"alg":"HS256","alg":"RS256"})";
  CHECK(verdict(options, hmac_token(twice, kGood, rsa_signer().pem())) == "jwt_bad_signature");
}

TEST_CASE("what was changed after it was signed is refused") {
  JwtOptions options = secret_options();
  options.keys.add_pem(rsa_signer().pem()).add_pem(ec_signer().pem());
  const JwtVerifier verifier(options);
  const std::string other = base64url(R"({"sub":"eve","exp":1700000600})");
  for (std::string token :
       {hs256_token(kGood), rsa_signer().token(kGood), ec_signer().token(kGood)}) {
    REQUIRE(verdict(verifier, token) == "ada");
    const auto first = token.find('.');
    const auto last = token.rfind('.');
    CHECK(verdict(verifier, token.substr(0, first + 1) + other + token.substr(last)) ==
          "jwt_bad_signature");
    CHECK(verdict(verifier, token.substr(0, last + 1)) == "jwt_bad_signature");
    CHECK(verdict(verifier, token.substr(0, token.size() - 4)) == "jwt_bad_signature");
    CHECK(verdict(verifier, token + "AAAA") == "jwt_bad_signature");
    token[last + 1] = token[last + 1] == 'A' ? 'B' : 'A';
    CHECK(verdict(verifier, token) == "jwt_bad_signature");
  }
  CHECK(verdict(verifier, hmac_token(kHs256, kGood, "another secret of thirty-two bytes..")) ==
        "jwt_bad_signature");
  CHECK(verdict(verifier, Signer("ES256").token(kGood)) == "jwt_bad_signature");
}

TEST_CASE("a signature of zeros is none") {
  JwtOptions options = secret_options();
  options.keys.add_pem(rsa_signer().pem()).add_pem(ec_signer().pem());
  const JwtVerifier verifier(options);
  const auto with_zeros = [](std::string_view algorithm, std::size_t bytes) {
    return base64url(R"({"alg":")" + std::string(algorithm) + "\"}") + "." + base64url(kGood) +
           "." + base64url(std::string(bytes, '\0'));
  };
  for (const std::size_t bytes : {1U, 32U, 64U, 65U, 256U}) {
    for (const char* algorithm : {"HS256", "RS256", "ES256"}) {
      CHECK(verdict(verifier, with_zeros(algorithm, bytes)) == "jwt_bad_signature");
    }
  }
}

// --- Form

TEST_CASE("what is no token is refused") {
  const JwtVerifier verifier(secret_options());
  const std::string good = hs256_token(kGood);
  CHECK(verdict(verifier, "") == "jwt_missing");
  for (const std::string& text :
       {std::string("x"), std::string("."), std::string(".."), std::string("a.b"),
        std::string("a.b.c.d"), good + ".", "." + good, good + " ", good + "\n", " " + good,
        good + "=", good + std::string(1, '\0'), std::string("{\"payload\":\"\"}"),
        std::string("e30.e30.e30.e30.e30"), std::string("+/+/.e30.e30"), "Bearer " + good}) {
    CAPTURE(text);
    CHECK(verdict(verifier, text) == "jwt_malformed");
  }
}

TEST_CASE("a header that is no object, or not of the right types, is refused") {
  const JwtVerifier verifier(secret_options());
  for (const char* header :
       {"", "1", "null", "[]", "\"HS256\"", "{", "{}", R"({"alg":1})", R"({"alg":"HS256","kid":1})",
        R"({"alg":"HS256","kid":null})", "{\"alg\":\"HS256\",\"x\":\"\xff\"}"}) {
    CAPTURE(header);
    CHECK(verdict(verifier, hmac_token(header, kGood)) == "jwt_malformed");
  }
  CHECK(verdict(verifier, hmac_token(R"({"alg":"HS256","a":)" + std::string(100, '[') +
                                         std::string(100, ']') + "}",
                                     kGood)) == "jwt_malformed");
}

TEST_CASE("a header that has to be understood is not") {
  for (const char* crit : {R"(["b64"])", R"(["exp"])", "[]", "null"}) {
    const std::string header = R"({"alg":"HS256","b64":false,"crit":)" + std::string(crit) + "}";
    CHECK(verdict(secret_options(), hmac_token(header, kGood)) == "jwt_critical_header");
  }
}

TEST_CASE("a token that is too long is refused unread") {
  JwtOptions options = secret_options();
  const std::string padding(8 * 1024, 'x');
  const std::string token = hs256_token(R"({"sub":"ada","exp":1700000600,"p":")" + padding + "\"}");
  CHECK(verdict(options, token) == "jwt_too_long");
  CHECK(verdict(options, std::string(8 * 1024 + 1, '.')) == "jwt_too_long");
  options.max_token_bytes = token.size();
  CHECK(verdict(options, token) == "ada");
}

TEST_CASE("a refused token leaves no trace among OpenSSL's errors") {
  JwtOptions options;
  options.keys.add_pem(rsa_signer().pem()).add_pem(ec_signer().pem());
  ERR_clear_error();
  CHECK(verdict(options, hmac_token(R"({"alg":"RS256"})", kGood)) == "jwt_bad_signature");
  CHECK(verdict(options, ec_signer().token_of(R"({"alg":"RS256"})", kGood)) == "jwt_bad_signature");
  CHECK_THROWS(JwtKeys().add_pem("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"));
  CHECK(ERR_peek_error() == 0);
}

// --- Claims

TEST_CASE("claims that are no object are refused, also when they are signed") {
  for (const char* claims : {"1", "null", "[]", "\"sub\"", "{", "{\"sub\":\"\xff\"}"}) {
    CAPTURE(claims);
    CHECK(verdict_of_claims(claims) == "jwt_malformed_claims");
  }
}

TEST_CASE("a token is good until it expires, and by the skew longer") {
  JwtOptions options = secret_options();
  options.clock_skew = 30s;
  const std::string token = hs256_token(kGood);
  const JwtTime expiry{1'700'000'600'000ms};
  CHECK(verdict(options, token, expiry - 1ms) == "ada");
  CHECK(verdict(options, token, expiry + 30s - 1ms) == "ada");
  CHECK(verdict(options, token, expiry + 30s) == "jwt_expired");
  options.clock_skew = 0s;
  CHECK(verdict(options, token, expiry - 1ms) == "ada");
  CHECK(verdict(options, token, expiry) == "jwt_expired");
  CHECK(JwtVerifier(options).verify(token, kNow)->expires == expiry);
}

TEST_CASE("times may be fractions, and are never out of range") {
  JwtOptions options = secret_options();
  options.clock_skew = 0s;
  const auto at = [&options](const char* exp, JwtTime now) {
    return verdict_of_claims(R"({"sub":"ada","exp":)" + std::string(exp) + "}", options, now);
  };
  CHECK(at("1700000000.25", kNow + 249ms) == "ada");
  CHECK(at("1700000000.25", kNow + 250ms) == "jwt_expired");
  for (const char* far : {"1e300", "9223372036854775807", "18446744073709551616", "253402300800"}) {
    CHECK(at(far, kNow) == "ada");
  }
  for (const char* past : {"0", "-1", "-1e300", "-9223372036854775808"}) {
    CHECK(at(past, kNow) == "jwt_expired");
  }
  for (const char* wrong : {"\"1700000600\"", "null", "true", "[1700000600]", "{}"}) {
    CHECK(at(wrong, kNow) == "jwt_malformed_claims");
  }
}

TEST_CASE("a token without an end is refused unless the option says otherwise") {
  JwtOptions options = secret_options();
  CHECK(verdict_of_claims(R"({"sub":"ada"})", options) == "jwt_missing_expiry");
  options.require_expiry = false;
  CHECK(verdict_of_claims(R"({"sub":"ada"})", options) == "ada");
  CHECK_FALSE(JwtVerifier(options).verify(hs256_token(R"({"sub":"ada"})"), kNow)->expires);
  CHECK(verdict_of_claims(R"({"sub":"ada","exp":1})", options) == "jwt_expired");
}

TEST_CASE("a token is not good before its time, but for the skew") {
  const std::string_view claims = R"({"sub":"ada","exp":1700009999,"nbf":1700000100})";
  const JwtTime start{1'700'000'100'000ms};
  CHECK(verdict_of_claims(claims, secret_options(), start - 30s - 1ms) == "jwt_not_yet_valid");
  CHECK(verdict_of_claims(claims, secret_options(), start - 30s) == "ada");
  CHECK(verdict_of_claims(R"({"sub":"ada","exp":1700009999,"nbf":"now"})") ==
        "jwt_malformed_claims");
  CHECK(verdict_of_claims(R"({"sub":"ada","exp":1e99,"nbf":1e99})") == "jwt_not_yet_valid");
}

TEST_CASE("the issuer is one of those expected") {
  JwtOptions options = secret_options();
  options.issuers = {"https://a.example", "https://b.example"};
  const auto from = [&options](const char* issuer) {
    return verdict_of_claims(R"({"sub":"ada","exp":1700000600,"iss":)" + std::string(issuer) + "}",
                             options);
  };
  CHECK(from(R"("https://b.example")") == "ada");
  CHECK(from(R"("https://b.example/")") == "jwt_wrong_issuer");
  CHECK(from(R"("HTTPS://B.EXAMPLE")") == "jwt_wrong_issuer");
  CHECK(from(R"("")") == "jwt_wrong_issuer");
  CHECK(from(R"(["https://b.example"])") == "jwt_malformed_claims");
  CHECK(verdict_of_claims(kGood, options) == "jwt_wrong_issuer");
}

TEST_CASE("the audience, a text or a list of them, has one of those expected") {
  JwtOptions options = secret_options();
  options.audiences = {"chat", "files"};
  const auto for_whom = [&options](const char* audience) {
    return verdict_of_claims(
        R"({"sub":"ada","exp":1700000600,"aud":)" + std::string(audience) + "}", options);
  };
  CHECK(for_whom(R"("files")") == "ada");
  CHECK(for_whom(R"(["mail","chat"])") == "ada");
  for (const char* other : {R"("mail")", R"("cha")", R"("chat ")", R"([])", R"(["mail",7,null])",
                            R"([["chat"]])", R"({"chat":1})", "null", "1"}) {
    CAPTURE(other);
    CHECK(for_whom(other) == "jwt_wrong_audience");
  }
  CHECK(verdict_of_claims(kGood, options) == "jwt_wrong_audience");
}

TEST_CASE("a token has to say whose it is") {
  for (const char* subject : {"null", "7", "\"\"", "[\"ada\"]"}) {
    CHECK(verdict_of_claims(R"({"exp":1700000600,"sub":)" + std::string(subject) + "}") ==
          "jwt_missing_subject");
  }
  JwtOptions options = secret_options();
  options.subject_claim = "email";
  CHECK(verdict_of_claims(kGood, options) == "jwt_missing_subject");
  CHECK(verdict_of_claims(R"({"exp":1700000600,"email":"ada@example.com"})", options) ==
        "ada@example.com");
}

TEST_CASE("all claims are there to be read") {
  const auto claims =
      JwtVerifier(secret_options())
          .verify(hs256_token(R"({"sub":"ada","exp":1700000600,"roles":["a"]})"), kNow);
  REQUIRE(claims);
  CHECK((*claims->all.find("roles") == Value(Array{"a"})));
}

// --- The examples of RFC 7515 (A.1, A.3), which somebody else has signed.

TEST_CASE("tokens of the specification") {
  const std::string claims =
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0"
      "cnVlfQ";
  JwtOptions options;
  options.subject_claim = "iss";
  options.keys.add_jwks(
      R"({"keys":[
        {"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"},
        {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
         "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})");
  const JwtTime then{1'300'819'000s};
  CHECK(verdict(options,
                "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + claims +
                    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
                then) == "joe");
  CHECK(
      verdict(options,
              "eyJhbGciOiJFUzI1NiJ9." + claims +
                  ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3"
                  "-Kg6NU1Q",
              then) == "joe");
}

// --- Options, and errors as texts

TEST_CASE("options that make no sense are refused by name") {
  CHECK_THROWS_AS(JwtVerifier{JwtOptions()}, std::invalid_argument);
  JwtOptions options = secret_options();
  options.clock_skew = -1s;
  CHECK_THROWS_AS(JwtVerifier{options}, std::invalid_argument);
  options = secret_options();
  options.subject_claim.clear();
  CHECK_THROWS_AS(JwtVerifier{options}, std::invalid_argument);
  options = secret_options();
  options.max_token_bytes = 0;
  CHECK_THROWS_AS(JwtVerifier{options}, std::invalid_argument);
}

TEST_CASE("keys can be replaced while they are in use, in all copies of the verifier") {
  JwtOptions options;
  options.keys.add_pem(ec_signer().pem());
  JwtVerifier verifier(options);
  const JwtVerifier copy = verifier;
  CHECK(verdict(copy, ec_signer().token(kGood)) == "ada");
  verifier.replace_keys(JwtKeys().add_secret(kSecret));
  CHECK(verdict(copy, ec_signer().token(kGood)) == "jwt_unknown_key");
  CHECK(verdict(copy, hs256_token(kGood)) == "ada");
  CHECK_THROWS_AS(verifier.replace_keys({}), std::invalid_argument);
}

TEST_CASE("several threads check tokens by the same keys, which somebody replaces") {
  JwtOptions options = secret_options();
  options.keys.add_pem(rsa_signer().pem()).add_pem(ec_signer().pem());
  JwtVerifier verifier(options);
  const std::vector<std::string> tokens{hs256_token(kGood), rsa_signer().token(kGood),
                                        ec_signer().token(kGood)};
  const std::string forged = hmac_token(R"({"alg":"RS256"})", kGood, rsa_signer().pem());
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (std::size_t j = 0; j < 100; ++j) {
        if (!verifier.verify(tokens[j % tokens.size()], kNow)) ++wrong;
        if (verifier.verify(forged, kNow).error() != JwtError::bad_signature) ++wrong;
      }
    });
  }
  for (int i = 0; i < 100; ++i) verifier.replace_keys(options.keys);
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("every reason has a label and a sentence of its own") {
  std::set<std::string_view> labels;
  for (int i = 0; i <= static_cast<int>(JwtError::too_many_refusals); ++i) {
    const auto error = static_cast<JwtError>(i);
    CHECK(labels.insert(label(error)).second);
    CHECK_FALSE(describe(error).ends_with('.'));
  }
  CHECK(label(JwtError::expired) == "jwt_expired");
}

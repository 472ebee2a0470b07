// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include "../support/jwt_signer.hpp"
#include "../support/tls_certificate.hpp"
#include "patchbay/auth/jwt.hpp"

using namespace patchbay;
using namespace patchbay::test;
using namespace std::chrono_literals;

namespace {

constexpr JwtTime kNow{1'700'000'000'000ms};
constexpr std::string_view kGood = R"({"sub":"ada","exp":1700000600})";

std::string verdict(const JwtKeys& keys, std::string_view token) {
  JwtOptions options;
  options.keys = keys;
  const auto claims = JwtVerifier(options).verify(token, kNow);
  return claims ? claims->subject : std::string(label(claims.error()));
}

std::string set_of(std::initializer_list<std::string> jwks) {
  std::string text;
  for (const std::string& jwk : jwks) text += (text.empty() ? "" : ",") + jwk;
  return R"({"keys":[)" + text + "]}";
}

}  // namespace

TEST_CASE("secrets that are too short are refused") {
  JwtKeys keys;
  CHECK_THROWS_AS(keys.add_secret(""), std::invalid_argument);
  CHECK_THROWS_AS(keys.add_secret(std::string(31, 'x')), std::invalid_argument);
  CHECK(keys.empty());
  CHECK(keys.add_secret(std::string(32, '\0')).size() == 1);
}

TEST_CASE("what is no public key of ours is refused") {
  const TestCertificate pair = make_certificate();
  JwtKeys keys;
  for (const std::string& text :
       {std::string(), std::string("x"), std::string("-----BEGIN PUBLIC KEY-----"), pair.key,
        pair.encrypted_key, std::string(100'000, '\n'),
        std::string("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
        Signer("RS256", 1024).pem()}) {
    CHECK_THROWS_AS(keys.add_pem(text), std::invalid_argument);
  }
  CHECK(keys.empty());
}

TEST_CASE("curves other than P-256 are refused") {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-384"), EVP_PKEY_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  REQUIRE(PEM_write_bio_PUBKEY(bio.get(), key.get()) == 1);
  const char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  CHECK_THROWS_AS(JwtKeys().add_pem({data, static_cast<std::size_t>(size)}), std::invalid_argument);
}

TEST_CASE("the key of a certificate is one, too") {
  CHECK(JwtKeys().add_pem(make_certificate().certificate).size() == 1);
}

TEST_CASE("a set of keys: the token says which, and that one has to fit") {
  JwtKeys keys;
  const Signer other("ES256");
  keys.add_jwks(set_of({rsa_signer().jwk(R"(,"kid":"r","use":"sig","alg":"RS256")"),
                        ec_signer().jwk(R"(,"kid":"e1")"), other.jwk(R"(,"kid":"e2")")}));
  REQUIRE(keys.size() == 3);
  CHECK(verdict(keys, rsa_signer().token(kGood, R"(,"kid":"r")")) == "ada");
  CHECK(verdict(keys, ec_signer().token(kGood, R"(,"kid":"e1")")) == "ada");
  CHECK(verdict(keys, ec_signer().token(kGood, R"(,"kid":"e2")")) == "jwt_bad_signature");
  CHECK(verdict(keys, ec_signer().token(kGood, R"(,"kid":"e3")")) == "jwt_unknown_key");
  CHECK(verdict(keys, ec_signer().token(kGood, R"(,"kid":"")")) == "jwt_unknown_key");
}

TEST_CASE("a token without a key's name is tried with all of its algorithm") {
  const Signer other("ES256");
  JwtKeys keys;
  keys.add_jwks(set_of({rsa_signer().jwk(R"(,"kid":"r")"), ec_signer().jwk(R"(,"kid":"e1")"),
                        other.jwk(R"(,"kid":"e2")")}));
  CHECK(verdict(keys, ec_signer().token(kGood)) == "ada");
  CHECK(verdict(keys, other.token(kGood)) == "ada");
  CHECK(verdict(keys, rsa_signer().token(kGood)) == "ada");
  CHECK(verdict(keys, Signer("ES256").token(kGood)) == "jwt_bad_signature");
  CHECK(verdict(keys, hs256_token(kGood)) == "jwt_unknown_key");
}

TEST_CASE("a key without a name fits tokens that name one") {
  CHECK(verdict(JwtKeys().add_pem(ec_signer().pem()), ec_signer().token(kGood, R"(,"kid":"x")")) ==
        "ada");
  CHECK(verdict(JwtKeys().add_pem(ec_signer().pem()).add_pem(Signer("ES256").pem(), "x"),
                ec_signer().token(kGood, R"(,"kid":"x")")) == "jwt_bad_signature");
}

TEST_CASE("keys that are not for us are passed over") {
  JwtKeys keys;
  keys.add_jwks(set_of({
      R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})",
      R"({"kty":"EC","crv":"P-384","x":"AA","y":"AA"})",
      R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA"})",
      R"({"kty":"oct","k":"c2hvcnQ"})",
      R"({"kty":"RSA","n":"AQAB","e":"AQAB"})",
      R"({"kty":7})",
      "null",
      "[]",
      rsa_signer().jwk(R"(,"use":"enc")"),
      rsa_signer().jwk(R"(,"alg":"RS512")"),
      rsa_signer().jwk(R"(,"alg":"RSA-OAEP")"),
      rsa_signer().jwk(R"(,"key_ops":["encrypt"])"),
      ec_signer().jwk(R"(,"key_ops":["verify"])"),
  }));
  CHECK(keys.size() == 1);
  CHECK(verdict(keys, ec_signer().token(kGood)) == "ada");
  CHECK(verdict(keys, rsa_signer().token(kGood)) == "jwt_unknown_key");
}

TEST_CASE("a point that is not on the curve is no key") {
  const std::string zeros = base64url(std::string(32, '\1'));
  CHECK_THROWS_AS(JwtKeys().add_jwks(R"({"kty":"EC","crv":"P-256","x":")" + zeros + R"(","y":")" +
                                     zeros + "\"}"),
                  std::invalid_argument);
}

TEST_CASE("one key alone is a set of one") {
  CHECK(verdict(JwtKeys().add_jwks(ec_signer().jwk()), ec_signer().token(kGood)) == "ada");
}

TEST_CASE("a set that cannot be used is refused, and changes nothing") {
  JwtKeys keys;
  keys.add_secret(kSecret);
  for (const char* text : {"", "x", "null", "[]", "{}", R"({"keys":{}})", R"({"keys":[]})",
                           R"({"keys":[{"kty":"EC"}]})", "{\"keys\":[\"\xff\"]}"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(keys.add_jwks(text), std::invalid_argument);
  }
  CHECK(keys.size() == 1);
}

TEST_CASE("there is an end to how many keys a token is tried with") {
  JwtKeys keys;
  for (std::size_t i = 0; i < JwtKeys::kMaxKeys; ++i) keys.add_secret(kSecret);
  CHECK_THROWS_AS(keys.add_secret(kSecret), std::invalid_argument);
  CHECK(keys.size() == JwtKeys::kMaxKeys);
}

TEST_CASE("copies do not see what is added later") {
  JwtKeys keys;
  const JwtKeys before = keys.add_secret(kSecret);
  keys.add_pem(ec_signer().pem());
  CHECK(before.size() == 1);
  CHECK(keys.size() == 2);
}

TEST_CASE("keys from a file") {
  CHECK_THROWS_AS(JwtKeys().add_jwks_file("/nowhere/at/all"), std::system_error);
  CHECK_THROWS_AS(JwtKeys().add_jwks_file("/"), std::system_error);
  const auto path = std::filesystem::temp_directory_path() /
                    ("patchbay-jwks-" + std::to_string(std::random_device()()));
  std::ofstream(path) << ec_signer().jwk();
  CHECK(JwtKeys().add_jwks_file(path.string()).size() == 1);
  std::filesystem::remove(path);
}

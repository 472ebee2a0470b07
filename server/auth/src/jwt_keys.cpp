// SPDX-License-Identifier: MIT
#include "jwt_keys.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "jwt_pem.hpp"
#include "patchbay/protocol/base64.hpp"
#include "patchbay/protocol/json.hpp"
#include "patchbay/protocol/utf8.hpp"

namespace patchbay {

namespace {

[[noreturn]] void refuse(const std::string& text) {
  throw std::invalid_argument("JWT keys: " + text);
}

// The bytes of a member of a JWK; empty when there is none.
std::string bytes_of(const Value& jwk, std::string_view member) {
  const auto* const text = jwk[member].get_if<std::string>();
  return text ? base64_decode(*text).value_or(std::string()) : std::string();
}

// RFC 7517 4.2 and 4.3.
bool is_for_checking(const Value& jwk) {
  const Value& use = jwk["use"];
  if (!use.is_null() && use != Value("sig")) return false;
  const Value& operations = jwk["key_ops"];
  if (operations.is_null()) return true;
  const auto* const list = operations.get_if<Array>();
  return list && std::ranges::find(*list, Value("verify")) != list->end();
}

std::optional<JwtKey> key_of_type(const Value& jwk) {
  const Value& type = jwk["kty"];
  if (type == Value("oct")) return JwtKey::from_secret(bytes_of(jwk, "k"));
  if (type == Value("RSA")) {
    std::string modulus = bytes_of(jwk, "n");
    // Some write the sign's zero before it.
    if (modulus.starts_with('\0')) modulus.erase(0, 1);
    return JwtKey::from_numbers({.algorithm = JwtAlgorithm::rs256,
                                 .first = std::move(modulus),
                                 .second = bytes_of(jwk, "e")});
  }
  if (type == Value("EC") && jwk["crv"] == Value("P-256")) {
    return JwtKey::from_numbers({.algorithm = JwtAlgorithm::es256,
                                 .first = bytes_of(jwk, "x"),
                                 .second = bytes_of(jwk, "y")});
  }
  return std::nullopt;
}

std::optional<JwtKey> read_jwk(const Value& jwk) {
  if (!is_for_checking(jwk)) return std::nullopt;
  auto key = key_of_type(jwk);
  const Value& algorithm = jwk["alg"];
  if (key && !algorithm.is_null() && algorithm != Value(to_string(key->algorithm()))) {
    return std::nullopt;
  }
  return key;
}

Array read_set(std::string_view json) {
  constexpr std::size_t kSetDepth = 16;
  auto value = is_valid_utf8(json) ? parse_json(json, kSetDepth) : Errc::json_invalid_utf8;
  if (!value) refuse("not JSON: " + std::string(describe(value.error())));
  if (value->is_object() && (*value)["keys"].is_array()) return (*value)["keys"].as_array();
  if (value->is_object() && (*value)["kty"].is_string()) return {std::move(*value)};
  refuse("neither a JWK Set nor a JWK");
}

}  // namespace

std::vector<const JwtKey*> JwtKeys::List::fitting(std::optional<std::string_view> kid,
                                                  JwtAlgorithm algorithm) const {
  const auto is_named = [&kid](const Entry& entry) { return kid && entry.kid == *kid; };
  const bool known = std::ranges::any_of(entries, is_named);
  std::vector<const JwtKey*> keys;
  for (const Entry& entry : entries) {
    const bool fits = !kid || (known ? is_named(entry) : entry.kid.empty());
    if (fits && entry.key.algorithm() == algorithm) keys.push_back(&entry.key);
  }
  return keys;
}

JwtKeys::JwtKeys() : list_(std::make_shared<const List>()) {}
JwtKeys::~JwtKeys() = default;
JwtKeys::JwtKeys(const JwtKeys&) = default;
JwtKeys::JwtKeys(JwtKeys&&) noexcept = default;
JwtKeys& JwtKeys::operator=(const JwtKeys&) = default;
JwtKeys& JwtKeys::operator=(JwtKeys&&) noexcept = default;

std::size_t JwtKeys::size() const noexcept {
  return list_ ? list_->entries.size() : 0;
}

void JwtKeys::append(std::vector<Entry> entries) {
  if (size() + entries.size() > kMaxKeys) {
    refuse("more than " + std::to_string(kMaxKeys));
  }
  auto longer = list_ ? std::make_shared<List>(*list_) : std::make_shared<List>();
  std::ranges::move(entries, std::back_inserter(longer->entries));
  list_ = std::move(longer);
}

JwtKeys& JwtKeys::add_secret(std::string_view secret, std::string kid) {
  if (secret.find("-----BEGIN") != std::string_view::npos) {
    refuse("a text in PEM form is no secret");
  }
  auto key = JwtKey::from_secret(secret);
  if (!key) refuse("a secret for HS256 has 32 bytes or more");
  append({{.kid = std::move(kid), .key = std::move(*key)}});
  return *this;
}

JwtKeys& JwtKeys::add_pem(std::string_view pem, std::string kid) {
  const auto numbers = read_pem(pem);
  if (!numbers) refuse("no public key in PEM form, or one that is neither RSA nor EC on P-256");
  auto key = JwtKey::from_numbers(*numbers);
  if (!key) refuse("an RSA key has 2048 to 8192 bits");
  append({{.kid = std::move(kid), .key = std::move(*key)}});
  return *this;
}

JwtKeys& JwtKeys::add_jwks(std::string_view json) {
  std::vector<Entry> entries;
  for (const Value& jwk : read_set(json)) {
    auto key = read_jwk(jwk);
    const auto* const kid = jwk["kid"].get_if<std::string>();
    if (key) entries.push_back({.kid = kid ? *kid : std::string(), .key = std::move(*key)});
  }
  if (entries.empty()) refuse("none in the set is for HS256, RS256 or ES256");
  append(std::move(entries));
  return *this;
}

JwtKeys& JwtKeys::add_jwks_file(const std::string& path) {
  errno = 0;
  const std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  // A directory can be opened, and not be read.
  if (!file || (!text && errno != 0)) {
    throw std::system_error(errno, std::generic_category(), "JWT keys: cannot read '" + path + "'");
  }
  return add_jwks(text.view());
}

}  // namespace patchbay

// SPDX-License-Identifier: MIT
#include "patchbay/auth/jwt.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "jwt_keys.hpp"
#include "patchbay/protocol/base64.hpp"
#include "patchbay/protocol/json.hpp"
#include "patchbay/protocol/utf8.hpp"

namespace patchbay {

namespace {

// Nested deeper are no claims that anybody makes.
constexpr std::size_t kDepth = 16;

// --- The compact form

struct Parts {
  std::string_view header;
  std::string_view claims;
  std::string_view signature;
};

bool is_base64url(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

std::optional<Parts> split(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t last = token.rfind('.');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  const Parts parts{.header = token.substr(0, first),
                    .claims = token.substr(first + 1, last - first - 1),
                    .signature = token.substr(last + 1)};
  if (!is_base64url(parts.header) || !is_base64url(parts.claims)) return std::nullopt;
  // An unsigned token ("none") is refused for that, by name.
  if (!parts.signature.empty() && !is_base64url(parts.signature)) return std::nullopt;
  return parts;
}

std::optional<Object> read_object(std::string_view part) {
  const auto text = base64_decode(part);
  if (!text || !is_valid_utf8(*text)) return std::nullopt;
  auto value = parse_json(*text, kDepth);
  if (!value || !value->is_object()) return std::nullopt;
  return std::move(value->as_object());
}

struct Header {
  JwtAlgorithm algorithm;
  std::optional<std::string> kid;
};

Result<Header, JwtError> read_header(std::string_view part) {
  auto object = read_object(part);
  if (!object) return JwtError::malformed;
  const Value* const name = object->find("alg");
  if (!name || !name->is_string()) return JwtError::malformed;
  const auto algorithm = jwt_algorithm(name->as_string());
  if (!algorithm) return JwtError::unsupported_algorithm;
  if (object->contains("crit")) return JwtError::critical_header;
  Header header{.algorithm = *algorithm, .kid = {}};
  if (const Value* const kid = object->find("kid")) {
    if (!kid->is_string()) return JwtError::malformed;
    header.kid = kid->as_string();
  }
  return header;
}

// That of ES256 is two numbers of 32 bytes, that of HS256 a hash.
bool has_right_size(std::string_view signature, JwtAlgorithm algorithm) {
  const auto bytes = base64_decode(signature);
  if (!bytes || bytes->empty()) return false;
  if (algorithm == JwtAlgorithm::es256) return bytes->size() == 64;
  return algorithm != JwtAlgorithm::hs256 || bytes->size() == 32;
}

// With keys of the algorithm.
JwtError check_signature(std::string_view token, const Parts& parts, JwtAlgorithm algorithm,
                         const std::vector<const JwtKey*>& keys) {
  if (keys.empty()) return JwtError::unknown_key;
  if (!has_right_size(parts.signature, algorithm)) return JwtError::bad_signature;
  const SignedToken signed_token(token);
  const bool good =
      std::ranges::any_of(keys, [&](const JwtKey* key) { return signed_token.signed_by(*key); });
  return good ? JwtError::none : JwtError::bad_signature;
}

// --- What it says

// A time claim. Beyond the year 9999 all times are one: nobody is to calculate with them.
struct TimeClaim {
  bool wrong = false;
  std::optional<JwtTime> time;
};

TimeClaim read_time(const Object& claims, std::string_view name) {
  constexpr double kLatest = 253'402'300'799;
  const Value* const value = claims.find(name);
  if (!value) return {};
  if (!value->is_number()) return {.wrong = true, .time = {}};
  const double seconds = std::clamp(value->as_double(), -kLatest, kLatest);
  return {.wrong = false, .time = JwtTime(Millis(std::llround(seconds * 1000)))};
}

JwtError check_times(const Object& claims, const JwtOptions& options, JwtTime now,
                     std::optional<JwtTime>& expires) {
  const TimeClaim expiry = read_time(claims, "exp");
  const TimeClaim start = read_time(claims, "nbf");
  if (expiry.wrong || start.wrong) return JwtError::malformed_claims;
  if (!expiry.time && options.require_expiry) return JwtError::missing_expiry;
  if (expiry.time && now >= *expiry.time + options.clock_skew) return JwtError::expired;
  if (start.time && now + options.clock_skew < *start.time) return JwtError::not_yet_valid;
  expires = expiry.time;
  return JwtError::none;
}

bool is_one_of(const Value& value, const std::vector<std::string>& names) {
  const auto* const text = value.get_if<std::string>();
  return text && std::ranges::find(names, *text) != names.end();
}

bool names_one_of(const Value* claim, const std::vector<std::string>& names) {
  if (names.empty()) return true;
  if (!claim) return false;
  const auto* const list = claim->get_if<Array>();
  if (!list) return is_one_of(*claim, names);
  return std::ranges::any_of(*list, [&](const Value& item) { return is_one_of(item, names); });
}

JwtError check_claims(const JwtOptions& options, JwtTime now, JwtClaims& claims) {
  const Object& all = claims.all;
  const JwtError error = check_times(all, options, now, claims.expires);
  if (error != JwtError::none) return error;
  const Value* const issuer = all.find("iss");
  if (issuer && !issuer->is_string()) return JwtError::malformed_claims;
  if (!names_one_of(issuer, options.issuers)) return JwtError::wrong_issuer;
  if (!names_one_of(all.find("aud"), options.audiences)) return JwtError::wrong_audience;
  const Value* const subject = all.find(options.subject_claim);
  if (!subject || !subject->is_string() || subject->as_string().empty()) {
    return JwtError::missing_subject;
  }
  claims.subject = subject->as_string();
  return JwtError::none;
}

void require(bool holds, const char* text) {
  if (!holds) throw std::invalid_argument(std::string("JWT: ") + text);
}

}  // namespace

struct JwtVerifier::State {
  JwtOptions options;
  std::mutex mutex;  // guards the keys among them
};

JwtVerifier::JwtVerifier(JwtOptions options) : state_(std::make_shared<State>()) {
  constexpr std::chrono::hours kLargestSkew{24};
  require(!options.keys.empty(), "keys: there are none");
  require(options.clock_skew.count() >= 0 && options.clock_skew <= kLargestSkew,
          "clock_skew: from nothing to a day");
  require(options.max_token_bytes > 0, "max_token_bytes: no token is that short");
  require(!options.subject_claim.empty(), "subject_claim: a claim has a name");
  state_->options = std::move(options);
}

void JwtVerifier::replace_keys(JwtKeys keys) {
  require(!keys.empty(), "keys: there are none");
  const std::lock_guard lock(state_->mutex);
  state_->options.keys = std::move(keys);
}

std::chrono::seconds JwtVerifier::clock_skew() const noexcept {
  return state_->options.clock_skew;
}

Result<JwtClaims, JwtError> JwtVerifier::verify(std::string_view token, JwtTime now) const {
  const JwtOptions& options = state_->options;
  if (token.empty()) return JwtError::missing;
  if (token.size() > options.max_token_bytes) return JwtError::too_long;
  const auto parts = split(token);
  if (!parts) return JwtError::malformed;
  const auto header = read_header(parts->header);
  if (!header) return header.error();
  std::shared_ptr<const JwtKeys::List> keys;
  {
    const std::lock_guard lock(state_->mutex);
    keys = options.keys.list_;
  }
  const JwtError forged = check_signature(token, *parts, header->algorithm,
                                          keys->fitting(header->kid, header->algorithm));
  if (forged != JwtError::none) return forged;
  auto all = read_object(parts->claims);
  if (!all) return JwtError::malformed_claims;
  JwtClaims claims{.subject = {}, .expires = {}, .all = std::move(*all)};
  const JwtError error = check_claims(options, now, claims);
  if (error != JwtError::none) return error;
  return claims;
}

}  // namespace patchbay

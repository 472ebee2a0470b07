// SPDX-License-Identifier: MIT
//
// JSON Web Tokens (RFC 7519) by which clients say who they are: reading and checking one. A pure
// function of the token, the keys and the time; patchbay/auth/jwt_auth.hpp asks clients for them.
//
// Understood: HS256, RS256 and ES256 in the compact form. What a token's header says of its
// algorithm is believed by nobody: each key is good for one algorithm, which follows from its type,
// and a token is only ever checked with keys of the algorithm that it names. So a public key is
// never taken for a secret, and "none" is an algorithm like any other that nobody has a key for.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "patchbay/protocol/result.hpp"
#include "patchbay/protocol/time.hpp"
#include "patchbay/protocol/value.hpp"

namespace patchbay {

// Why a token is refused.
enum class JwtError : std::uint8_t {
  none = 0,
  missing,                // no token where one was expected
  too_long,               // longer than JwtOptions::max_token_bytes
  malformed,              // not three parts of base64url, or a header that is no JSON object
  unsupported_algorithm,  // an algorithm that is not ours, "none" among them
  critical_header,        // a header that must be understood ("crit"), and is not
  unknown_key,            // no key of this id and algorithm
  bad_signature,          // signed by somebody else, or changed since
  malformed_claims,       // claims that are no JSON object, or of the wrong type
  missing_expiry,         // no "exp" although one is required
  expired,                // "exp" has passed
  not_yet_valid,          // "nbf" is still to come
  wrong_issuer,           // "iss" is none of those expected
  wrong_audience,         // "aud" has none of those expected
  missing_subject,        // nobody is named
  other_subject,          // a fresh token that names somebody else than the one before
  too_many_refusals,      // fresh tokens were refused once too often
};

// A full sentence for people, without a trailing full stop. Lives for ever.
[[nodiscard]] std::string_view describe(JwtError error) noexcept;
// A short identifier ("jwt_expired") for metrics, logs and programs of clients. Lives for ever.
[[nodiscard]] std::string_view label(JwtError error) noexcept;

// Wall-clock time, of which tokens speak.
using JwtTime = std::chrono::time_point<std::chrono::system_clock, Millis>;

// A set of keys to check tokens with. A value: copies are cheap, and do not see later additions.
//
// A token that names a key (`kid`) is checked with the keys of that name; when there is none, and
// for a token without one, with those that were added without a name, or all, respectively, of the
// token's algorithm.
//
// What cannot be used throws std::invalid_argument, which says why, and leaves the set as it was.
class JwtKeys {
 public:
  // One token is checked with up to so many keys: more are no set of keys but a burden.
  static constexpr std::size_t kMaxKeys = 32;

  JwtKeys();
  ~JwtKeys();
  JwtKeys(const JwtKeys&);
  JwtKeys(JwtKeys&&) noexcept;
  JwtKeys& operator=(const JwtKeys&);
  JwtKeys& operator=(JwtKeys&&) noexcept;

  // A secret that is shared with whoever makes the tokens, for HS256: 32 bytes or more (RFC 7518
  // 3.2), as they are. A text in PEM form is refused: it is a public key in the wrong place.
  JwtKeys& add_secret(std::string_view secret, std::string kid = {});
  // A public key in PEM form ("PUBLIC KEY"), or that of a certificate: RSA of 2048 to 8192 bits for
  // RS256, or EC on P-256 for ES256.
  JwtKeys& add_pem(std::string_view pem, std::string kid = {});
  // A JWK Set (RFC 7517), or one JWK. Keys of other types, uses and algorithms are passed over, as
  // that document asks for; throws when none is left.
  JwtKeys& add_jwks(std::string_view json);
  // The same from a file. Throws std::system_error when it cannot be read.
  JwtKeys& add_jwks_file(const std::string& path);

  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }

 private:
  friend class JwtVerifier;
  struct List;
  struct Entry;
  void append(std::vector<Entry> entries);

  std::shared_ptr<const List> list_;
};

struct JwtOptions {
  JwtKeys keys = {};
  // Who may have made the token ("iss"), and for whom ("aud", a text or a list of them): one has to
  // fit. Empty: not looked at.
  std::vector<std::string> issuers = {};
  std::vector<std::string> audiences = {};
  // By how much the clocks of those who make tokens may differ from ours.
  std::chrono::seconds clock_skew{30};
  // A token that is good for ever cannot be taken back.
  bool require_expiry = true;
  // The claim that says whose token it is: a text that is not empty.
  std::string subject_claim = "sub";
  // Longer ones are refused unread. Nobody has signed yet what is read here.
  std::size_t max_token_bytes = std::size_t{8} * 1024;
};

// What a good token says.
struct JwtClaims {
  std::string subject;
  std::optional<JwtTime> expires;  // without the skew; absent when the token is good for ever
  Object all;
};

// Checks tokens. A value; copies share their keys. Any thread, several at once.
class JwtVerifier {
 public:
  // Throws std::invalid_argument when there is no key, or another option makes no sense.
  explicit JwtVerifier(JwtOptions options);

  // The claims of a token that is good at `now`. Depends on nothing else, and changes nothing.
  Result<JwtClaims, JwtError> verify(std::string_view token, JwtTime now) const;

  // Takes other keys from now on, in all copies: for keys that their owner has changed. Tokens that
  // have been checked stay so. Throws std::invalid_argument when there are none.
  void replace_keys(JwtKeys keys);

  [[nodiscard]] std::chrono::seconds clock_skew() const noexcept;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace patchbay

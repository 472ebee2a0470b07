// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jwt_crypto.hpp"
#include "patchbay/auth/jwt.hpp"

namespace patchbay {

struct JwtKeys::Entry {
  std::string kid;  // empty: fits all
  JwtKey key;
};

// Never changes once it is made.
struct JwtKeys::List {
  std::vector<Entry> entries;

  // Those to check a token with; see JwtKeys.
  [[nodiscard]] std::vector<const JwtKey*> fitting(std::optional<std::string_view> kid,
                                                   JwtAlgorithm algorithm) const;
};

}  // namespace patchbay

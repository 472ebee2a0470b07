// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

#include "jwt_crypto.hpp"

namespace patchbay {

// Reads a public key, or that of a certificate. Nothing when it is none, or of a type that has no
// algorithm here.
[[nodiscard]] std::optional<PublicNumbers> read_pem(std::string_view pem);

}  // namespace patchbay

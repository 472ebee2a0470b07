// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace patchbay::http {

// The one of `offered` content codings ("br", "gzip" ...) that an Accept-Encoding field (RFC 9110
// section 12.5.3) likes best; nothing when the content has to go as it is, as without the field.
// Of codings with the same weight one that is named goes before one that "*" stands for, then the
// client's order decides, then the order of `offered`: what Node.js servers choose. A weight that
// is no number counts as 0.
[[nodiscard]] std::optional<std::string_view> choose_encoding(
    std::string_view accept_encoding, std::span<const std::string_view> offered);

}  // namespace patchbay::http

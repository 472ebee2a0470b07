// SPDX-License-Identifier: MIT
#pragma once

#include "patchbay/engineio/options.hpp"
#include "patchbay/protocol/http/headers.hpp"
#include "patchbay/protocol/http/request.hpp"
#include "patchbay/protocol/http/response.hpp"

namespace patchbay::engineio::cors {

// The headers that every answer gets.
void add_headers(http::Headers& headers, const CorsOptions& options);

// The answer to an OPTIONS request (204).
[[nodiscard]] http::Response preflight(const http::Request& request, const CorsOptions& options);

}  // namespace patchbay::engineio::cors

// SPDX-License-Identifier: MIT
#pragma once

#include "patchbay/engineio/cors_options.hpp"
#include "patchbay/protocol/http/headers.hpp"
#include "patchbay/protocol/http/request.hpp"
#include "patchbay/protocol/http/response.hpp"

namespace patchbay::engineio::cors {

// The headers that every answer gets. `info` is only looked at when the origin needs_request().
// Throws what a function of the user's throws.
void add_headers(http::Headers& headers, const CorsOptions& options, const http::Request& request,
                 const RequestInfo& info);

// What the answer to an OPTIONS request gets besides.
void add_preflight_headers(http::Headers& headers, const CorsOptions& options,
                           const http::Request& request);

// That answer, without the headers above.
[[nodiscard]] http::Response preflight_response(const CorsOptions& options);

}  // namespace patchbay::engineio::cors

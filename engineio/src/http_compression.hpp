// SPDX-License-Identifier: MIT
#pragma once

#include "patchbay/engineio/options.hpp"
#include "patchbay/protocol/http/headers.hpp"
#include "patchbay/protocol/http/response.hpp"

namespace patchbay::engineio {

// Compresses the body, and says so in Content-Encoding, if it is large enough and the request's
// headers accept gzip or deflate. There is no Vary: these responses are not to be stored anyway.
void compress_response(http::Response& response, const http::Headers& request_headers,
                       const HttpCompressionOptions& options);

}  // namespace patchbay::engineio

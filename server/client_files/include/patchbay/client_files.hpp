// SPDX-License-Identifier: MIT
//
// The files of the JavaScript client, served by the server itself: what the option serveClient does
// in Node.js. They are inside the library patchbay::client_files (about 3 MB, with their compressed
// forms), which is there when the npm package socket.io was when Patchbay was built.
#pragma once

#include <string_view>

#include "patchbay/server.hpp"

namespace patchbay {

// Serves socket.io.js, socket.io.min.js, socket.io.esm.min.js and socket.io.msgpack.min.js, each
// with its source map, directly below options().path ("/socket.io/socket.io.js"): by any method,
// whatever the query is, with the CORS headers of the options. If-None-Match is answered by 304;
// br, gzip and deflate are spoken. Other names below the path stay with the engine.
// Call it before run(). Files of the same paths that http() served before are replaced.
void serve_client_files(Server& io);

// The version of the client they are of ("4.8.4").
[[nodiscard]] std::string_view client_files_version();

}  // namespace patchbay

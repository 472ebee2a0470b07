// SPDX-License-Identifier: MIT
//
// Socket.IO on Node.js's own HTTP server, the usual way: WebSockets by the package `ws`.
import { serve } from "./node_server.mjs";

serve();

// SPDX-License-Identifier: MIT
import { createServer } from "node:http";

import { Server } from "socket.io";

import { announce, handleEvents, readSettings } from "./application.mjs";

export function serve(options = {}) {
  const { port, host, pingInterval, perMessageDeflate } = readSettings();
  const http = createServer();
  const io = new Server(http, { serveClient: false, pingInterval, perMessageDeflate, ...options });
  handleEvents(io);
  http.listen(port, host, () => announce(http.address().port));
}

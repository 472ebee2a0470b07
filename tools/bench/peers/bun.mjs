// SPDX-License-Identifier: MIT
//
// Socket.IO on Bun's HTTP server and WebSockets.
import { Server as Engine } from "@socket.io/bun-engine";
import { Server } from "socket.io";

import { announce, handleEvents, readSettings } from "./application.mjs";

const { port, host, pingInterval, perMessageDeflate } = readSettings();
if (perMessageDeflate) throw new Error("@socket.io/bun-engine has no permessage-deflate");

const io = new Server();
const engine = new Engine({ path: "/socket.io/", pingInterval });
io.bind(engine);
handleEvents(io);

const server = Bun.serve({ port, hostname: host, ...engine.handler() });
announce(server.port);

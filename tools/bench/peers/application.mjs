// SPDX-License-Identifier: MIT
//
// The application of the benchmarks, as in server/main.cpp, and the command line of its servers.
import { parseArgs } from "node:util";

export function handleEvents(io) {
  io.on("connection", (socket) => {
    socket.on("echo", (...args) => socket.emit("echo", ...args));
    socket.on("bin", (...args) => socket.emit("bin", ...args));
    socket.on("ack", (...args) => {
      const answer = args.pop();
      if (typeof answer === "function") answer(...args);
    });

    socket.on("broadcast", (...args) => io.emit("broadcast", ...args));
    socket.on("room", (room, payload) => io.to(room).emit("room", payload));
    socket.on("join", (room, answer) => {
      socket.join(room);
      answer?.();
    });
    socket.on("leave", (room, answer) => {
      socket.leave(room);
      answer?.();
    });
  });
}

export function readSettings() {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "0" },
      host: { type: "string", default: "127.0.0.1" },
      "ping-interval": { type: "string", default: "25000" },
      deflate: { type: "boolean", default: false },
    },
  });
  return {
    port: Number(values.port),
    host: values.host,
    pingInterval: Number(values["ping-interval"]),
    // As thrifty as bench-server's: connections keep nothing between messages.
    perMessageDeflate: values.deflate && {
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
    },
  };
}

export function announce(port) {
  console.log(`listening on ${port}`);
}

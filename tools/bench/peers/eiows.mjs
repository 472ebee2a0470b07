// SPDX-License-Identifier: MIT
//
// The same with WebSockets by `eiows`, in C++. For the Node.js that it was built for, see ../setup.
import eiows from "eiows";

import { serve } from "./node_server.mjs";

// This eiows is older than the second argument of "message", by which Engine.IO tells binary from
// text, and takes an attachment's memory back after the call.
class Engine extends eiows.Server {
  handleUpgrade(request, socket, head, accept) {
    super.handleUpgrade(request, socket, head, (webSocket) => {
      const on = webSocket.on;
      webSocket.on = function (event, listener) {
        return on.call(this, event, event === "message" ? withKind(listener) : listener);
      };
      accept(webSocket);
    });
  }
}

function withKind(listener) {
  return (data) => {
    if (typeof data === "string") return listener(data, false);
    listener(Buffer.from(new Uint8Array(data)), true);
  };
}

serve({ wsEngine: Engine });

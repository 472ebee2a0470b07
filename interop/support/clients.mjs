// SPDX-License-Identifier: MIT
//
// The stock client in the versions that are still about, and in what they differ.

import { io as io4 } from "socket.io-client";
import io2 from "socket.io-client-2";
import { io as io3 } from "socket.io-client-3";

// `server`: what its fixture has to be started with.
export const kVersions = {
  4.8: { client: io4, revision: "4", server: [] },
  3.1: { client: io3, revision: "4", server: [] },
  2.5: { client: io2, revision: "3", server: ["--allow-eio3"] },
};

// SPDX-License-Identifier: MIT
//
// The same with WebSockets by `eiows`, in C++. For the Node.js that it was built for, see ../setup.
import eiows from "eiows";

import { serve } from "./node_server.mjs";

serve({ wsEngine: eiows.Server });

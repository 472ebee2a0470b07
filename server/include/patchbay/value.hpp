// SPDX-License-Identifier: MIT
//
// Value, Object, Array and Bytes for those who write events; see protocol/value.hpp.
#pragma once

#include "patchbay/protocol/bytes.hpp"  // IWYU pragma: export
#include "patchbay/protocol/json.hpp"   // IWYU pragma: export
#include "patchbay/protocol/value.hpp"  // IWYU pragma: export

// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <utility>

#include "patchbay/protocol/result.hpp"
#include "wire.hpp"

namespace patchbay::redis {

// What has been read goes to the listener, if there still is one.
inline void tell(const std::weak_ptr<Wire::Listener>& listener, Result<cluster::Message> read,
                 std::string_view offset = {}) {
  const auto alive = listener.lock();
  if (!alive) return;
  if (read) {
    alive->on_message(std::move(*read), offset);
  } else {
    alive->on_bad_message(read.error());
  }
}

}  // namespace patchbay::redis

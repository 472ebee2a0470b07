// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

#include "patchbay/engineio/request_info.hpp"
#include "patchbay/protocol/http/request.hpp"

namespace patchbay::engineio {

// The request that opened a session, as it is kept for the session's life: in one block, until
// somebody asks for it. Most applications ask for few sessions' requests, or for none.
class KeptRequest {
 public:
  KeptRequest(const http::Request& request, std::string_view remote_address, bool secure,
              std::chrono::system_clock::time_point received);
  ~KeptRequest();
  KeptRequest(const KeptRequest&) = delete;
  KeptRequest& operator=(const KeptRequest&) = delete;

  // Unpacked by the first call, and kept from then on. Any thread.
  [[nodiscard]] const RequestInfo& get() const;

 private:
  [[nodiscard]] std::unique_ptr<RequestInfo> unpack() const;

  // Method, target, remote address, and name and value of each header, each after its length.
  std::unique_ptr<char[]> packed_;
  std::chrono::system_clock::time_point received_;
  mutable std::atomic<const RequestInfo*> unpacked_{nullptr};
  std::uint32_t packed_size_ = 0;
  bool secure_;
};

}  // namespace patchbay::engineio

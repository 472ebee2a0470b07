// SPDX-License-Identifier: MIT
//
// HTTP requests: whole and in pieces (whose sizes are the input's first two bytes), a parser must
// say the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "split_feed.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const patchbay::Limits limits = [] {
    patchbay::Limits small;
    small.message_bytes = 300;
    small.http_head_bytes = 1000;
    small.http_target_bytes = 200;
    small.http_header_count = 10;
    return small;
  }();
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const auto whole = patchbay::test::feed_whole(limits, bytes);
  const auto split = patchbay::test::feed_in_pieces(limits, bytes, data[0] + 1U, data[1] + 1U);
  if (whole.summary() != split.summary()) std::abort();
  if (whole.request.body.size() > limits.message_bytes) std::abort();
  return 0;
}

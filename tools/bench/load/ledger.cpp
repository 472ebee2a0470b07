// SPDX-License-Identifier: MIT
#include "ledger.hpp"

namespace patchbay::bench {

std::uint64_t Ledger::send(std::uint32_t client, Nanoseconds time) {
  Flow& flow = flows_[client];
  times_[std::size_t{client} * depth_ + flow.sent % depth_] = time;
  ++sent_;
  return flow.sent++;
}

bool Ledger::answer(std::uint32_t client, std::optional<std::uint64_t> sequence, Nanoseconds time) {
  Flow& flow = flows_[client];
  if (flow.answered == flow.sent) {
    errors_.add("more answers than messages");
    return false;
  }
  if (!sequence) {
    errors_.add("wrong content");
  } else if (*sequence != flow.answered) {
    errors_.add("wrong order");
  }
  if (measuring_) {
    latency_.record(time - times_[std::size_t{client} * depth_ + flow.answered % depth_]);
  }
  ++flow.answered;
  ++answers_;
  return true;
}

}  // namespace patchbay::bench

// SPDX-License-Identifier: MIT
#include "memory_report.hpp"

namespace patchbay::bench {

void MemoryReport::report(const char* per_name, std::uint64_t count) const {
  Json& json = bench_.json;
  json.open("rss_kib");
  json.add("source", "Rss of smaps_rollup");
  report_optional(json, "before", before_);
  report_optional(json, "with", with_);
  report_optional(json, "after", after_);
  const bool known = before_ && with_ && count > 0;
  report_optional(
      json, std::string("per_") + per_name,
      known ? std::optional((*with_ - *before_) / static_cast<double>(count)) : std::nullopt);
  json.close();
}

}  // namespace patchbay::bench

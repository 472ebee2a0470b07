// SPDX-License-Identifier: MIT
#include "value_builder.hpp"

#include <algorithm>
#include <numeric>

namespace patchbay {

namespace {

// Positions of the entries, those of equal keys next to each other and in their order.
std::vector<std::size_t> sort_by_key(const Object& object) {
  std::vector<std::size_t> order(object.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [entries = object.begin()](std::size_t a, std::size_t b) {
    const int compared = entries[a].first.compare(entries[b].first);
    return compared != 0 ? compared < 0 : a < b;
  });
  return order;
}

}  // namespace

void ValueBuilder::merge_duplicates(Object& object) {
  Object::Entry* const entries = object.begin();
  const std::vector<std::size_t> order = sort_by_key(object);
  std::vector<bool> dropped;
  for (std::size_t i = 1, first = 0; i < order.size(); ++i) {
    if (entries[order[i]].first != entries[order[first]].first) {
      first = i;
      continue;
    }
    entries[order[first]].second = std::move(entries[order[i]].second);
    dropped.resize(order.size());
    dropped[order[i]] = true;
  }
  if (dropped.empty()) return;
  Object merged;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (!dropped[i]) {
      merged.append_unchecked(std::move(entries[i].first), std::move(entries[i].second));
    }
  }
  object = std::move(merged);
}

}  // namespace patchbay

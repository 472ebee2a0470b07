// SPDX-License-Identifier: MIT
#include "value_builder.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <string>
#include <vector>

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

// Up to this many keys are compared with each other as they come; more are sorted at the end.
constexpr std::size_t kFewKeys = 16;

// Of the entries with the same key the first keeps its place and gets the value of the last.
// Sorting, rather than looking up each key as it comes, bounds the work for any choice of keys.
void merge_duplicates(Object& object) {
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

}  // namespace

Array ValueBuilder::take_array(std::size_t first) {
  return Array(std::make_move_iterator(parts_.begin() + first),
               std::make_move_iterator(parts_.end()));
}

Object ValueBuilder::take_object(std::size_t first) {
  Object object;
  // Of many keys most may be the same.
  object.reserve(std::min((parts_.size() - first) / 2, kFewKeys));
  for (Value* part = parts_.begin() + first; part != parts_.end(); part += 2) {
    auto& key = *part->get_if<std::string>();
    if (object.size() < kFewKeys) {
      object.set(std::move(key), std::move(part[1]));
    } else {
      object.append_unchecked(std::move(key), std::move(part[1]));
    }
  }
  if (object.size() > kFewKeys) merge_duplicates(object);
  return object;
}

}  // namespace patchbay

// SPDX-License-Identifier: MIT
#include "value_builder.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

namespace patchbay {

namespace {

using Entries = std::vector<Object::Entry>;

// Up to this many keys are compared with each other as they come; more are sorted at the end.
constexpr std::size_t kFewKeys = 16;

// Positions of the entries, those of equal keys next to each other and in their order.
std::vector<std::size_t> sort_by_key(const Entries& entries) {
  std::vector<std::size_t> order(entries.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&entries](std::size_t a, std::size_t b) {
    const int compared = entries[a].first.compare(entries[b].first);
    return compared != 0 ? compared < 0 : a < b;
  });
  return order;
}

// Of the entries with the same key the first keeps its place and gets the value of the last.
// Sorting, rather than looking up each key as it comes, bounds the work for any choice of keys.
void merge_duplicates(Entries& entries) {
  const std::vector<std::size_t> order = sort_by_key(entries);
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
  Entries merged;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (!dropped[i]) merged.push_back(std::move(entries[i]));
  }
  entries = std::move(merged);
}

}  // namespace

// Calls the function with what the value of the part can be made of.
template <typename Function>
void ValueBuilder::with_value(Part& part, Function&& function) {
  if (const auto* const text = std::get_if<std::string_view>(&part)) {
    function(*text);
  } else if (const auto* const binary = std::get_if<Binary>(&part)) {
    function(Bytes(binary->data));
  } else {
    function(std::move(*std::get_if<Value>(&part)));
  }
}

Array ValueBuilder::take_array(std::size_t first) {
  Array array;
  array.reserve(parts_.size() - first);
  for (Part* part = parts_.begin() + first; part != parts_.end(); ++part) {
    with_value(*part, [&array](auto&& value) {
      array.emplace_back(std::forward<decltype(value)>(value));
    });
  }
  return array;
}

Object ValueBuilder::take_object(std::size_t first) {
  Entries entries;
  // Of many keys most may be the same.
  entries.reserve(std::min((parts_.size() - first) / 2, kFewKeys));
  for (Part* part = parts_.begin() + first; part != parts_.end(); part += 2) {
    const std::string_view key = *std::get_if<std::string_view>(part);
    const bool few = entries.size() < kFewKeys;
    const auto known = few ? std::ranges::find(entries, key, &Object::Entry::first) : entries.end();
    with_value(part[1], [&](auto&& value) {
      if (known == entries.end()) {
        entries.emplace_back(key, std::forward<decltype(value)>(value));
      } else {
        known->second = Value(std::forward<decltype(value)>(value));
      }
    });
  }
  if (entries.size() > kFewKeys) merge_duplicates(entries);
  return Object(std::move(entries));
}

void ValueBuilder::close() {
  const Level level = levels_.back();
  levels_.pop();
  if (level.object) {
    Object object = take_object(level.first);
    parts_.truncate(level.first);
    add(std::move(object));
  } else {
    Array array = take_array(level.first);
    parts_.truncate(level.first);
    add(std::move(array));
  }
}

Value ValueBuilder::take() {
  if (auto* const value = std::get_if<Value>(&parts_.back())) return std::move(*value);
  Value result;
  with_value(parts_.back(),
             [&result](auto&& value) { result = Value(std::forward<decltype(value)>(value)); });
  return result;
}

}  // namespace patchbay

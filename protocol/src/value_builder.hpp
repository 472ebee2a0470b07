// SPDX-License-Identifier: MIT
//
// Puts a Value together from its parts in the order in which a reader finds them, without
// recursion: depth costs no stack. Behind the readers of JSON and MessagePack.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "patchbay/protocol/value.hpp"

namespace patchbay {

class ValueBuilder {
 public:
  explicit ValueBuilder(std::size_t max_depth) noexcept : max_depth_(max_depth) {}

  // An empty array or object, to be filled by what follows until close(). False when it would be
  // nested too deeply.
  [[nodiscard]] bool open(Value container) {
    if (levels_.size() == max_depth_) return false;
    levels_.push_back({.container = std::move(container), .key = {}});
    return true;
  }

  // Precondition: something is open.
  void close() {
    Object* const object = levels_.back().container.get_if<Object>();
    if (object && object->size() > kFewKeys) merge_duplicates(*object);
    Value finished = std::move(levels_.back().container);
    levels_.pop_back();
    add(std::move(finished));
  }

  // The key of the member that add() or open() brings next. Precondition: an object is open.
  void key(std::string_view key) { levels_.back().key.assign(key); }

  void add(Value value) {
    if (levels_.empty()) {
      root_ = std::move(value);
    } else if (Array* const array = levels_.back().container.get_if<Array>()) {
      array->push_back(std::move(value));
    } else {
      add_member(levels_.back(), std::move(value));
    }
  }

  // Precondition: everything opened has been closed.
  [[nodiscard]] Value take() { return std::move(root_); }

 private:
  struct Level {
    Value container;
    std::string key;
  };

  // Up to this many keys are compared with each other as they come; more are sorted at the end.
  static constexpr std::size_t kFewKeys = 16;

  static void add_member(Level& level, Value value) {
    auto& object = *level.container.get_if<Object>();
    if (object.size() < kFewKeys) {
      object.set(std::move(level.key), std::move(value));
    } else {
      object.append_unchecked(std::move(level.key), std::move(value));
    }
  }

  // Of the entries with the same key the first keeps its place and gets the value of the last.
  // Sorting, rather than looking up each key as it comes, bounds the work for any choice of keys.
  static void merge_duplicates(Object& object);

  std::size_t max_depth_;
  std::vector<Level> levels_;
  Value root_;
};

}  // namespace patchbay

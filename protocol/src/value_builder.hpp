// SPDX-License-Identifier: MIT
//
// Puts a Value together from its parts in the order in which a reader finds them, without
// recursion: depth costs no stack. Behind the readers of JSON and MessagePack.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

#include "patchbay/protocol/value.hpp"
#include "small_stack.hpp"

namespace patchbay {

// The parts of what is open wait on a stack, so that an array or object is allocated once, when its
// size is known.
class ValueBuilder {
 public:
  explicit ValueBuilder(std::size_t max_depth) noexcept : max_depth_(max_depth) {}

  // Begins an array or object, filled by what follows until close(). False when it would be nested
  // too deeply.
  [[nodiscard]] bool open_array() { return open(false); }
  [[nodiscard]] bool open_object() { return open(true); }

  // Precondition: something is open, and no key waits for its value.
  void close() {
    const Level level = levels_.back();
    levels_.pop();
    Value finished =
        level.object ? Value(take_object(level.first)) : Value(take_array(level.first));
    parts_.truncate(level.first);
    parts_.emplace(std::move(finished));
  }

  [[nodiscard]] bool in_container() const noexcept { return !levels_.empty(); }
  // Precondition: something is open.
  [[nodiscard]] bool in_object() noexcept { return levels_.back().object; }

  // The key of the member that add() or open_...() brings next. Precondition: an object is open.
  void key(std::string_view key) { parts_.emplace(key); }
  // There is no value for this key after all. Precondition: key() was called last.
  void drop_key() noexcept { parts_.pop(); }

  // A value made of these arguments.
  template <typename... Args>
  void add(Args&&... args) {
    parts_.emplace(std::forward<Args>(args)...);
  }

  // Precondition: one value was added, and everything opened has been closed.
  [[nodiscard]] Value take() { return std::move(parts_.back()); }

 private:
  // `first` is where its parts begin: values, or keys and values in turns.
  struct Level {
    std::size_t first;
    bool object;
  };

  [[nodiscard]] bool open(bool object) {
    if (levels_.size() == max_depth_) return false;
    levels_.emplace(parts_.size(), object);
    return true;
  }
  [[nodiscard]] Array take_array(std::size_t first);
  [[nodiscard]] Object take_object(std::size_t first);

  std::size_t max_depth_;
  SmallStack<Value, 16> parts_;
  SmallStack<Level, 8> levels_;
};

}  // namespace patchbay

// SPDX-License-Identifier: MIT
//
// Puts a Value together from its parts in the order in which a reader finds them, without
// recursion: depth costs no stack. Behind the readers of JSON and MessagePack.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>
#include <variant>

#include "patchbay/protocol/value.hpp"
#include "small_stack.hpp"

namespace patchbay {

// The parts of what is open wait on a stack, so that an array or object is allocated once, when its
// size is known. Until then text and binary content stay where they were read: the views given must
// live as long as the builder.
class ValueBuilder {
 public:
  explicit ValueBuilder(std::size_t max_depth) noexcept : max_depth_(max_depth) {}

  // Begins an array or object, filled by what follows until close(). False when it would be nested
  // too deeply.
  [[nodiscard]] bool open_array() { return open(false); }
  [[nodiscard]] bool open_object() { return open(true); }
  // Precondition: something is open, and no key waits for its value.
  void close();

  [[nodiscard]] bool in_container() const noexcept { return !levels_.empty(); }
  // Precondition: something is open.
  [[nodiscard]] bool in_object() noexcept { return levels_.back().object; }

  // The key of the member that comes next. Precondition: an object is open.
  void key(std::string_view key) { add_text(key); }
  // There is no value for this key after all. Precondition: key() was called last.
  void drop_key() noexcept { parts_.pop(); }

  void add_text(std::string_view text) { parts_.emplace(text); }
  void add_binary(std::string_view data) { parts_.emplace(Binary{data}); }
  // A value made of this.
  template <typename T>
  void add(T&& value) {
    parts_.emplace(std::in_place_type<Value>, std::forward<T>(value));
  }

  // Precondition: one value was added, and everything opened has been closed.
  [[nodiscard]] Value take();

 private:
  struct Binary {
    std::string_view data;
  };
  using Part = std::variant<std::string_view, Binary, Value>;
  // `first` is where its parts begin: values, or keys and values in turns.
  struct Level {
    std::size_t first;
    bool object;
  };

  [[nodiscard]] bool open(bool object) {
    if (levels_.size() == max_depth_) return false;
    levels_.emplace(Level{.first = parts_.size(), .object = object});
    return true;
  }
  template <typename Function>
  static void with_value(Part& part, Function&& function);
  [[nodiscard]] Array take_array(std::size_t first);
  [[nodiscard]] Object take_object(std::size_t first);

  std::size_t max_depth_;
  SmallStack<Part, 16> parts_;
  SmallStack<Level, 8> levels_;
};

}  // namespace patchbay

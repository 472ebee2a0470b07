// SPDX-License-Identifier: MIT
//
// A stack that needs the heap only when it grows beyond its first places, which it holds itself.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace patchbay {

template <typename T, std::size_t kInline>
class SmallStack {
  static_assert(std::is_nothrow_move_constructible_v<T>);

 public:
  SmallStack() noexcept : first_(inline_places()), end_(first_), limit_(first_ + kInline) {}
  ~SmallStack() {
    truncate(0);
    free_heap();
  }
  SmallStack(const SmallStack&) = delete;
  SmallStack& operator=(const SmallStack&) = delete;

  [[nodiscard]] std::size_t size() const noexcept {
    return static_cast<std::size_t>(end_ - first_);
  }
  [[nodiscard]] bool empty() const noexcept { return end_ == first_; }
  [[nodiscard]] T* begin() noexcept { return first_; }
  [[nodiscard]] T* end() noexcept { return end_; }
  // Precondition: not empty.
  [[nodiscard]] T& back() noexcept { return end_[-1]; }

  template <typename... Args>
  void emplace(Args&&... args) {
    if (end_ == limit_) grow();
    std::construct_at(end_, std::forward<Args>(args)...);
    ++end_;
  }
  void pop() noexcept { std::destroy_at(--end_); }
  // Removes what is above this size. Precondition: size <= size().
  void truncate(std::size_t size) noexcept {
    T* const end = first_ + size;
    std::destroy(end, end_);
    end_ = end;
  }

 private:
  [[nodiscard]] T* inline_places() noexcept { return reinterpret_cast<T*>(inline_); }

  void grow() {
    const std::size_t used = size();
    T* const larger = std::allocator<T>().allocate(2 * used);
    std::uninitialized_move(first_, end_, larger);
    std::destroy(first_, end_);
    free_heap();
    first_ = larger;
    end_ = larger + used;
    limit_ = larger + 2 * used;
  }

  void free_heap() noexcept {
    if (first_ == inline_places()) return;
    std::allocator<T>().deallocate(first_, static_cast<std::size_t>(limit_ - first_));
  }

  T* first_;
  T* end_;
  T* limit_;
  alignas(T) std::byte inline_[kInline * sizeof(T)];
};

}  // namespace patchbay

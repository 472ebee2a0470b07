// SPDX-License-Identifier: MIT
#include "failing_new.hpp"

#include <cstdlib>

namespace {

// Counts down to the one that fails; nothing is counted while it is off.
thread_local bool t_counting = false;
thread_local bool t_failed = false;
thread_local std::size_t t_left = 0;

bool has_to_fail() noexcept {
  if (!t_counting || t_failed) return false;
  if (t_left-- > 0) return false;
  t_failed = true;
  return true;
}

void* allocate(std::size_t size) noexcept {
  return has_to_fail() ? nullptr : std::malloc(size == 0 ? 1 : size);
}

}  // namespace

// All forms, since under a sanitizer each default form is its own allocator.
void* operator new(std::size_t size) {
  void* block = allocate(size);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
void* operator new[](std::size_t size) {
  return operator new(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}

void operator delete(void* block) noexcept {
  std::free(block);
}
void operator delete[](void* block) noexcept {
  std::free(block);
}
void operator delete(void* block, std::size_t) noexcept {
  std::free(block);
}
void operator delete[](void* block, std::size_t) noexcept {
  std::free(block);
}
void operator delete(void* block, const std::nothrow_t&) noexcept {
  std::free(block);
}
void operator delete[](void* block, const std::nothrow_t&) noexcept {
  std::free(block);
}

namespace patchbay::test {

FailingAllocation::FailingAllocation(std::size_t number) noexcept {
  t_left = number;
  t_failed = false;
  t_counting = true;
}

FailingAllocation::~FailingAllocation() {
  t_counting = false;
}

bool FailingAllocation::happened() noexcept {
  return t_failed;
}

}  // namespace patchbay::test

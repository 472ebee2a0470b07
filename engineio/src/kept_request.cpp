// SPDX-License-Identifier: MIT
#include "kept_request.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

namespace patchbay::engineio {

namespace {

// Lengths take one byte below 128, else seven bits per byte, the low ones first.
std::size_t length_size(std::size_t length) noexcept {
  std::size_t size = 1;
  for (; length >= 0x80; length >>= 7) ++size;
  return size;
}

char* put(char* out, std::string_view text) noexcept {
  std::size_t length = text.size();
  for (; length >= 0x80; length >>= 7) *out++ = static_cast<char>(length | 0x80);
  *out++ = static_cast<char>(length);
  if (!text.empty()) std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

std::string_view take(std::string_view& packed) noexcept {
  std::size_t length = 0;
  std::size_t i = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = static_cast<std::uint8_t>(packed[i++]);
    length |= static_cast<std::size_t>(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  const std::string_view text = packed.substr(i, length);
  packed.remove_prefix(i + length);
  return text;
}

// Calls the function with each text in the order of packing.
template <typename F>
void for_each_text(const http::Request& request, std::string_view remote_address, F&& function) {
  function(request.method);
  function(request.target);
  function(remote_address);
  for (std::size_t i = 0; i < request.headers.size(); ++i) {
    const auto field = request.headers.at(i);
    function(field.name);
    function(field.value);
  }
}

}  // namespace

KeptRequest::KeptRequest(const http::Request& request, std::string_view remote_address, bool secure,
                         std::chrono::system_clock::time_point received)
    : received_(received), secure_(secure) {
  std::size_t size = 0;
  for_each_text(request, remote_address,
                [&size](std::string_view text) { size += length_size(text.size()) + text.size(); });
  packed_ = std::make_unique_for_overwrite<char[]>(size);
  packed_size_ = static_cast<std::uint32_t>(size);
  char* out = packed_.get();
  for_each_text(request, remote_address, [&out](std::string_view text) { out = put(out, text); });
}

KeptRequest::~KeptRequest() {
  delete unpacked_.load(std::memory_order_acquire);
}

const RequestInfo& KeptRequest::get() const {
  const RequestInfo* known = unpacked_.load(std::memory_order_acquire);
  if (known) return *known;
  auto info = unpack();
  // Another thread may have been quicker: then that one counts.
  if (unpacked_.compare_exchange_strong(known, info.get(), std::memory_order_acq_rel)) {
    known = info.release();
  }
  return *known;
}

std::unique_ptr<RequestInfo> KeptRequest::unpack() const {
  auto info = std::make_unique<RequestInfo>();
  std::string_view packed(packed_.get(), packed_size_);
  info->method = take(packed);
  http::Request request;
  request.target = take(packed);
  info->query = http::Query(request.query());
  info->url = std::move(request.target);
  info->remote_address = take(packed);
  while (!packed.empty()) {
    const std::string_view name = take(packed);
    info->headers.add(name, take(packed));
  }
  info->headers.shrink_to_fit();
  info->secure = secure_;
  info->received = received_;
  return info;
}

}  // namespace patchbay::engineio

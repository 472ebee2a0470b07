// SPDX-License-Identifier: MIT
//
// Bytes: binary data as a value, distinct from text. In a Value it becomes a Buffer, ArrayBuffer
// or Blob at a JavaScript client, and the other way round.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace patchbay {

class Bytes {
 public:
  Bytes() = default;
  explicit Bytes(std::string data) noexcept : data_(std::move(data)) {}
  explicit Bytes(std::string_view data) : data_(data) {}
  explicit Bytes(const char* text) : data_(text) {}
  explicit Bytes(std::span<const std::uint8_t> data) : data_(data.begin(), data.end()) {}
  explicit Bytes(const std::vector<std::uint8_t>& data) : data_(data.begin(), data.end()) {}

  [[nodiscard]] std::size_t size() const noexcept { return data_.size(); }
  [[nodiscard]] bool empty() const noexcept { return data_.empty(); }
  [[nodiscard]] const std::uint8_t* data() const noexcept {
    return reinterpret_cast<const std::uint8_t*>(data_.data());
  }
  [[nodiscard]] const std::uint8_t* begin() const noexcept { return data(); }
  [[nodiscard]] const std::uint8_t* end() const noexcept { return data() + size(); }
  [[nodiscard]] std::uint8_t operator[](std::size_t i) const noexcept { return data()[i]; }

  // The same bytes as characters. Valid as long as this object is neither changed nor destroyed.
  [[nodiscard]] std::string_view view() const noexcept { return data_; }

  friend bool operator==(const Bytes&, const Bytes&) = default;

 private:
  std::string data_;
};

}  // namespace patchbay

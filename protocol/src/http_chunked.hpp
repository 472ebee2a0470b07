// SPDX-License-Identifier: MIT
//
// Chunked bodies (RFC 9112 section 7.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "patchbay/protocol/error.hpp"
#include "patchbay/protocol/limits.hpp"

namespace patchbay::http {

class ChunkedDecoder {
 public:
  explicit ChunkedDecoder(const Limits& limits) noexcept : limits_(&limits) {}

  // Takes bytes up to the end of the body, appends content, and returns how many bytes it took.
  std::size_t take(std::string_view data, std::string& body);

  [[nodiscard]] bool complete() const noexcept { return step_ == Step::done; }
  [[nodiscard]] Errc error() const noexcept { return error_; }

 private:
  enum class Step : std::uint8_t {
    first_digit,
    digit,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer_start,  // of a line
    trailer_name,
    trailer_value,
    trailer_lf,
    last_lf,
    done,
  };

  Errc on_byte(char c);
  Errc on_size(char c);
  Errc on_trailer(char c);
  Errc expect(char c, char wanted, Step next) noexcept;

  const Limits* limits_;
  std::uint64_t left_ = 0;    // of the present chunk
  std::size_t received_ = 0;  // content so far
  std::size_t overhead_ = 0;  // bytes of extensions and trailers
  int digits_ = 0;            // of the present chunk's size
  Step step_ = Step::first_digit;
  Errc error_ = Errc::none;
};

}  // namespace patchbay::http

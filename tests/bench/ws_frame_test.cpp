// SPDX-License-Identifier: MIT
#include "ws_frame.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace patchbay::bench;

namespace {

const std::string kHead16 = {'\x81', 126, 1, 0};

}  // namespace

TEST_CASE("an incomplete frame is left alone, wherever it ends") {
  const std::string whole = kHead16 + std::string(256, 'x');
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::string_view data(whole.data(), size);
    Frame frame{};
    CHECK(take_frame(data, frame) == FrameError::kIncomplete);
    CHECK(data.size() == size);
  }
}

TEST_CASE("frames that a server must not send are errors") {
  Frame frame{};
  std::string_view masked_frame("\x81\x81\1\2\3\4x", 7);
  CHECK(take_frame(masked_frame, frame) == FrameError::kMasked);
  std::string_view fragment("\x01\x01x", 3);
  CHECK(take_frame(fragment, frame) == FrameError::kFragmented);
  std::string_view compressed("\xc1\x01x", 3);
  CHECK(take_frame(compressed, frame) == FrameError::kFragmented);
}

TEST_CASE("a length near 2^64 is not taken for there") {
  const std::string huge = std::string("\x81\x7f", 2) + std::string(8, '\xff') + "x";
  std::string_view data = huge;
  Frame frame{};
  CHECK(take_frame(data, frame) == FrameError::kIncomplete);
}

TEST_CASE("frames are taken one by one") {
  const std::string two = kHead16 + std::string(256, 'x') + std::string("\x82\x02yz", 4);
  std::string_view data = two;
  Frame frame{};
  REQUIRE(take_frame(data, frame) == FrameError::kNone);
  CHECK(frame.opcode == Opcode::kText);
  CHECK(frame.payload == std::string(256, 'x'));
  REQUIRE(take_frame(data, frame) == FrameError::kNone);
  CHECK(frame.opcode == Opcode::kBinary);
  CHECK(frame.payload == "yz");
  CHECK(data.empty());
}

// SPDX-License-Identifier: MIT
#include "message.hpp"

#include <doctest/doctest.h>

using namespace patchbay::bench;

namespace {

Pattern echo(std::size_t size) {
  return {R"(2["echo",")", make_payload(size), "\"]"};
}

std::string unmasked(std::string_view frame, std::size_t head) {
  std::string text;
  for (std::size_t i = head; i < frame.size(); ++i) text += masked(frame[i], i - head);
  return text;
}

}  // namespace

TEST_CASE("no text with a single byte changed, missing or added matches a pattern") {
  const Pattern pattern = echo(64);
  const std::string text = pattern.with(7);
  REQUIRE(pattern.match(text) == 7);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string other = text;
    other[i] = static_cast<char>(other[i] ^ 0x40);
    CHECK(pattern.match(other) == std::nullopt);
    CHECK(pattern.match(text.substr(0, i)) == std::nullopt);
  }
  CHECK(pattern.match(text + " ") == std::nullopt);
  CHECK(pattern.match("") == std::nullopt);
}

TEST_CASE("the sequence number comes back as it was sent") {
  const Pattern pattern = echo(kSequenceDigits);
  for (const std::uint64_t sequence : {0ULL, 1ULL, 4'294'967'296ULL, 9'999'999'999ULL}) {
    CHECK(pattern.match(pattern.with(sequence)) == sequence);
  }
}

TEST_CASE("a payload has the size that was asked for, and room for its number") {
  CHECK(make_payload(64).size() == 64);
  CHECK(make_payload(1).size() == kSequenceDigits);
}

TEST_CASE("a frame of every length class carries the text of its pattern") {
  for (const auto& [size, head] :
       {std::pair<std::size_t, std::size_t>{64, 6}, {4096, 8}, {70'000, 14}}) {
    const Pattern pattern = echo(size);
    std::string out = "before";
    FramePattern(Opcode::kText, pattern).append_to(out, 1234);
    CHECK(unmasked(out.substr(6), head) == pattern.with(1234));
  }
}

TEST_CASE("a frame with an acknowledgement carries its id") {
  const Pattern pattern{"420000[\"ack\",\"", make_payload(16), "\"]"};
  std::string out;
  FramePattern(Opcode::kText, pattern, 2).append_to(out, 9'001);
  CHECK(unmasked(out, 6).starts_with("421001[\"ack\",\"0000009001"));
}

TEST_CASE("digits are digits") {
  CHECK(read_digits("0012") == 12);
  CHECK(read_digits("") == std::nullopt);
  CHECK(read_digits("1x") == std::nullopt);
  CHECK(read_digits("-1") == std::nullopt);
}

// SPDX-License-Identifier: MIT
#include "deflate.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "../support/heap_meter.hpp"

namespace patchbay::engineio {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kNoLimit = 100'000'000;

struct Unfolded {
  std::string data;
  Errc error = Errc::none;
};

// Unfolds one message that arrives `step` bytes at a time.
Unfolded unfold(Inflater& inflater, std::string_view message, std::size_t limit = kNoLimit,
                std::size_t step = SIZE_MAX) {
  Unfolded result;
  while (!message.empty() && result.error == Errc::none) {
    result.error = inflater.add(message.substr(0, step), result.data, limit);
    message.remove_prefix(std::min(step, message.size()));
  }
  if (result.error == Errc::none) result.error = inflater.finish(result.data, limit);
  return result;
}

std::string fold(Deflater& deflater, std::string_view message) {
  std::string out;
  deflater.compress(message, out);
  return out;
}

// Text that compresses about as well as prose, and is different for each seed.
std::string prose(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string text;
  while (text.size() < size) {
    const auto word = random() % 500;
    text += "w" + std::to_string(word * word) + ' ';
  }
  text.resize(size);
  return text;
}

std::string noise(std::size_t size) {
  std::mt19937 random(1);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

}  // namespace

// Section 7.2.3.
TEST_CASE("the examples of RFC 7692 unfold") {
  const struct {
    std::string_view what;
    std::string_view message;
  } rows[] = {
      {"one block", "\xf2\x48\xcd\xc9\xc9\x07\x00"sv},
      {"a stored block", "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"sv},
      {"a block marked as the last", "\xf3\x48\xcd\xc9\xc9\x07\x00\x00"sv},
      {"two blocks", "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"sv},
      {"a last block and nothing behind it", "\xf3\x48\xcd\xc9\xc9\x07\x00"sv},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    for (const std::size_t step : {1U, 2U, 3U, 100U}) {
      Inflater inflater(15);
      for (int i = 0; i < 3; ++i) {
        const Unfolded result = unfold(inflater, row.message, kNoLimit, step);
        CHECK(result.error == Errc::none);
        CHECK(result.data == "Hello");
      }
    }
  }
}

TEST_CASE("messages are compressed as in the examples of RFC 7692") {
  Deflater deflater(15, 6, 8);
  CHECK(fold(deflater, "Hello") == "\xf2\x48\xcd\xc9\xc9\x07\x00"sv);
  CHECK(fold(deflater, "Hello") == "\xf2\x00\x11\x00\x00"sv);
  deflater.reset();
  CHECK(fold(deflater, "Hello") == "\xf2\x48\xcd\xc9\xc9\x07\x00"sv);
}

TEST_CASE("a message may refer to those before it, until they are forgotten") {
  Deflater deflater(15, 6, 8);
  Inflater inflater(15);
  const std::string text = prose(5000, 1);
  const std::string first = fold(deflater, text);
  const std::string again = fold(deflater, text);
  CHECK(again.size() < first.size() / 10);
  CHECK(unfold(inflater, first).data == text);
  CHECK(unfold(inflater, again).data == text);

  CHECK(unfold(inflater, again).data == text);
  inflater.reset();
  CHECK(unfold(inflater, again).error == Errc::ws_bad_deflate);

  deflater.reset();
  CHECK(fold(deflater, text) == first);
}

TEST_CASE("empty messages unfold to nothing and do no harm") {
  Deflater deflater(15, 6, 8);
  Inflater inflater(15);
  for (int i = 0; i < 3; ++i) {
    const std::string empty = fold(deflater, "");
    CHECK(empty == "\0"sv);
    CHECK(unfold(inflater, empty).error == Errc::none);
    CHECK(unfold(inflater, "").error == Errc::none);
    CHECK(unfold(inflater, fold(deflater, "between")).data == "between");
  }
}

TEST_CASE("each window, level and memory level makes streams that fit") {
  const std::string messages[] = {prose(70'000, 1), prose(300, 2), prose(70'000, 1), noise(40'000),
                                  std::string(100'000, 'x')};
  for (int bits = 8; bits <= 15; ++bits) {
    for (const int level : {0, 1, 6, 9}) {
      for (const int memory : {1, 8, 9}) {
        CAPTURE(bits);
        CAPTURE(level);
        CAPTURE(memory);
        Deflater deflater(bits, level, memory);
        Inflater inflater(bits);
        for (const std::string& message : messages) {
          const Unfolded result = unfold(inflater, fold(deflater, message), kNoLimit, 1000);
          CHECK(result.error == Errc::none);
          CHECK(result.data == message);
        }
      }
    }
  }
}

TEST_CASE("a message unfolds to its limit and no further") {
  Deflater deflater(15, 9, 9);
  for (const std::size_t limit : {1U, 2U, 100U, 16'383U, 16'384U, 16'385U, 50'000U}) {
    CAPTURE(limit);
    deflater.reset();
    const std::string most = fold(deflater, std::string(limit, 'a'));
    deflater.reset();
    const std::string more = fold(deflater, std::string(limit + 1, 'a'));
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}, SIZE_MAX}) {
      Inflater inflater(15);
      CHECK(unfold(inflater, most, limit, step).data.size() == limit);
      inflater.reset();
      const Unfolded result = unfold(inflater, more, limit, step);
      CHECK(result.error == Errc::ws_message_too_large);
      CHECK(result.data.size() <= limit);
    }
  }
  Inflater inflater(15);
  CHECK(unfold(inflater, "\0"sv, 0).error == Errc::none);
  CHECK(unfold(inflater, fold(deflater, "a"), 0).error == Errc::ws_message_too_large);
  inflater.reset();
  CHECK(unfold(inflater, fold(deflater, "a"), SIZE_MAX).error != Errc::ws_message_too_large);
}

TEST_CASE("a bomb costs no more memory than the limit") {
  constexpr std::size_t kLimit = 1'000'000;
  Deflater deflater(15, 9, 9);
  const std::string bomb = fold(deflater, std::string(50 * kLimit, '\0'));
  REQUIRE(bomb.size() < kLimit / 10);
  Inflater inflater(15);
  std::string out;
  const std::size_t before = test::heap_bytes();
  CHECK(inflater.add(bomb, out, kLimit) == Errc::ws_message_too_large);
  constexpr std::size_t kPage = 4096;  // what malloc rounds up to
  CHECK(test::heap_bytes() - before <= kLimit + kPage);
}

TEST_CASE("blocks of nothing are read to their end") {
  std::string nothing;
  for (int i = 0; i < 20'000; ++i) nothing += "\0\0\0\xff\xff"sv;
  Inflater inflater(15);
  CHECK(unfold(inflater, nothing.substr(0, nothing.size() - 4)).data.empty());
  // Each a stream of its own.
  std::string streams;
  for (int i = 0; i < 20'000; ++i) streams += "\x03\x00"sv;
  const Unfolded result = unfold(inflater, streams);
  CHECK(result.error == Errc::none);
  CHECK(result.data.empty());
}

TEST_CASE("what no compressor made is refused") {
  const struct {
    std::string_view what;
    std::string_view message;
  } rows[] = {
      {"a block of the reserved type", "\x07"sv},
      {"a stored block with a wrong complement", "\x00\x05\x00\xfa\xfe\x48"sv},
      {"a reference to before the beginning", "\xf2\x00\x11\x00\x00"sv},
      {"a dynamic block without lengths", "\x04\x00\x00\x00\x00"sv},
      {"a block that is cut off", "\xf2\x48\xcd"sv},
      {"a message without the flush that ends it", "\xf2\x48\xcd\xc9\xc9\x07"sv},
      {"a stored block that is cut off", "\x00\x05\x00\xfa\xff\x48\x65"sv},
      {"half a tail", "\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00"sv},
      {"plain text", "4hello, I am not compressed"sv},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    for (const std::size_t step : {std::size_t{1}, SIZE_MAX}) {
      Inflater inflater(15);
      CHECK(unfold(inflater, row.message, kNoLimit, step).error == Errc::ws_bad_deflate);
      // And is forgotten.
      inflater.reset();
      CHECK(unfold(inflater, "\xf2\x48\xcd\xc9\xc9\x07\x00"sv).data == "Hello");
    }
  }
}

TEST_CASE("the verdict on a damaged message does not depend on how it is cut") {
  Deflater deflater(15, 6, 8);
  const std::string good = fold(deflater, prose(600, 3));
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const int bit : {0, 3, 7}) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ (1 << bit));
      Inflater whole(15);
      Inflater pieces(15);
      const Unfolded expected = unfold(whole, bad, 800);
      const Unfolded result = unfold(pieces, bad, 800, 1);
      CHECK(result.error == expected.error);
      if (expected.error == Errc::none) CHECK(result.data == expected.data);
    }
  }
}

TEST_CASE("bodies are whole gzip and zlib streams") {
  const std::string body = prose(20'000, 4);
  const std::string gzip = compress_body(ContentCoding::gzip, 6, body);
  CHECK(gzip.size() < body.size() / 2);
  CHECK(gzip.starts_with("\x1f\x8b\x08\0"sv));
  CHECK(gzip.ends_with("\x20\x4e\0\0"sv));  // 20000, little-endian
  Inflater inflater(15);
  CHECK(unfold(inflater, std::string_view(gzip).substr(10, gzip.size() - 18)).data == body);

  const std::string zlib = compress_body(ContentCoding::deflate, 9, body);
  CHECK(zlib.starts_with("\x78"));
  CHECK(unfold(inflater, std::string_view(zlib).substr(2, zlib.size() - 6)).data == body);
  CHECK(compress_body(ContentCoding::gzip, 1, "").size() == 20);
}

}  // namespace patchbay::engineio

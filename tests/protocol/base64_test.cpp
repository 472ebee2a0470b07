// SPDX-License-Identifier: MIT
#include "patchbay/protocol/base64.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace patchbay;

TEST_CASE("the vectors of RFC 4648 go both ways") {
  const struct {
    std::string_view plain;
    std::string_view encoded;
  } rows[] = {{"", ""},
              {"f", "Zg=="},
              {"fo", "Zm8="},
              {"foo", "Zm9v"},
              {"foob", "Zm9vYg=="},
              {"fooba", "Zm9vYmE="},
              {"foobar", "Zm9vYmFy"}};
  for (const auto& row : rows) {
    std::string out;
    base64_encode(out, row.plain);
    CHECK(out == row.encoded);
    CHECK(base64_decode(row.encoded) == row.plain);
  }
}

TEST_CASE("encoding appends") {
  std::string out = "b";
  base64_encode(out, "f");
  CHECK(out == "bZg==");
}

TEST_CASE("padding is optional and both alphabets are read") {
  CHECK(base64_decode("Zg") == "f");
  CHECK(base64_decode("Zm8") == "fo");
  CHECK(base64_decode("+/-_") == std::string("\xfb\xff\xbf"));
}

TEST_CASE("what is no base64 is refused") {
  for (const std::string_view text : {"Z", "Zm9vY", "Zm 9", "Z!==", "====", "Zg==Zg", "Zm9v\n"}) {
    CAPTURE(text);
    CHECK_FALSE(base64_decode(text));
  }
}

TEST_CASE("every byte survives at every place of a group") {
  std::string data;
  for (int i = 0; i < 256; ++i) {
    data.push_back(static_cast<char>(i));
    for (const std::string& text : {data, std::string(data.rbegin(), data.rend())}) {
      std::string encoded;
      base64_encode(encoded, text);
      CHECK(encoded.size() == (text.size() + 2) / 3 * 4);
      CHECK(base64_decode(encoded) == text);
    }
  }
}

TEST_CASE("padding that does not fill a group, or stands inside, is refused") {
  for (const std::string_view text :
       {"Zg=", "Zg===", "Zm9v=", "Zm9v==", "Zm9v====", "=", "=Zg=", "Zm=v", "Z\x80==", "Zm9\xff"}) {
    CAPTURE(text);
    CHECK_FALSE(base64_decode(text));
  }
  CHECK_FALSE(base64_decode(std::string_view("Zm9\0", 4)));
}

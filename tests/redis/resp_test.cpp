// SPDX-License-Identifier: MIT
#include "resp.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace patchbay::redis;

TEST_CASE("commands to Redis") {
  CHECK(command("PING") == "*1\r\n$4\r\nPING\r\n");
  using namespace std::string_literals;
  CHECK(command("SET", "a\0b"s, "") == "*3\r\n$3\r\nSET\r\n$3\r\na\0b\r\n$0\r\n\r\n"s);
}

TEST_CASE("replies of Redis, in whatever pieces they come") {
  const std::string bytes = "+OK\r\n:7\r\n$-1\r\n*2\r\n$1\r\na\r\n*1\r\n$0\r\n\r\n-ERR no\r\n";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    CAPTURE(piece);
    ReplyReader reader;
    int seen = 0;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      REQUIRE(reader.feed(std::string_view(bytes).substr(at, piece)));
      while (const ReplyView reply = reader.next()) {
        switch (seen++) {
          case 0:
            CHECK(reply.text() == "OK");
            break;
          case 1:
            CHECK(reply.integer() == 7);
            break;
          case 2:
            CHECK(reply.is_nil());
            break;
          case 3:
            CHECK(reply.size() == 2);
            CHECK(reply[0].text() == "a");
            CHECK(reply[1].size() == 1);
            CHECK(reply[1][0].text().empty());
            CHECK_FALSE(reply[2]);
            CHECK_FALSE(reply[2][0]);
            break;
          default:
            CHECK(reply.is_error());
            CHECK_FALSE(reply.is_passing_error());
            CHECK(reply.text() == "ERR no");
        }
      }
    }
    CHECK(seen == 5);
  }
}

TEST_CASE("what is no reply is noticed") {
  ReplyReader reader;
  REQUIRE(reader.feed("HTTP/1.1 400 Bad Request\r\n\r\n"));
  CHECK_FALSE(reader.next());
  CHECK(reader.failed());
}

TEST_CASE("errors that pass") {
  ReplyReader reader;
  REQUIRE(reader.feed(
      "-LOADING Redis is loading the dataset in memory\r\n-READONLY x\r\n-WRONGTYPE x\r\n"));
  CHECK(reader.next().is_passing_error());
  CHECK(reader.next().is_passing_error());
  CHECK_FALSE(reader.next().is_passing_error());
}

TEST_CASE("a part of a reply that is not there reads as nothing") {
  const ReplyView none;
  CHECK_FALSE(none);
  CHECK(none.is_nil());
  CHECK_FALSE(none.is_error());
  CHECK(none.text().empty());
  CHECK(none.integer() == 0);
  CHECK(none.size() == 0);
}

// SPDX-License-Identifier: MIT
#include "endpoint.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "patchbay/redis/redis.hpp"

using namespace patchbay;
using namespace patchbay::redis;

TEST_CASE("redis URL: what it may hold") {
  const Endpoint plain = parse_url("redis://example.com");
  CHECK(plain.host == "example.com");
  CHECK(plain.port == "6379");
  CHECK_FALSE(plain.tls);
  CHECK(plain.user.empty());
  CHECK(plain.password.empty());
  CHECK(plain.database.empty());
  CHECK(plain.name() == "example.com:6379");

  const Endpoint full = parse_url("rediss://ada:p%40ss:w%2Frd@[::1]:7000/3");
  CHECK(full.tls);
  CHECK(full.host == "::1");
  CHECK(full.port == "7000");
  CHECK(full.user == "ada");
  CHECK(full.password == "p@ss:w/rd");
  CHECK(full.database == "3");
  CHECK(full.name() == "[::1]:7000");

  CHECK(parse_url("redis://:secret@h").password == "secret");
  CHECK(parse_url("redis://:sec@ret@h").password == "sec@ret");
  CHECK(parse_url("redis://h/").database.empty());
}

TEST_CASE("redis URL: what is wrong is said, and no password with it") {
  struct Row {
    const char* url;
    const char* reason;
  };
  const Row rows[] = {
      {"", "it must begin with redis:// or rediss://"},
      {"http://h", "it must begin with redis:// or rediss://"},
      {"redis://", "the host is missing"},
      {"redis://:6379", "the host is missing"},
      {"redis://h:", "the port must be a number from 1 to 65535"},
      {"redis://h:0", "the port must be a number from 1 to 65535"},
      {"redis://h:65536", "the port must be a number from 1 to 65535"},
      {"redis://h:80x", "the port must be a number from 1 to 65535"},
      {"redis://h/one", "the database must be a number"},
      {"redis://h/1/2", "the database must be a number"},
      {"redis://h?db=1", "it must have no query"},
      {"redis://secret@h", "a user needs a password"},
      {"redis://:secret%4@h", "'%' must be followed by two hexadecimal digits"},
      {"redis://:secret%zz@h", "'%' must be followed by two hexadecimal digits"},
      {"redis://[::1", "']' is missing"},
      {"redis://a:1,b:2", "one server is expected: Redis Cluster is not supported"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.url);
    try {
      (void)parse_url(row.url);
      FAIL("accepted");
    } catch (const std::invalid_argument& error) {
      const std::string text = error.what();
      CHECK(text.starts_with("Redis URL: " + std::string(row.reason)));
      CHECK(text.find("secret") == std::string::npos);
    }
  }
}

TEST_CASE("redis options that make no sense are refused where the adapter is made") {
  CHECK_THROWS_AS((void)classic_adapter({.url = "nonsense"}), std::invalid_argument);
  CHECK_THROWS_AS((void)sharded_adapter({.timeout = Millis(0)}), std::invalid_argument);
  CHECK_THROWS_AS((void)streams_adapter({.retry_base = Millis(0)}), std::invalid_argument);
  CHECK_THROWS_AS((void)streams_adapter({.retry_base = Millis(2), .retry_limit = Millis(1)}),
                  std::invalid_argument);
  CHECK_THROWS_AS((void)classic_adapter({}, {.requests_timeout = Millis(0)}),
                  std::invalid_argument);
  CHECK_THROWS_AS((void)streams_adapter({}, {.stream_count = 0}), std::invalid_argument);
  CHECK_THROWS_AS((void)streams_adapter({}, {.read_count = 0}), std::invalid_argument);
  CHECK_THROWS_AS((void)streams_adapter({}, {.block_time = Millis(0)}), std::invalid_argument);
}

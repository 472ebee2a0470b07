// SPDX-License-Identifier: MIT
//
// What a TlsSession does about peers that are not TLS clients, or want something else than to talk.
#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "../support/hex.hpp"
#include "../support/tls_fixture.hpp"
#include "tls_session.hpp"

using namespace patchbay::engineio;
using namespace patchbay::engineio::test;
using patchbay::test::from_hex;

namespace {

std::string client_hello(int version = TLS1_3_VERSION) {
  TlsPeer peer(version);
  peer.handshake();
  return peer.take();
}

struct Input {
  std::string_view name;
  std::string bytes;
};

// Beginnings that end the connection.
std::vector<Input> bad_beginnings() {
  const std::string hello = client_hello();
  std::string broken_hello = hello;
  broken_hello[9] = '\x01';  // legacy_version 1.3 of SSL
  std::string long_session_id = hello;
  long_session_id[43] = '\xFF';
  return {
      {"an HTTP request", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"},
      {"an HTTP proxy request", "CONNECT localhost:443 HTTP/1.1\r\n\r\n"},
      {"the HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {"SSH", "SSH-2.0-OpenSSH_9.2\r\n"},
      {"zeros", std::string(100'000, '\0')},
      {"ones", std::string(100'000, '\xFF')},
      {"a hello of SSL 2", from_hex("80 2e 01 00 02 00 15 00 00 00 10 01 00 80 02 00 80 03 00 80") +
                               std::string(28, 'x')},
      {"a hello of TLS 1.0", client_hello(TLS1_VERSION)},
      {"a hello of TLS 1.1", client_hello(TLS1_1_VERSION)},
      {"a hello with a broken version", broken_hello},
      {"a hello whose session id runs over its end", long_session_id},
      {"a hello of no bytes", from_hex("16 03 01 00 04 01 00 00 00")},
      {"a hello of 16 MiB", from_hex("16 03 01 00 04 01 ff ff ff")},
      {"a record that is too long", from_hex("16 03 01 ff ff") + std::string(70'000, 'x')},
      {"a record of an unknown type", from_hex("63 03 03 00 01 00")},
      {"a heartbeat", from_hex("18 03 02 00 03 01 40 00")},
      {"application data", from_hex("17 03 03 00 05") + "hello"},
      {"a change of ciphers", from_hex("14 03 03 00 01 01")},
      {"a fatal alert", from_hex("15 03 01 00 02 02 28")},
      {"a close", from_hex("15 03 01 00 02 01 00")},
      {"an alert of one byte", from_hex("15 03 01 00 01 02")},
      {"a finished", from_hex("16 03 01 00 10 14 00 00 0c") + std::string(12, 'x')},
      {"a hello, and then HTTP", hello + "GET / HTTP/1.1\r\n\r\n"},
      {"the same hello twice", hello + hello},
  };
}

}  // namespace

TEST_CASE("tls session: what is no handshake ends the connection") {
  for (const auto& [name, bytes] : bad_beginnings()) {
    for (const bool bytewise : {false, true}) {
      CAPTURE(name);
      CAPTURE(bytewise);
      Connection connection;
      connection.status = Status::ok;
      if (bytewise) {
        for (std::size_t i = 0; i < bytes.size() && connection.status != Status::closed; ++i) {
          connection.wire.input = bytes[i];
          CHECK(connection.read().empty());
        }
      } else {
        connection.wire.input = bytes;
        CHECK(connection.read().empty());
      }
      CHECK(connection.status == Status::closed);
      CHECK(connection.write({"hello"}).status == Status::closed);
      CHECK(connection.read().empty());
      CHECK(connection.status == Status::closed);
      connection.tls->finish(connection.wire);
      CHECK(connection.wire.output.size() < 4096);
      CHECK_FALSE(connection.tls->has_output());
    }
  }
}

TEST_CASE("tls session: a handshake that stops waits for more") {
  const std::string hello = client_hello();
  for (std::size_t size = 0; size < hello.size(); size += 7) {
    CAPTURE(size);
    Connection connection;
    connection.wire.input = hello.substr(0, size);
    CHECK(connection.read().empty());
    CHECK(connection.status == Status::would_block);
    CHECK_FALSE(connection.tls->has_input());
    CHECK(connection.wire.output.empty());
  }
}

TEST_CASE("tls session: every changed bit of a record ends the connection") {
  constexpr std::size_t kRecord = 5 + 16 + 1 + 16;  // head, text, type, tag
  for (std::size_t bit = 0; bit < kRecord * 8; bit += 3) {
    CAPTURE(bit);
    Connection connection;
    connection.establish();
    connection.peer.write("something secret");
    std::string record = connection.peer.take();
    REQUIRE(record.size() == kRecord);
    record[bit / 8] = static_cast<char>(record[bit / 8] ^ (1 << (bit % 8)));
    connection.wire.input = record + std::string(20'000, 'x');
    CHECK(connection.read().empty());
    CHECK(connection.status == Status::closed);
    CHECK(connection.write({"hello"}).status == Status::closed);
  }
}

TEST_CASE("tls session: records in another order, or twice, end the connection") {
  Connection connection;
  connection.establish();
  connection.peer.write("first");
  const std::string first = connection.peer.take();
  connection.wire.input = first + first;
  CHECK(connection.read() == "first");
  CHECK(connection.status == Status::closed);
}

TEST_CASE("tls session: handshakes cannot be had again") {
  Connection connection(TLS1_2_VERSION);
  connection.establish();
  REQUIRE(SSL_renegotiate(connection.peer.ssl()) == 1);
  connection.peer.handshake();
  connection.wire.input = connection.peer.take();
  REQUIRE_FALSE(connection.wire.input.empty());
  CHECK(connection.read().empty());
  CHECK(connection.status == Status::would_block);
  CHECK(connection.write({"no"}).bytes == 2);
  // A warning ("no_renegotiation") and the text: nothing of a handshake.
  CHECK(records_of(connection.wire.output).size() == 2);
}

TEST_CASE("tls session: one that asks for new keys gets them") {
  Connection connection;
  connection.establish();
  REQUIRE(SSL_key_update(connection.peer.ssl(), SSL_KEY_UPDATE_REQUESTED) == 1);
  CHECK(connection.to_server("new keys please") == "new keys please");
  CHECK(connection.write({"here"}).bytes == 4);
  CHECK(connection.from_server() == "here");
  CHECK_FALSE(connection.peer.failed());
}

TEST_CASE("tls session: answers to one that does not read them are bounded") {
  Connection connection;
  connection.establish();
  connection.wire.room = 0;
  for (int i = 0; i < 20'000; ++i) {
    REQUIRE(SSL_key_update(connection.peer.ssl(), SSL_KEY_UPDATE_REQUESTED) == 1);
    REQUIRE(connection.peer.handshake());
    connection.wire.input += connection.peer.take();
    std::array<char, 100> buffer{};
    REQUIRE(connection.tls->read(connection.wire, buffer).status == Status::would_block);
    if (connection.tls->congested()) break;
  }
  CHECK(connection.tls->congested());
  // Nothing more is read before the peer has taken something.
  const std::size_t receives = connection.wire.receives;
  connection.peer.write("and now?");
  connection.wire.input += connection.peer.take();
  std::array<char, 100> buffer{};
  CHECK(connection.tls->read(connection.wire, buffer).status == Status::would_block);
  CHECK(connection.tls->has_input());
  CHECK(connection.wire.receives == receives);
  CHECK(connection.wire.output.empty());
  // As soon as it does, everything goes on.
  connection.wire.room = 10'000'000;
  CHECK(connection.tls->flush(connection.wire));
  CHECK(connection.read() == "and now?");
  CHECK(connection.write({"yes"}).bytes == 3);
  CHECK(connection.from_server() == "yes");
}

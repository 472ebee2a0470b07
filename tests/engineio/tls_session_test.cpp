// SPDX-License-Identifier: MIT
#include "tls_session.hpp"

#include <doctest/doctest.h>
#include <malloc.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "../support/tls_fixture.hpp"

using namespace patchbay::engineio;
using namespace patchbay::engineio::test;

namespace {

constexpr std::array kVersions{TLS1_2_VERSION, TLS1_3_VERSION};

// What a record takes beyond what it carries: head, tag, type.
constexpr std::size_t kRecordOverhead = 5 + 16 + 8;

}  // namespace

TEST_CASE("tls session: handshake, then both directions") {
  for (const int version : kVersions) {
    CAPTURE(version);
    Connection connection(version);
    connection.establish();
    CHECK(connection.to_server("hello") == "hello");
    CHECK(connection.status == Status::ok);
    CHECK(connection.write({"world"}).bytes == 5);
    CHECK(connection.from_server() == "world");
    CHECK(SSL_version(connection.peer.ssl()) == version);
  }
}

TEST_CASE("tls session: everything arrives byte by byte") {
  for (const int version : kVersions) {
    CAPTURE(version);
    Connection connection(version);
    std::string got;
    const auto trickle = [&] {
      for (const char byte : connection.peer.take()) {
        connection.wire.input = byte;
        got += connection.read();
      }
      connection.deliver();
    };
    for (int i = 0; i < 4; ++i) {
      connection.peer.handshake();
      trickle();
    }
    REQUIRE(connection.tls->can_write());
    connection.peer.write(pattern(300));
    connection.peer.write("x");
    trickle();
    CHECK(got == pattern(300) + "x");
  }
}

TEST_CASE("tls session: data in the segment that ends the handshake is not lost") {
  Connection connection;
  connection.peer.handshake();
  connection.wire.input = connection.peer.take();
  CHECK(connection.read().empty());
  connection.deliver();
  REQUIRE(connection.peer.handshake());
  connection.peer.write("early bird");
  connection.wire.input = connection.peer.take();
  CHECK(connection.read() == "early bird");
}

TEST_CASE("tls session: writing has to wait for the handshake") {
  Connection connection;
  CHECK_FALSE(connection.tls->can_write());
  CHECK(connection.write({"too early"}).status == Status::would_block);
  CHECK(connection.wire.output.empty());
  CHECK(connection.wire.receives == 0);
  connection.establish();
  CHECK(connection.write({"now"}).bytes == 3);
  CHECK(connection.from_server() == "now");
}

TEST_CASE("tls session: speaks http/1.1 with those who ask") {
  struct Case {
    std::string offer;
    std::string selected;
    bool established;
  };
  const std::vector<Case> cases{
      {std::string("\x08http/1.1"), "http/1.1", true},
      {std::string("\x02h2\x08http/1.1"), "http/1.1", true},
      {std::string("\x02h2"), "", false},
  };
  for (const auto& [offer, selected, established] : cases) {
    CAPTURE(offer);
    Connection connection;
    SSL_set_alpn_protos(connection.peer.ssl(), reinterpret_cast<const unsigned char*>(offer.data()),
                        static_cast<unsigned>(offer.size()));
    connection.peer.handshake();
    connection.wire.input = connection.peer.take();
    connection.read();
    CHECK((connection.status == Status::closed) == !established);
    connection.deliver();
    CHECK(connection.peer.handshake() == established);
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(connection.peer.ssl(), &name, &size);
    CHECK(std::string_view(reinterpret_cast<const char*>(name), size) == selected);
  }
}

TEST_CASE("tls session: clients come back with a ticket") {
  for (const int version : kVersions) {
    CAPTURE(version);
    Connection first(version);
    first.establish();
    const std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)> ticket(
        SSL_get1_session(first.peer.ssl()), SSL_SESSION_free);
    Connection second(version);
    SSL_set_session(second.peer.ssl(), ticket.get());
    second.establish();
    CHECK(SSL_session_reused(second.peer.ssl()) == 1);
    CHECK(second.to_server("again") == "again");
  }
}

TEST_CASE("tls session: small buffers share a record, large ones fill records") {
  Connection connection;
  connection.establish();
  const std::size_t full = TlsSession::kRecordBytes;
  struct Case {
    std::vector<std::string> pieces;
    std::vector<std::size_t> records;
  };
  const std::vector<Case> cases{
      {{"a", "", "bc", "def"}, {6}},
      {{pattern(full)}, {full}},
      {{pattern(full + 1)}, {full, 1}},
      {{"a", pattern(full)}, {full, 1}},
      {{pattern(2 * full), "a", "b"}, {full, full, 2}},
      {{pattern(2 * full + 10), "a", "b"}, {full, full, 12}},
      {{pattern(full - 1), "a", "b"}, {full, 1}},
  };
  for (const auto& [pieces, records] : cases) {
    std::string all;
    for (const std::string& piece : pieces) all += piece;
    CHECK(connection.write(pieces).bytes == all.size());
    std::vector<std::size_t> carried;
    for (const std::size_t size : records_of(connection.wire.output)) {
      carried.push_back(size - 17);  // tag and type
    }
    CHECK(carried == records);
    CHECK(connection.from_server() == all);
  }
}

TEST_CASE("tls session: what the wire does not take is kept, at most a record of it") {
  for (const int version : kVersions) {
    CAPTURE(version);
    Connection connection(version);
    connection.establish();
    const std::string text = pattern(100'000);
    std::size_t written = 0;
    std::string got;
    int blocked = 0;
    while (written < text.size()) {
      connection.wire.room = 10'000;
      const std::size_t sent_before = connection.wire.output.size();
      const Transfer result = connection.write({text.substr(written)});
      written += result.bytes;
      REQUIRE(connection.wire.output.size() - sent_before <= 10'000);
      if (result.status == Status::would_block) {
        ++blocked;
        CHECK_FALSE(connection.tls->can_write());
        CHECK(connection.tls->has_output());
      }
      got += connection.from_server();
      REQUIRE(written >= got.size());
      REQUIRE(written - got.size() <= TlsSession::kRecordBytes + kRecordOverhead);
    }
    CHECK(blocked > 0);
    connection.wire.room = text.size();
    CHECK(connection.tls->flush(connection.wire));
    CHECK_FALSE(connection.tls->has_output());
    CHECK(got + connection.from_server() == text);
  }
}

TEST_CASE("tls session: another thing may be written after blocked output than was tried") {
  Connection connection;
  connection.establish();
  connection.wire.room = 0;
  CHECK(connection.write({"first"}).bytes == 5);
  CHECK(connection.write({"second"}).status == Status::would_block);
  connection.wire.room = 1000;
  CHECK(connection.write({"third, and longer"}).bytes == 17);
  CHECK(connection.from_server() == "firstthird, and longer");
}

TEST_CASE("tls session: small reading buffers get everything") {
  Connection connection;
  connection.establish();
  const std::string text = pattern(50'000);
  connection.peer.write(text);
  connection.wire.input = connection.peer.take();
  std::array<char, 100> buffer{};
  REQUIRE(connection.tls->read(connection.wire, buffer).bytes == buffer.size());
  CHECK(connection.tls->has_input());
  CHECK(std::string(buffer.data(), buffer.size()) + connection.read(100) == text);
  CHECK_FALSE(connection.tls->has_input());
}

TEST_CASE("tls session: a read that empties the wire asks it once") {
  Connection connection;
  connection.establish();
  connection.peer.write("hello");
  connection.wire.input = connection.peer.take();
  connection.wire.receives = 0;
  CHECK(connection.read() == "hello");
  CHECK(connection.wire.receives == 1);
}

TEST_CASE("tls session: one that sends without end leaves time for others") {
  Connection connection;
  connection.establish();
  // Records without content keep OpenSSL busy without giving anything to the reader.
  for (int i = 0; i < 6000; ++i) {
    REQUIRE(SSL_key_update(connection.peer.ssl(), SSL_KEY_UPDATE_NOT_REQUESTED) == 1);
    REQUIRE(connection.peer.handshake());
    connection.wire.input += connection.peer.take();
  }
  REQUIRE(connection.wire.input.size() > 150'000);
  std::array<char, 100> buffer{};
  connection.wire.receives = 0;
  CHECK(connection.tls->read(connection.wire, buffer).bytes == 0);
  CHECK(connection.wire.receives == 8);
  CHECK(connection.tls->has_input());
  CHECK(connection.to_server("still there") == "still there");
}

// --- Ending

TEST_CASE("tls session: a peer that has finished can still be written to") {
  for (const int version : kVersions) {
    CAPTURE(version);
    Connection connection(version);
    connection.establish();
    connection.peer.write("last words");
    SSL_shutdown(connection.peer.ssl());
    connection.wire.input = connection.peer.take();
    CHECK(connection.read() == "last words");
    CHECK(connection.status == Status::closed);
    CHECK(connection.read().empty());
    CHECK(connection.status == Status::closed);
    CHECK(connection.write({"goodbye"}).bytes == 7);
    connection.tls->finish(connection.wire);
    CHECK(connection.from_server() == "goodbye");
    CHECK(connection.peer.closed());
  }
}

TEST_CASE("tls session: finishing ends output and not input") {
  Connection connection;
  connection.establish();
  connection.tls->finish(connection.wire);
  CHECK(connection.write({"more"}).status == Status::closed);
  CHECK(connection.from_server().empty());
  CHECK(connection.peer.closed());
  CHECK(connection.to_server("going on") == "going on");
  connection.tls->finish(connection.wire);
  CHECK(connection.wire.output.empty());
}

TEST_CASE("tls session: finishing comes after output that waits") {
  Connection connection;
  connection.establish();
  connection.wire.room = 0;
  CHECK(connection.write({"slow"}).bytes == 4);
  connection.tls->finish(connection.wire);
  connection.wire.room = 1000;
  CHECK(connection.tls->flush(connection.wire));
  CHECK(connection.from_server() == "slow");
  CHECK(connection.peer.closed());
}

TEST_CASE("tls session: the connection ends without a word, at any time") {
  Connection connection;
  SUBCASE("before the handshake") {}
  SUBCASE("during the handshake") {
    connection.peer.handshake();
    connection.wire.input = connection.peer.take();
  }
  SUBCASE("between records") {
    connection.establish();
  }
  SUBCASE("inside a record") {
    connection.establish();
    connection.peer.write("half of it");
    connection.wire.input = connection.peer.take();
    connection.wire.input.resize(10);
  }
  CHECK(connection.read().empty());
  CHECK(connection.status == Status::would_block);
  connection.wire.input_ended = true;
  CHECK(connection.read().empty());
  CHECK(connection.status == Status::closed);
  CHECK(connection.write({"anyone"}).status == Status::closed);
  const std::string sent = connection.wire.output;
  connection.tls->finish(connection.wire);
  CHECK(connection.wire.output == sent);
}

TEST_CASE("tls session: the wire breaks while writing") {
  Connection connection;
  connection.establish();
  connection.wire.broken = true;
  CHECK(connection.write({"lost"}).status == Status::closed);
  CHECK(connection.write({"lost"}).status == Status::closed);
  CHECK(connection.tls->can_write());  // so that a writer that waits hears of it
  CHECK_FALSE(connection.tls->has_output());
  CHECK(connection.to_server("from before") == "from before");
}

TEST_CASE("tls session: the wire breaks while output waits") {
  Connection connection;
  connection.establish();
  connection.wire.room = 0;
  CHECK(connection.write({"waits"}).bytes == 5);
  connection.wire.broken = true;
  CHECK(connection.tls->flush(connection.wire));
  CHECK(connection.write({"lost"}).status == Status::closed);
}

// --- Memory

// AddressSanitizer has its own allocator.
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("tls session: a quiet one holds no buffers") {
  constexpr std::size_t kCount = 64;
  for (const int version : kVersions) {
    CAPTURE(version);
    std::vector<Connection> warm_up(1);
    warm_up.back().establish();
    std::vector<std::unique_ptr<TlsSession>> quiet;
    const std::size_t before = ::mallinfo2().uordblks;
    for (std::size_t i = 0; i < kCount; ++i) {
      Connection connection(version);
      connection.establish();
      REQUIRE(connection.to_server("hello") == "hello");
      REQUIRE(connection.write({pattern(100'000)}).bytes == 100'000);
      quiet.push_back(std::move(connection.tls));
    }
    const std::size_t each = (::mallinfo2().uordblks - before) / kCount;
    CHECK(each > 1000);
    CHECK(each <= 15 * 1024);
  }
}
#endif

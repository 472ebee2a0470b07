// SPDX-License-Identifier: MIT
//
// A Stream with a TLS session, on one end of a pair of sockets.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../support/tls_fixture.hpp"
#include "shard.hpp"
#include "stream.hpp"

using namespace patchbay::engineio;
using namespace patchbay::engineio::test;

namespace {

// Reads with a buffer of its own, and keeps what comes.
class Reader final : public Stream::Handler {
 public:
  explicit Reader(Stream& stream) : stream_(&stream) {}

  void on_readable() override {
    ++calls;
    std::vector<char> buffer(buffer_size);
    const auto [bytes, status] = stream_->read(buffer);
    text.append(buffer.data(), bytes);
    ended = status == Status::closed;
    if (!ended && !paused) stream_->wait_readable();
  }
  void on_writable() override {
    ++writables;
    if (when_writable) when_writable();
  }
  void on_shutdown() override {}

  std::size_t buffer_size = 4096;
  bool paused = false;
  std::string text;
  bool ended = false;
  int calls = 0;
  int writables = 0;
  std::function<void()> when_writable;

 private:
  Stream* stream_;
};

struct Fixture {
  Fixture() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    far = Descriptor(ends[1]);
    stream = std::make_shared<Stream>(first, Descriptor(ends[0]), "::1", context().make_session());
    reader = std::make_shared<Reader>(*stream);
    stream->set_handler(reader);
    stream->wait_readable();
  }
  ~Fixture() { stream->close(); }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  void run() {
    for (Shard* const shard : {&first, &second}) {
      shard->io_context().restart();
      shard->io_context().poll();
    }
  }
  // Both sides get what the other has sent by now.
  void exchange() {
    pending += peer.take();
    const ssize_t sent = ::send(far.get(), pending.data(), pending.size(), MSG_NOSIGNAL);
    if (sent > 0) pending.erase(0, static_cast<std::size_t>(sent));
    run();
    char block[16 * 1024];
    ssize_t size = 0;
    while ((size = ::recv(far.get(), block, sizeof block, 0)) > 0) {
      peer.feed({block, static_cast<std::size_t>(size)});
    }
    far_ended = size == 0;
  }
  void establish() {
    for (int i = 0; i < 4; ++i) {
      peer.handshake();
      exchange();
    }
    REQUIRE(peer.handshake());
    REQUIRE(peer.read().empty());
  }
  void send(std::string_view text) {
    peer.write(text);
    exchange();
  }

  Shard first{0};
  Shard second{1};
  Descriptor far;
  std::shared_ptr<Stream> stream;
  std::shared_ptr<Reader> reader;
  TlsPeer peer;
  std::string pending;  // of the peer's output
  bool far_ended = false;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "stream with tls: reads and writes") {
  CHECK(stream->secure());
  establish();
  send("hello");
  CHECK(reader->text == "hello");
  CHECK(stream->write("world").bytes == 5);
  exchange();
  CHECK(peer.read() == "world");
}

TEST_CASE_FIXTURE(Fixture, "stream with tls: a quiet one is left alone") {
  establish();
  send("hello");
  const int calls = reader->calls;
  for (int i = 0; i < 5; ++i) run();
  CHECK(reader->calls == calls);
}

TEST_CASE_FIXTURE(Fixture, "stream with tls: a reader with a small buffer is called again") {
  establish();
  reader->buffer_size = 10;
  const std::string text = pattern(1000);
  send(text);
  run();
  CHECK(reader->text == text);
}

TEST_CASE_FIXTURE(Fixture, "stream with tls: what was decrypted before a move is read after it") {
  establish();
  reader->buffer_size = 10;
  reader->paused = true;
  const std::string text = pattern(1000);
  send(text);
  REQUIRE(reader->text == text.substr(0, 10));
  reader->paused = false;
  stream->wait_readable();
  stream->leave_shard();
  stream->enter_shard(second);
  first.io_context().restart();
  first.io_context().poll();
  CHECK(reader->text.size() == 10);
  run();
  CHECK(reader->text == text);
  send("more");
  CHECK(reader->text == text + "more");
}

TEST_CASE_FIXTURE(Fixture, "stream with tls: a writer waits for the handshake") {
  CHECK(stream->write("early").status == Status::would_block);
  stream->wait_writable();
  run();
  CHECK(reader->writables == 0);
  reader->when_writable = [this] { CHECK(stream->write("now").bytes == 3); };
  peer.handshake();
  exchange();
  CHECK(reader->writables == 0);
  peer.handshake();
  exchange();
  CHECK(reader->writables == 1);
  CHECK(peer.read() == "now");
}

TEST_CASE_FIXTURE(Fixture, "stream with tls: more than the kernel takes") {
  establish();
  const std::string text = pattern(5'000'000);
  std::size_t written = 0;
  const auto write = [&] {
    while (written < text.size()) {
      const auto [bytes, status] = stream->write(std::string_view(text).substr(written));
      if (status != Status::ok) break;
      written += bytes;
    }
    if (written < text.size()) stream->wait_writable();
  };
  reader->when_writable = write;
  write();
  CHECK(written < text.size());
  SUBCASE("to the end") {}
  SUBCASE("and to another shard in between") {
    stream->leave_shard();
    stream->enter_shard(second);
  }
  std::string got;
  for (int i = 0; i < 1000 && got.size() < text.size(); ++i) {
    exchange();
    got += peer.read();
  }
  CHECK(got == text);
  CHECK(reader->writables > 0);
}

TEST_CASE_FIXTURE(Fixture, "stream with tls: output that waits leaves before the end") {
  establish();
  std::string text;
  while (true) {
    const std::string piece = pattern(1000);
    if (stream->write(piece).status != Status::ok) break;
    text += piece;
  }
  stream->shutdown_write();
  CHECK(stream->write("more").status != Status::ok);
  std::string got;
  for (int i = 0; i < 1000 && !far_ended; ++i) {
    exchange();
    got += peer.read();
  }
  CHECK(far_ended);
  CHECK(got == text);
  CHECK(peer.closed());
  send("still heard");
  CHECK(reader->text == "still heard");
}

TEST_CASE_FIXTURE(Fixture, "stream with tls: closing says so") {
  establish();
  stream->close();
  exchange();
  CHECK(peer.read().empty());
  CHECK(peer.closed());
  CHECK(far_ended);
}

TEST_CASE_FIXTURE(Fixture, "stream with tls: data and the end in one go") {
  establish();
  peer.write("last");
  SSL_shutdown(peer.ssl());
  SUBCASE("and the connection stays") {
    exchange();
  }
  SUBCASE("and the connection ends") {
    pending = peer.take();
    REQUIRE(::send(far.get(), pending.data(), pending.size(), 0) ==
            static_cast<ssize_t>(pending.size()));
    far.close();
    run();
  }
  run();
  CHECK(reader->text == "last");
  CHECK(reader->ended);
}

TEST_CASE_FIXTURE(Fixture,
                  "stream with tls: who makes it answer and does not read costs no turns") {
  establish();
  // So many key updates that their answers fill the kernel's buffer and then ours.
  const auto ask = [&](int count) {
    for (int i = 0; i < count; ++i) {
      REQUIRE(SSL_key_update(peer.ssl(), SSL_KEY_UPDATE_REQUESTED) == 1);
      REQUIRE(peer.handshake());
      pending += peer.take();
    }
  };
  int stalled = 0;
  for (int i = 0; i < 2000 && stalled < 3; ++i) {
    if (pending.size() < 100'000) ask(500);
    const ssize_t sent = ::send(far.get(), pending.data(), pending.size(), MSG_NOSIGNAL);
    if (sent > 0) pending.erase(0, static_cast<std::size_t>(sent));
    stalled = sent > 0 ? 0 : stalled + 1;
    run();
  }
  REQUIRE(stalled == 3);  // it is not read from any more
  const int calls = reader->calls;
  for (int i = 0; i < 10; ++i) run();
  CHECK(reader->calls == calls);
  // When its answers are taken, it is heard again.
  peer.write("sorry");
  for (int i = 0; i < 1000 && reader->text.empty(); ++i) {
    exchange();
    peer.read();
  }
  CHECK(reader->text == "sorry");
}

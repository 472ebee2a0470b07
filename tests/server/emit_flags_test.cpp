// SPDX-License-Identifier: MIT
//
// How events are sent: volatile, compressed or not, without a name.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "../support/dummy_session.hpp"

using namespace patchbay;
using namespace patchbay::test;

TEST_CASE_FIXTURE(JoinedClient, "a volatile event is dropped when it could not leave at once") {
  client.session().set_writable(false);
  socket->volatile_().emit("lost", 1);
  socket->volatile_().emit("lost", Bytes("attachment"));
  io.volatile_().emit("lost");
  io.to(id).volatile_().emit("lost", Bytes("attachment"));
  io.of("/").volatile_().emit("lost");
  CHECK(client.received().empty());
  socket->emit("regular", 1);
  io.emit("regular", 2);
  CHECK(client.received() == Packets{R"(2["regular",1])", R"(2["regular",2])"});
}

TEST_CASE_FIXTURE(JoinedClient, "a volatile event is sent when it can leave at once") {
  socket->volatile_().emit("e", 1);
  socket->volatile_().emit("e", Bytes("x"));
  io.volatile_().emit("e", 2);
  CHECK(client.received() ==
        Packets{R"(2["e",1])", R"(51-["e",{"_placeholder":true,"num":0}])", "<x>", R"(2["e",2])"});
}

TEST_CASE("of a volatile broadcast each client decides for itself") {
  Server io;
  TestClient slow(io);
  TestClient fast(io);
  slow.join();
  fast.join();
  slow.session().set_writable(false);
  io.volatile_().emit("e");
  CHECK(slow.received().empty());
  CHECK(fast.received() == Packets{R"(2["e"])"});
}

TEST_CASE_FIXTURE(JoinedClient, "packets may be compressed unless the emitter says no") {
  (void)client.session().take_compressible();
  socket->emit("e");
  io.emit("e");
  io.of("/").to(id).emit("e", Bytes("x"));
  CHECK(client.session().take_compressible() == std::vector<bool>{true, true, true, true});
  socket->compress(false).emit("e");
  io.compress(false).emit("e");
  io.of("/").compress(false).to(id).emit("e", Bytes("x"));
  CHECK(client.session().take_compressible() == std::vector<bool>{false, false, false, false});
  socket->compress(true).emit("e");
  CHECK(client.session().take_compressible() == std::vector<bool>{true});
}

TEST_CASE_FIXTURE(JoinedClient, "flags last for one operator, not for the socket") {
  client.session().set_writable(false);
  const auto once = socket->volatile_().compress(false);
  once.emit("lost");
  socket->emit("regular");
  CHECK(client.received() == Packets{R"(2["regular"])"});
  client.session().set_writable(true);
  (void)client.session().take_compressible();
  once.emit("e");
  socket->emit("e");
  CHECK(client.session().take_compressible() == std::vector<bool>{false, true});
}

TEST_CASE_FIXTURE(JoinedClient, "send and write are the event message") {
  socket->send("a", 1);
  socket->write("b");
  io.send("c");
  io.write("d");
  io.of("/").send("e");
  io.to(id).send("f");
  CHECK(client.received() == Packets{R"(2["message","a",1])", R"(2["message","b"])",
                                     R"(2["message","c"])", R"(2["message","d"])",
                                     R"(2["message","e"])", R"(2["message","f"])"});
}

TEST_CASE_FIXTURE(JoinedClient, "local reaches the clients of this process") {
  io.local().emit("e", 1);
  io.local().to(id).emit("e", 2);
  socket->local().emit("not to itself");
  CHECK(client.received() == Packets{R"(2["e",1])", R"(2["e",2])"});
}

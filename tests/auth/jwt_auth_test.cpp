// SPDX-License-Identifier: MIT
//
// Clients with and without tokens, and what becomes of them when those expire. No time passes but
// what the tests say, and some milliseconds for timers.
#include "patchbay/auth/jwt_auth.hpp"

#include <doctest/doctest.h>

#include <asio/io_context.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../support/dummy_session.hpp"
#include "../support/jwt_text.hpp"

using namespace patchbay;
using namespace patchbay::test;
using namespace std::chrono_literals;

namespace {

constexpr JwtTime kNow{1'700'000'000'000ms};

// Good until so many seconds, given as three digits and perhaps a fraction, after kNow.
std::string token_until(std::string_view subject, const std::string& seconds = "600") {
  return hs256_token(R"({"sub":")" + std::string(subject) + R"(","exp":1700000)" + seconds + "}");
}

std::string join_packet(std::string_view token) {
  return R"(0{"token":")" + std::string(token) + "\"}";
}

struct Fixture {
  explicit Fixture(JwtAuthOptions some_options = {}, ServerOptions server_options = {})
      : io(std::move(server_options)), auth(verifier(), with_clock(std::move(some_options))) {
    auth.install(io.sockets());
    io.on_connection([this](SocketPtr joined) {
      socket = std::move(joined);
      socket->on("disconnect", [this, &ended = *socket](std::string reason, std::string detail) {
        end = reason + ", " + detail;
        user_at_end = ended.user();
      });
    });
  }
  ~Fixture() {
    client.reset();  // before the server
  }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  static JwtVerifier verifier() {
    JwtOptions options;
    options.keys.add_secret(kSecret);
    options.clock_skew = 0s;
    return JwtVerifier(options);
  }
  JwtAuthOptions with_clock(JwtAuthOptions some_options) {
    some_options.clock = [this] { return now; };
    return some_options;
  }

  // What the client gets who connects with this.
  Packets connect(std::string_view packet) {
    client.emplace(io);
    client->send(packet);
    return client->received();
  }
  Packets answer(std::string_view packet) {
    client->send(packet);
    return client->received();
  }
  // Runs the server until it has ended the socket.
  void run_until_end() {
    auto& loop = io.engine().loop(0).io_context();
    while (end.empty() && loop.run_one_for(10s) != 0) {
    }
  }

  JwtTime now = kNow;
  Server io;
  JwtAuth auth;
  SocketPtr socket;
  std::string end;
  std::string user_at_end;
  std::optional<TestClient> client;
};

std::string refusal(std::string_view code) {
  return R"(4{"message":"unauthorized","data":{"code":")" + std::string(code) + "\"}}";
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "clients without a good token are turned away, and told why") {
  CHECK(connect("0") == Packets{refusal("jwt_missing")});
  CHECK(connect(R"(0{"token":null})") == Packets{refusal("jwt_missing")});
  CHECK(connect(R"(0{"token":""})") == Packets{refusal("jwt_missing")});
  CHECK(connect(R"(0{"token":"Bearer "})") == Packets{refusal("jwt_missing")});
  CHECK(connect(R"(0{"token":["x"]})") == Packets{refusal("jwt_malformed")});
  CHECK(connect(R"(0{"token":7})") == Packets{refusal("jwt_malformed")});
  CHECK(connect(R"(0{"token":"x"})") == Packets{refusal("jwt_malformed")});
  CHECK(connect(join_packet(std::string(10'000, 'x'))) == Packets{refusal("jwt_too_long")});
  CHECK(connect(join_packet(hmac_token(R"({"alg":"none"})", R"({"sub":"ada"})"))) ==
        Packets{refusal("jwt_unsupported_algorithm")});
  CHECK_FALSE(socket);
}

TEST_CASE_FIXTURE(Fixture, "a client with a good token is who that says") {
  CHECK(connect(join_packet(token_until("ada"))).size() == 1);
  REQUIRE(socket);
  CHECK(socket->user() == "ada");
  CHECK(socket->data().is_null());
}

TEST_CASE_FIXTURE(Fixture, "the token may be preceded by its scheme") {
  for (const char* scheme : {"Bearer ", "bearer ", "BEARER "}) {
    connect(join_packet(scheme + token_until("ada")));
    REQUIRE(socket);
    CHECK(std::exchange(socket, nullptr)->user() == "ada");
  }
}

TEST_CASE("the token may be in another field, its claims kept, the refusal worded otherwise") {
  Fixture fixture({.field = "jwt", .message = "who are you?", .keep_claims = true});
  CHECK(fixture.connect(join_packet(token_until("ada"))) ==
        Packets{R"(4{"message":"who are you?","data":{"code":"jwt_missing"}})"});
  fixture.connect(R"(0{"jwt":")" + token_until("ada") + "\"}");
  REQUIRE(fixture.socket);
  CHECK(to_json(fixture.socket->data()) == R"({"claims":{"sub":"ada","exp":1700000600}})");
}

TEST_CASE("options that make no sense are refused") {
  CHECK_THROWS_AS(JwtAuth(Fixture::verifier(), {.field = ""}), std::invalid_argument);
  CHECK_THROWS_AS(JwtAuth(Fixture::verifier(), {.max_refused_refreshes = 0}),
                  std::invalid_argument);
}

// --- Expiry

TEST_CASE_FIXTURE(Fixture, "who has no token any more is told, and disconnected") {
  connect(join_packet(token_until("ada", "000.02")));
  REQUIRE(socket);
  now += 20ms;
  run_until_end();
  CHECK(end == "server namespace disconnect, jwt_expired: The token has expired");
  CHECK(user_at_end == "ada");
  CHECK(
      client->received() ==
      Packets{R"(2["auth:expired",{"error":"The token has expired","code":"jwt_expired"}])", "1"});
  CHECK(client->open());
  CHECK(socket->user().empty());
}

TEST_CASE("the whole connection may go with the token, without a word") {
  Fixture fixture({.expired_event = "", .close_connection = true});
  fixture.connect(join_packet(token_until("ada", "000.02")));
  fixture.now += 20ms;
  fixture.run_until_end();
  CHECK(fixture.client->received() == Packets{"1"});
  CHECK_FALSE(fixture.client->open());
}

TEST_CASE_FIXTURE(Fixture, "a clock that was set back gives the token its time") {
  connect(join_packet(token_until("ada", "000.02")));
  int looked = 0;
  auto& loop = io.engine().loop(0).io_context();
  const auto timer = io.engine().loop(0).make_timer([&] { ++looked; });
  timer->start(io.engine().loop(0).now() + 50ms);
  while (looked == 0 && loop.run_one_for(10s) != 0) {
  }
  CHECK(socket->connected());
  now += 20ms;
  run_until_end();
  CHECK(socket->disconnected());
}

TEST_CASE_FIXTURE(Fixture, "handlers that are taken away do not prolong a token") {
  connect(join_packet(token_until("ada", "000.02")));
  socket->off();
  now += 20ms;
  auto& loop = io.engine().loop(0).io_context();
  while (socket->connected() && loop.run_one_for(10s) != 0) {
  }
  CHECK(client->received().back() == "1");
}

TEST_CASE_FIXTURE(Fixture, "a token that expires while other middlewares take their time") {
  std::optional<Next> kept;
  io.use([&](SocketPtr, Next next) { kept = std::move(next); });
  CHECK(connect(join_packet(token_until("ada", "000.02"))).empty());
  now += 20ms;
  (*kept)();
  REQUIRE(socket);
  run_until_end();
  CHECK(end.find("jwt_expired") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "nothing is left of a token when its client goes first") {
  connect(join_packet(token_until("ada", "000.02")));
  const SocketPtr kept = socket;
  client->lose();
  CHECK(end.starts_with("transport close"));
  now += 20ms;
  CHECK(io.engine().loop(0).io_context().run_for(30ms) < 100);
  CHECK(kept->user().empty());
}

TEST_CASE("a token without an end lets its client stay") {
  JwtOptions options;
  options.keys.add_secret(kSecret);
  options.require_expiry = false;
  Server io;
  JwtAuth(JwtVerifier(options)).install(io.sockets());
  SocketPtr socket;
  io.on_connection([&](SocketPtr joined) { socket = std::move(joined); });
  TestClient client(io);
  client.send(join_packet(hs256_token(R"({"sub":"ada"})")));
  REQUIRE(socket);
  client.send(R"(20["auth:refresh",")" + hs256_token(R"({"sub":"ada"})") + "\"]");
  CHECK(client.received().back() == R"(30[{"expires":null}])");
}

// --- Refresh

TEST_CASE_FIXTURE(Fixture, "a fresh token prolongs the stay") {
  connect(join_packet(token_until("ada", "000.02")));
  CHECK(answer(R"(20["auth:refresh","Bearer )" + token_until("ada", "060.5") + "\"]") ==
        Packets{R"(30[{"expires":1700000060}])"});
  now += 30s;
  auto& loop = io.engine().loop(0);
  bool waited = false;
  const auto timer = loop.make_timer([&] { waited = true; });
  timer->start(loop.now() + 50ms);
  while (!waited && loop.io_context().run_one_for(10s) != 0) {
  }
  CHECK(socket->connected());
}

TEST_CASE_FIXTURE(Fixture, "a fresh token may be shorter") {
  connect(join_packet(token_until("ada")));
  answer(R"(20["auth:refresh",")" + token_until("ada", "000.02") + "\"]");
  now += 20ms;
  run_until_end();
  CHECK(end.find("jwt_expired") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "a fresh token has to be good, and of the same subject") {
  connect(join_packet(token_until("ada")));
  const auto code_of = [this](const std::string& arguments) {
    const Packets packets = answer(R"(20["auth:refresh")" + arguments + "]");
    REQUIRE(packets.size() == 1);
    return parse_json(packets[0].substr(2), 8)->as_array()[0]["code"].as_string();
  };
  CHECK(code_of(",\"" + token_until("eve") + "\"") == "jwt_other_subject");
  CHECK(code_of(",\"" + token_until("ada", "000") + "\"") == "jwt_expired");
  CHECK(code_of("") == "jwt_missing");
  CHECK(code_of(",{}") == "jwt_malformed");
  CHECK(socket->user() == "ada");
  CHECK(socket->connected());
  CHECK(answer(R"(2["auth:refresh","x"])").back() == "1");
  CHECK(end ==
        "server namespace disconnect, "
        "jwt_too_many_refusals: Too many fresh tokens in a row were refused");
}

TEST_CASE_FIXTURE(Fixture, "a good token in between forgives those that were refused") {
  connect(join_packet(token_until("ada")));
  for (int i = 0; i < 10; ++i) {
    answer(R"(20["auth:refresh","x"])");
    if (i % 4 == 3) answer(R"(20["auth:refresh",")" + token_until("ada") + "\"]");
  }
  CHECK(socket->connected());
}

TEST_CASE("without a refresh event there is none") {
  Fixture fixture({.refresh_event = ""});
  fixture.connect(join_packet(token_until("ada")));
  CHECK(fixture.answer(R"(20["auth:refresh",")" + token_until("ada") + "\"]").empty());
  CHECK(fixture.socket->listener_count("auth:refresh") == 0);
}

TEST_CASE("a fresh token's claims take the place of the old ones") {
  Fixture fixture({.keep_claims = true});
  fixture.connect(join_packet(token_until("ada")));
  fixture.answer(R"(20["auth:refresh",")" + token_until("ada", "700") + "\"]");
  CHECK(fixture.socket->data()["claims"]["exp"] == Value(1'700'000'700));
}

// --- Coming back

namespace {

ServerOptions with_recovery() {
  ServerOptions options;
  options.connection_state_recovery.emplace();
  return options;
}

// A client that was here, has gone, and wants to come back with a token.
struct Return {
  Return() {
    const Packets joined = fixture.connect(join_packet(token_until("ada")));
    pid = parse_json(joined.at(0).substr(1), 8)->as_object().find("pid")->as_string();
    fixture.socket->emit("first");
    const std::string event = fixture.client->received().at(0);
    offset = parse_json(event.substr(1), 8)->as_array().back().as_string();
    fixture.client->lose();
    fixture.socket = nullptr;
  }
  Packets with(const std::string& token) {
    return fixture.connect(R"(0{"token":")" + token + R"(","pid":")" + pid + R"(","offset":")" +
                           offset + "\"}");
  }

  Fixture fixture{{}, with_recovery()};
  std::string pid;
  std::string offset;
};

}  // namespace

TEST_CASE_FIXTURE(Return, "who comes back is asked again, for the token may have expired") {
  fixture.now += 600s;
  CHECK(with(token_until("ada")) == Packets{refusal("jwt_expired")});
  CHECK_FALSE(fixture.socket);
}

TEST_CASE_FIXTURE(Return, "who comes back as somebody else does not get the other's session") {
  CHECK(with(token_until("eve")) == Packets{refusal("jwt_other_subject")});
  CHECK_FALSE(fixture.socket);
}

TEST_CASE_FIXTURE(Return, "who comes back stays for as long as the token says") {
  fixture.end.clear();
  with(token_until("ada", "000.02"));
  REQUIRE(fixture.socket);
  CHECK(fixture.socket->recovered());
  CHECK(fixture.socket->user() == "ada");
  fixture.now += 20ms;
  fixture.run_until_end();
  CHECK(fixture.end.find("jwt_expired") != std::string::npos);
}

// SPDX-License-Identifier: MIT
#include "engine_core.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

using namespace patchbay;
using namespace patchbay::engineio;

namespace {

// The text of the exception; empty when the options are fine.
template <typename Set>
std::string fault_of(Set set) {
  EngineOptions options;
  set(options);
  try {
    const EngineCore core(options);
    return {};
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

EngineCore core_at(std::string path, bool add_trailing_slash = true) {
  EngineOptions options;
  options.path = std::move(path);
  options.add_trailing_slash = add_trailing_slash;
  return EngineCore(std::move(options));
}

}  // namespace

TEST_CASE("options that make no sense throw, and the text names them") {
  using Options = EngineOptions;
  CHECK(fault_of([](Options&) {}).empty());
  CHECK(fault_of([](Options& o) { o.ping_interval = Millis(0); }).starts_with("ping_interval"));
  CHECK(fault_of([](Options& o) { o.ping_timeout = Millis(-1); }).starts_with("ping_timeout"));
  CHECK(fault_of([](Options& o) { o.transports.clear(); }).starts_with("transports"));
  CHECK(fault_of([](Options& o) { o.path = "engine.io"; }).starts_with("path"));
  CHECK(fault_of([](Options& o) {
          o.initial_packet = eio::EncodedPacket::text(eio::PacketType::close, {});
        }).starts_with("initial_packet"));
  CHECK(fault_of([](Options& o) {
          o.initial_packet = eio::EncodedPacket::text(eio::PacketType::message, {});
        }).empty());
  CHECK(fault_of([](Options& o) { o.initial_packet = eio::EncodedPacket::binary("x"); }).empty());
  CHECK(fault_of([](Options& o) {
          o.cookie = CookieOptions{.name = "a;b"};
        }).starts_with("cookie.name"));
  CHECK(fault_of([](Options& o) {
          o.cors.emplace().options_success_status = 404;
        }).starts_with("cors.options_success_status"));
}

TEST_CASE("the path is a whole segment, however it is given") {
  for (const char* path : {"/engine.io", "/engine.io/"}) {
    const EngineCore core = core_at(path);
    CHECK(core.owns_path("/engine.io/"));
    CHECK(core.owns_path("/engine.io/x"));
    for (const char* other : {"/engine.io", "/engine.iox", "/engine", "/", "", "//engine.io/"}) {
      CAPTURE(std::string(other));
      CHECK_FALSE(core.owns_path(other));
    }
  }
}

TEST_CASE("without the trailing slash the path is a prefix") {
  for (const char* path : {"/engine.io", "/engine.io/"}) {
    const EngineCore core = core_at(path, false);
    for (const char* mine : {"/engine.io", "/engine.io/", "/engine.iox", "/engine.io/x"}) {
      CAPTURE(std::string(mine));
      CHECK(core.owns_path(mine));
    }
    CHECK_FALSE(core.owns_path("/engine"));
    CHECK_FALSE(core.owns_path("/"));
  }
}

TEST_CASE("the root path owns everything") {
  CHECK(core_at("/").owns_path("/"));
  CHECK(core_at("/").owns_path("/x"));
  CHECK(core_at("/", false).owns_path("/x"));
}

// SPDX-License-Identifier: MIT
#include "kept_request.hpp"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

using namespace patchbay;
using namespace patchbay::engineio;

namespace {

http::Request request_with(std::string target) {
  http::Request request;
  request.method = "GET";
  request.target = std::move(target);
  return request;
}

constexpr std::chrono::system_clock::time_point kTime{std::chrono::hours(24 * 365)};

}  // namespace

TEST_CASE("kept request: is given back as it was") {
  http::Request request = request_with("/engine.io/?EIO=4&transport=websocket&name=J%C3%B6rg");
  request.headers.add("Host", "example.com");
  request.headers.add("x-empty", "");
  request.headers.add("cookie", std::string(127, 'a'));
  request.headers.add("cookie", std::string(128, 'b'));
  request.headers.add("x-long", std::string(20'000, 'c'));
  const KeptRequest kept(request, "192.0.2.1", true, kTime);
  const RequestInfo& info = kept.get();
  CHECK(info.method == "GET");
  CHECK(info.url == request.target);
  CHECK(info.remote_address == "192.0.2.1");
  CHECK(info.secure);
  CHECK(info.received == kTime);
  REQUIRE(info.query.find("name"));
  CHECK(*info.query.find("name") == "J\u00f6rg");
  REQUIRE(info.headers.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(info.headers.at(i).name == request.headers.at(i).name);
    CHECK(info.headers.at(i).value == request.headers.at(i).value);
  }
}

TEST_CASE("kept request: one without query and headers") {
  const KeptRequest kept(request_with("/"), "::1", false, kTime);
  CHECK(kept.get().url == "/");
  CHECK(kept.get().query.entries().empty());
  CHECK(kept.get().headers.empty());
  CHECK_FALSE(kept.get().secure);
}

TEST_CASE("kept request: every thread gets the same") {
  http::Request request = request_with("/?a=b");
  request.headers.add("host", "example.com");
  const KeptRequest kept(request, "::1", false, kTime);
  std::vector<const RequestInfo*> seen(4);
  std::vector<std::thread> threads;
  for (auto& one : seen) threads.emplace_back([&] { one = &kept.get(); });
  for (auto& thread : threads) thread.join();
  for (const auto* one : seen) CHECK(one == seen.front());
  CHECK(seen.front()->headers.find("host") == "example.com");
}

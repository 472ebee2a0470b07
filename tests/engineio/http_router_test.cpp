// SPDX-License-Identifier: MIT
#include "patchbay/engineio/http_router.hpp"

#include <doctest/doctest.h>

using namespace patchbay;
using namespace patchbay::engineio;

namespace {

int status_of(const HttpRouter& router, std::string_view method, std::string_view path) {
  const HttpHandler* const handler = router.find(method, path);
  if (!handler) return 404;
  const RequestInfo info;
  return (*handler)({.info = info, .path = path, .body = {}}).status;
}

HttpHandler answer(int status) {
  return [status](const HttpRequest&) {
    return http::Response{.status = status, .headers = {}, .body = {}};
  };
}

}  // namespace

TEST_CASE("paths match as a whole, methods as asked for") {
  HttpRouter router;
  router.get("/health", answer(200));
  router.any("/any", answer(201));
  CHECK(status_of(router, "GET", "/health") == 200);
  CHECK(status_of(router, "HEAD", "/health") == 200);
  CHECK(status_of(router, "POST", "/health") == 405);
  CHECK(status_of(router, "DELETE", "/any") == 201);
  CHECK(status_of(router, "GET", "/health/") == 404);
  CHECK(status_of(router, "GET", "/") == 404);
}

TEST_CASE("a later handler replaces an earlier one") {
  HttpRouter router;
  router.get("/", answer(200));
  router.any("/", answer(202));
  CHECK(status_of(router, "PUT", "/") == 202);
}

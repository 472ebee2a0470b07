// SPDX-License-Identifier: MIT
//
// What the operator of a server with TLS does: renews certificates, asks clients for theirs, and
// sends those who come without TLS to the right port.
#include <doctest/doctest.h>
#include <openssl/x509.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "../support/raw_connection.hpp"
#include "../support/running_engine.hpp"
#include "../support/tls_certificate.hpp"
#include "../support/tls_connection.hpp"

using namespace patchbay;
using namespace patchbay::engineio;
using namespace patchbay::test;

namespace {

const std::string kPolling = "/engine.io/?EIO=4&transport=polling";

TlsOptions options_of(const TestCertificate& made) {
  return {.certificate_pem = made.certificate, .private_key_pem = made.key};
}

EngineOptions with(TlsOptions tls) {
  EngineOptions options;
  options.tls = std::move(tls);
  return options;
}

std::string certificate_of(TlsConnection& connection) {
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      SSL_get1_peer_certificate(connection.peer().ssl()), X509_free);
  return patchbay::test::detail::text_of(
      [&](BIO* bio) { return PEM_write_bio_X509(bio, certificate.get()); });
}

}  // namespace

TEST_CASE("tls: a certificate is renewed without a connection being lost") {
  const TestCertificate before = make_certificate();
  const TestCertificate after = make_certificate();
  RunningEngine engine(with(options_of(before)));
  engine.start();
  TlsConnection first(engine.port);
  CHECK(certificate_of(first) == before.certificate);
  CHECK(first.request("GET", kPolling).status == 200);

  engine.engine.reload_tls(options_of(after));
  TlsConnection second(engine.port);
  CHECK(certificate_of(second) == after.certificate);
  CHECK(second.request("GET", kPolling).status == 200);
  CHECK(first.request("GET", kPolling).status == 200);
}

TEST_CASE("tls: a certificate that cannot be used leaves the one there is") {
  const TestCertificate made = make_certificate();
  RunningEngine engine(with(options_of(made)));
  engine.start();
  TlsOptions broken = options_of(made);
  broken.private_key_pem = make_certificate().key;
  CHECK_THROWS_AS(engine.engine.reload_tls(broken), std::invalid_argument);
  TlsConnection connection(engine.port);
  CHECK(certificate_of(connection) == made.certificate);

  RunningEngine plain;
  CHECK_THROWS_AS(plain.engine.reload_tls(options_of(made)), std::logic_error);
}

TEST_CASE("tls: clients with a certificate get in where one is required, and others do not") {
  const TestCertificate made = make_certificate();
  const TestCertificate client = make_certificate();
  TlsOptions tls = options_of(made);
  tls.client_certificates = ClientCertificates::required;
  tls.client_ca_pem = client.certificate;
  RunningEngine engine(with(tls));
  engine.start();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    TlsConnection known(engine.port, version, &client);
    CHECK(known.request("GET", kPolling).status == 200);
  }
  // By TLS 1.3 a client learns of it when it reads.
  TlsConnection without(engine.port);
  without.write_request("GET", kPolling);
  CHECK_FALSE(without.read_frame());
  const TestCertificate other = make_certificate();
  TlsConnection stranger(engine.port, TLS1_3_VERSION, &other);
  stranger.write_request("GET", kPolling);
  CHECK_FALSE(stranger.read_frame());
}

TEST_CASE("tls: whoever comes to the plain port is sent to the one with TLS") {
  RunningEngine engine(with(options_of(make_certificate())));
  const std::uint16_t plain = engine.engine.listen_redirect(0, "127.0.0.1", 8443);
  const std::uint16_t standard = engine.engine.listen_redirect(0, "127.0.0.1", 443);
  engine.start();
  const auto location = [](std::uint16_t port, const std::string& target) {
    RawConnection connection(port);
    const auto response = connection.request("GET", target);
    CHECK(response.status == 308);
    return response.headers.at("location");
  };
  CHECK(location(plain, "/a/b?c=d") == "https://localhost:8443/a/b?c=d");
  CHECK(location(standard, "/") == "https://localhost/");

  RawConnection with_port(plain);
  with_port.write("GET /x HTTP/1.1\r\nHost: [::1]:80\r\n\r\n");
  CHECK(with_port.read_response().headers.at("location") == "https://[::1]:8443/x");
  RawConnection without_path(plain);
  without_path.write("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(without_path.read_response().status == 400);
}

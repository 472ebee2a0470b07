// SPDX-License-Identifier: MIT
#include "tls_context.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "../support/tls_certificate.hpp"

using namespace patchbay::engineio;
using namespace patchbay::test;

namespace {

TlsOptions options_of(const TestCertificate& made) {
  return {.certificate_pem = made.certificate, .private_key_pem = made.key};
}

// What the constructor says about options that it does not take.
std::string fault(const TlsOptions& options) {
  try {
    const TlsContext context(options);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "none";
}

// A file that goes with the test.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view content) {
    const int descriptor = ::mkstemp(path_.data());
    REQUIRE(descriptor >= 0);
    ::close(descriptor);
    std::ofstream(path_) << content;
  }
  ~TemporaryFile() { ::unlink(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_ = "/tmp/patchbay_tls_test_XXXXXX";
};

// Drops the last lines of the base64.
std::string cut(std::string pem) {
  pem.erase(pem.size() / 2, pem.size() / 4);
  return pem;
}

}  // namespace

TEST_CASE("tls context: certificate and key from text, from files, with issuers") {
  const TestCertificate made = make_certificate();
  CHECK(fault(options_of(made)) == "none");

  const TemporaryFile certificate(made.certificate + make_certificate().certificate);
  const TemporaryFile key(made.key);
  CHECK(fault({.certificate = certificate.path(), .private_key = key.path()}) == "none");
  CHECK(fault({.certificate = certificate.path(), .private_key_pem = made.key}) == "none");
}

TEST_CASE("tls context: one file may hold both") {
  const TestCertificate made = make_certificate();
  const std::string both = made.key + made.certificate;
  CHECK(fault({.certificate_pem = both, .private_key_pem = both}) == "none");
}

TEST_CASE("tls context: an encrypted key opens with its passphrase only") {
  const TestCertificate made = make_certificate();
  TlsOptions options = options_of(made);
  options.private_key_pem = made.encrypted_key;
  CHECK(fault(options) == "TLS: private_key_pem is encrypted: set passphrase");
  options.passphrase = "open";
  CHECK(fault(options) == "TLS: private_key_pem cannot be decrypted: is the passphrase right?");
  options.passphrase = kTestPassphrase;
  CHECK(fault(options) == "none");
}

TEST_CASE("tls context: says what is wrong, and where") {
  const TestCertificate made = make_certificate();
  struct Case {
    std::function<void(TlsOptions&)> change;
    std::string says;
  };
  const std::vector<Case> cases{
      {[](TlsOptions& o) { o.certificate_pem.clear(); },
       "TLS: set either certificate (a file) or certificate_pem (its contents)"},
      {[](TlsOptions& o) { o.certificate = "/tmp/a"; },
       "TLS: set either certificate (a file) or certificate_pem (its contents)"},
      {[](TlsOptions& o) { o.private_key_pem.clear(); },
       "TLS: set either private_key (a file) or private_key_pem (its contents)"},
      {[](TlsOptions& o) { o.certificate_pem = "hello"; },
       "TLS: certificate_pem holds no certificate in PEM form"},
      {[](TlsOptions& o) { o.certificate_pem = o.private_key_pem; },
       "TLS: certificate_pem holds no certificate in PEM form"},
      {[](TlsOptions& o) { o.certificate_pem = cut(o.certificate_pem); },
       "TLS: certificate_pem holds a broken certificate: "},
      {[](TlsOptions& o) { o.certificate_pem += cut(o.certificate_pem); },
       "TLS: certificate_pem holds a broken certificate: "},
      {[](TlsOptions& o) { o.private_key_pem = "hello"; },
       "TLS: private_key_pem holds no private key in PEM form"},
      {[](TlsOptions& o) { o.private_key_pem = o.certificate_pem; },
       "TLS: private_key_pem holds no private key in PEM form"},
      {[](TlsOptions& o) { o.private_key_pem = cut(o.private_key_pem); },
       "TLS: private_key_pem holds a broken private key: "},
      {[](TlsOptions& o) { o.private_key_pem = make_certificate().key; },
       "TLS: private_key_pem does not belong to the first certificate in certificate_pem"},
      {[](TlsOptions& o) { o.ciphers = "NONSENSE"; }, "TLS: ciphers 'NONSENSE': no cipher match"},
  };
  for (const auto& [change, says] : cases) {
    CAPTURE(says);
    TlsOptions options = options_of(made);
    change(options);
    const std::string said = fault(options);
    CAPTURE(said);
    CHECK(said.starts_with(says));
  }
}

TEST_CASE("tls context: names the file at fault") {
  const TestCertificate made = make_certificate();
  const TemporaryFile certificate(made.certificate);
  const TemporaryFile key(make_certificate().key);
  CHECK(fault({.certificate = certificate.path(), .private_key = key.path()}) ==
        "TLS: private_key file '" + key.path() +
            "' does not belong to the first certificate in certificate file '" +
            certificate.path() + "'");
}

TEST_CASE("tls context: a file that cannot be read") {
  const TestCertificate made = make_certificate();
  TlsOptions options = options_of(made);
  options.certificate_pem.clear();
  options.certificate = "/nonexistent/cert.pem";
  CHECK_THROWS_WITH_AS(
      TlsContext{options},
      "TLS: cannot read certificate file '/nonexistent/cert.pem': No such file or directory",
      std::system_error);
  options.certificate = "/tmp";
  CHECK_THROWS_WITH_AS(TlsContext{options},
                       "TLS: cannot read certificate file '/tmp': Is a directory",
                       std::system_error);
}

TEST_CASE("tls context: an empty file is one without a certificate") {
  const TemporaryFile empty("");
  const TestCertificate made = make_certificate();
  CHECK(fault({.certificate = empty.path(), .private_key_pem = made.key}) ==
        "TLS: certificate file '" + empty.path() + "' holds no certificate in PEM form");
}

TEST_CASE(
    "tls context: who issues clients' certificates is named when they are asked for, and only "
    "then") {
  const TestCertificate made = make_certificate();
  TlsOptions options = options_of(made);
  options.client_ca_pem = make_certificate().certificate;
  CHECK(fault(options) == "TLS: client_ca is set, but client_certificates is none");
  for (const auto asked : {ClientCertificates::optional, ClientCertificates::required}) {
    options.client_certificates = asked;
    CHECK(fault(options) == "none");
    TlsOptions without = options;
    without.client_ca_pem.clear();
    CHECK(fault(without) == "TLS: set either client_ca (a file) or client_ca_pem (its contents)");
    TlsOptions empty = options;
    empty.client_ca_pem = "nothing\n";
    CHECK(fault(empty) == "TLS: client_ca_pem holds no certificate in PEM form");
  }
}

// SPDX-License-Identifier: MIT
#include "ws_extensions.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "ws_token.hpp"

namespace patchbay::engineio::ws {

namespace {

constexpr std::string_view kDeflate = "permessage-deflate";

struct Parameter {
  std::string_view name;
  std::optional<std::string> value;
};

// Reads the header from its front (RFC 6455 section 9.1):
//   extension-list = 1#extension           extension-param = token [ "=" (token | quoted-string) ]
//   extension = token *( ";" extension-param )
class ExtensionReader {
 public:
  explicit ExtensionReader(std::string_view header) : rest_(header) {}

  [[nodiscard]] bool failed() const noexcept { return failed_; }

  // The name of an extension; empty after a failure.
  std::string_view extension() { return token(); }
  // True in front of another parameter of the extension.
  bool more_parameters() { return accept(';'); }
  Parameter parameter() {
    Parameter result{.name = token(), .value = {}};
    if (accept('=')) result.value = value();
    return result;
  }
  // True in front of another extension; false at the end, and after a failure.
  bool more_extensions() {
    if (accept(',')) return true;
    if (!rest_.empty()) failed_ = true;
    return false;
  }

 private:
  void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size())); }

  bool accept(char separator) {
    skip_space();
    if (failed_ || !rest_.starts_with(separator)) return false;
    rest_.remove_prefix(1);
    skip_space();
    return true;
  }

  std::string_view token() {
    skip_space();
    const std::size_t size = std::min(rest_.find_first_not_of(kTokenChars), rest_.size());
    if (size == 0) failed_ = true;
    const std::string_view result = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return failed_ ? std::string_view() : result;
  }

  std::string value() {
    if (!rest_.starts_with('"')) return std::string(token());
    std::string result;
    std::size_t at = 1;
    for (; at < rest_.size() && rest_[at] != '"'; ++at) {
      if (rest_[at] == '\\' && ++at == rest_.size()) break;
      result += rest_[at];
    }
    // Once unquoted the value has to be a token as well.
    if (at >= rest_.size() || !is_token(result)) failed_ = true;
    rest_.remove_prefix(std::min(at + 1, rest_.size()));
    return result;
  }

  std::string_view rest_;
  bool failed_ = false;
};

struct WindowBits {
  bool given = false;
  int value = 0;  // 0: given without a value
};

struct Offer {
  bool valid = true;  // parameters are known, single and have values they may have
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
  WindowBits server_max_window_bits;
  WindowBits client_max_window_bits;
};

// Decimal without leading zeros (section 7.1.2), or 0.
int parse_window_bits(std::string_view text) {
  if (text == "8" || text == "9") return text[0] - '0';
  if (text.size() != 2 || text[0] != '1' || text[1] < '0' || text[1] > '5') return 0;
  return 10 + (text[1] - '0');
}

bool read_flag(bool& flag, const Parameter& parameter) {
  return !parameter.value && !std::exchange(flag, true);
}

bool read_window_bits(WindowBits& bits, const Parameter& parameter, bool needs_value) {
  if (std::exchange(bits.given, true)) return false;
  if (!parameter.value) return !needs_value;
  bits.value = parse_window_bits(*parameter.value);
  return bits.value != 0;
}

bool read_parameter(Offer& offer, const Parameter& parameter) {
  const std::string_view name = parameter.name;
  if (name == "server_no_context_takeover") {
    return read_flag(offer.server_no_context_takeover, parameter);
  }
  if (name == "client_no_context_takeover") {
    return read_flag(offer.client_no_context_takeover, parameter);
  }
  if (name == "server_max_window_bits") {
    return read_window_bits(offer.server_max_window_bits, parameter, true);
  }
  if (name == "client_max_window_bits") {
    return read_window_bits(offer.client_max_window_bits, parameter, false);
  }
  return false;
}

// The smaller of what both sides name; nothing when neither does.
std::optional<int> agreed_bits(const WindowBits& offered, const std::optional<int>& wanted) {
  if (offered.value == 0) return wanted;
  return std::min(offered.value, wanted.value_or(kMaxWindowBits));
}

void add_bits(std::string& answer, std::string_view name, const std::optional<int>& bits) {
  if (bits) answer.append("; ").append(name).append("=").append(std::to_string(*bits));
}

std::optional<DeflateAgreement> agree(const Offer& offer, const PerMessageDeflateOptions& options) {
  if (!offer.valid) return std::nullopt;
  // A client that does not offer the parameter must not be sent it.
  if (options.client_max_window_bits && !offer.client_max_window_bits.given) return std::nullopt;

  DeflateAgreement agreement{.params = {}, .answer = std::string(kDeflate)};
  DeflateParams& params = agreement.params;
  params.server_no_context_takeover =
      offer.server_no_context_takeover || options.server_no_context_takeover;
  params.client_no_context_takeover =
      offer.client_no_context_takeover || options.client_no_context_takeover;
  if (params.server_no_context_takeover) agreement.answer += "; server_no_context_takeover";
  if (params.client_no_context_takeover) agreement.answer += "; client_no_context_takeover";

  const auto server_bits =
      agreed_bits(offer.server_max_window_bits, options.server_max_window_bits);
  const auto client_bits =
      agreed_bits(offer.client_max_window_bits, options.client_max_window_bits);
  add_bits(agreement.answer, "server_max_window_bits", server_bits);
  add_bits(agreement.answer, "client_max_window_bits", client_bits);
  params.server_max_window_bits = server_bits.value_or(kMaxWindowBits);
  params.client_max_window_bits = client_bits.value_or(kMaxWindowBits);
  return agreement;
}

}  // namespace

Result<std::optional<DeflateAgreement>> negotiate_deflate(std::string_view header,
                                                          const PerMessageDeflateOptions& options) {
  std::optional<DeflateAgreement> agreement;
  ExtensionReader reader(header);
  do {
    const bool is_deflate = reader.extension() == kDeflate;
    Offer offer;
    while (reader.more_parameters()) {
      if (!read_parameter(offer, reader.parameter())) offer.valid = false;
    }
    if (is_deflate && !agreement) agreement = agree(offer, options);
  } while (reader.more_extensions());
  if (reader.failed()) return Errc::ws_bad_handshake;
  return agreement;
}

}  // namespace patchbay::engineio::ws

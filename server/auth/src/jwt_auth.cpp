// SPDX-License-Identifier: MIT
#include "patchbay/auth/jwt_auth.hpp"

#include <algorithm>
#include <cctype>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "patchbay/engineio/loop.hpp"

namespace patchbay {

namespace {

std::string_view without_scheme(std::string_view text) {
  constexpr std::string_view kScheme = "bearer ";
  const bool has_one =
      text.size() >= kScheme.size() &&
      std::ranges::equal(kScheme, text.substr(0, kScheme.size()), {}, {}, [](char c) {
        return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      });
  return has_one ? text.substr(kScheme.size()) : text;
}

Value seconds_of(const std::optional<JwtTime>& time) {
  if (!time) return nullptr;
  return std::chrono::floor<std::chrono::seconds>(*time).time_since_epoch().count();
}

Object problem_of(JwtError error) {
  return {{"error", describe(error)}, {"code", label(error)}};
}

void keep_claims(Socket& socket, const JwtClaims& claims) {
  Value& data = socket.data();
  if (data.is_null()) data = Object();
  if (auto* const object = data.get_if<Object>()) object->set("claims", claims.all);
}

}  // namespace

struct JwtAuth::State : std::enable_shared_from_this<State> {
  State(JwtVerifier a_verifier, JwtAuthOptions some_options)
      : verifier(std::move(a_verifier)), options(std::move(some_options)) {}

  [[nodiscard]] JwtTime now() const {
    if (options.clock) return options.clock();
    return std::chrono::floor<Millis>(std::chrono::system_clock::now());
  }
  [[nodiscard]] Result<JwtClaims, JwtError> verify(const Value& token) const {
    const auto* const text = token.get_if<std::string>();
    if (!text) return token.is_null() ? JwtError::missing : JwtError::malformed;
    return verifier.verify(without_scheme(*text), now());
  }
  void admit(const SocketPtr& socket, const Next& next) const;

  JwtVerifier verifier;
  JwtAuthOptions options;
};

// Watches over one socket's token. Owned by the socket until that has gone; lives on its loop.
class JwtAuth::Watch : public std::enable_shared_from_this<Watch> {
 public:
  // The socket owns this, so it lives longer.
  Watch(Socket& socket, std::shared_ptr<const State> state, JwtClaims claims)
      : socket_(&socket),
        state_(std::move(state)),
        subject_(std::move(claims.subject)),
        expires_(claims.expires) {}

  void start() {
    const std::string& event = state_->options.refresh_event;
    if (!event.empty()) {
      // Handlers may be taken away at any time: what matters is the timer.
      socket_->on(event, [weak = weak_from_this()](const Value& token, const Ack& ack) {
        if (const auto self = weak.lock()) self->refresh(token, ack);
      });
    }
    watch();
  }

 private:
  // Looks again now and then: wall clocks are set, and the loop's time is another one.
  static constexpr Millis kLongestWait{std::chrono::hours(1)};
  // A client that is still being asked about cannot be disconnected yet.
  static constexpr Millis kJoining{1'000};

  [[nodiscard]] std::optional<Millis> left() const {
    if (!expires_) return std::nullopt;
    return *expires_ + state_->verifier.clock_skew() - state_->now();
  }

  void watch() {
    const auto remaining = left();
    if (!remaining) {
      timer_.reset();
      return;
    }
    if (!timer_) timer_ = socket_->loop().make_timer([this] { on_time(); });
    timer_->start(socket_->loop().now() + std::clamp(*remaining, Millis(0), kLongestWait));
  }

  void on_time() {
    const auto self = shared_from_this();
    const auto remaining = left();
    if (remaining && *remaining > Millis(0)) {
      watch();
    } else if (socket_->connected()) {
      end(JwtError::expired);
    } else {
      timer_->start(socket_->loop().now() + kJoining);
    }
  }

  void refresh(const Value& token, const Ack& ack) {
    auto claims = state_->verify(token);
    if (!claims) {
      refuse(claims.error(), ack);
    } else if (claims->subject != subject_) {
      refuse(JwtError::other_subject, ack);
    } else {
      refused_ = 0;
      expires_ = claims->expires;
      if (state_->options.keep_claims) keep_claims(*socket_, *claims);
      watch();
      ack(Object{{"expires", seconds_of(expires_)}});
    }
  }

  void refuse(JwtError error, const Ack& ack) {
    ack(problem_of(error));
    if (++refused_ >= state_->options.max_refused_refreshes) end(JwtError::too_many_refusals);
  }

  // The socket may let go of this meanwhile; callers hold it.
  void end(JwtError error) {
    const SocketPtr socket = socket_->shared_from_this();
    const JwtAuthOptions& options = state_->options;
    if (!options.expired_event.empty()) {
      socket->emit(options.expired_event, problem_of(error));
    }
    const std::string detail = std::string(label(error)) + ": " + std::string(describe(error));
    socket->disconnect(options.close_connection, detail);
  }

  Socket* socket_;
  std::shared_ptr<const State> state_;
  std::string subject_;  // the application may call its user otherwise
  std::optional<JwtTime> expires_;
  std::size_t refused_ = 0;
  std::unique_ptr<engineio::Timer> timer_;
};

void JwtAuth::State::admit(const SocketPtr& socket, const Next& next) const {
  auto claims = verify(socket->handshake().auth()[options.field]);
  JwtError error = claims.error();
  // Who comes back was somebody before.
  if (claims && socket->recovered() && !socket->user().empty() &&
      socket->user() != claims->subject) {
    error = JwtError::other_subject;
  }
  if (error != JwtError::none) {
    next(ConnectError{.message = options.message, .data = Object{{"code", label(error)}}});
    return;
  }
  socket->set_user(claims->subject);
  if (options.keep_claims) keep_claims(*socket, *claims);
  const auto watch = std::make_shared<Watch>(*socket, shared_from_this(), std::move(*claims));
  socket->attach(watch);
  watch->start();
  next();
}

JwtAuth::JwtAuth(JwtVerifier verifier, JwtAuthOptions options)
    : state_(std::make_shared<State>(std::move(verifier), std::move(options))) {
  if (state_->options.field.empty()) throw std::invalid_argument("JWT: field: it has a name");
  if (state_->options.max_refused_refreshes == 0) {
    throw std::invalid_argument("JWT: max_refused_refreshes: one at least");
  }
}

void JwtAuth::install(Namespace& nsp) const {
  nsp.use_always(middleware());
}

Middleware JwtAuth::middleware() const {
  return
      [state = state_](const SocketPtr& socket, const Next& next) { state->admit(socket, next); };
}

void JwtAuth::replace_keys(JwtKeys keys) {
  state_->verifier.replace_keys(std::move(keys));
}

}  // namespace patchbay

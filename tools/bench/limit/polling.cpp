// SPDX-License-Identifier: MIT
#include <algorithm>
#include <charconv>

#include "server.hpp"

namespace patchbay::bench {
namespace {

constexpr std::string_view kEndOfHead = "\r\n\r\n";
constexpr char kSeparator = '\x1e';

// The key of the generator never changes (the example of RFC 6455, section 1.3), nor does the
// answer.
constexpr std::string_view kSwitching =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

constexpr std::string_view kTextHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Length: ";
constexpr std::string_view kOk =
    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nok";
constexpr std::string_view kUnknownSession =
    "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";

std::string handshake(std::string_view sid, std::string_view upgrades) {
  return R"(0{"sid":")" + std::string(sid) + R"(","upgrades":[)" + std::string(upgrades) +
         R"(],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000})";
}

std::string answer(std::string_view body) {
  return std::string(kTextHead) + std::to_string(body.size()) + std::string(kEndOfHead) +
         std::string(body);
}

std::size_t number_after(std::string_view text, std::string_view name) {
  const std::size_t at = text.find(name);
  std::size_t number = std::string_view::npos;
  if (at == std::string_view::npos) return number;
  std::from_chars(text.data() + at + name.size(), text.data() + text.size(), number);
  return number;
}

}  // namespace

std::size_t Server::on_requests(int fd, std::string_view data) {
  std::size_t done = 0;
  while (done < data.size() && peers_[static_cast<std::size_t>(fd)].kind == Kind::kHttp) {
    const std::size_t taken = on_request(fd, data.substr(done));
    if (taken == 0) break;
    done += taken;
  }
  return done;
}

std::size_t Server::on_request(int fd, std::string_view data) {
  const std::size_t end = data.find(kEndOfHead);
  if (end == std::string_view::npos) return 0;
  const std::string_view head = data.substr(0, end);
  const std::string_view target = head.substr(0, head.find(" HTTP"));
  const std::size_t size = end + kEndOfHead.size();
  if (target.starts_with("GET ")) {
    on_get(fd, target);
    return size;
  }
  const std::size_t length = number_after(head, "Content-Length: ");
  if (data.size() - size < length) return 0;
  on_post(target, data.substr(size, length));
  reply(kOk);
  return size + length;
}

void Server::on_get(int fd, std::string_view target) {
  if (target.find("transport=websocket") != std::string_view::npos) {
    return start_websocket(fd, target);
  }
  const std::size_t sid = number_after(target, "&sid=");
  if (sid == std::string_view::npos) {
    return reply(answer(handshake(std::to_string(add_session()), "\"websocket\"")));
  }
  const auto session = static_cast<std::uint32_t>(sid);
  if (session >= sessions_.size()) return reply(kUnknownSession);
  peers_[static_cast<std::size_t>(fd)].session = session;
  if (sessions_[session].waiting.empty()) {
    sessions_[session].poll = fd;
    return;
  }
  reply(answer(sessions_[session].waiting));
  sessions_[session].waiting.clear();
}

void Server::start_websocket(int fd, std::string_view target) {
  static const std::string opening = std::string(kSwitching) + text_frame(handshake("limit", ""));
  const std::size_t sid = number_after(target, "&sid=");
  const bool upgrades = sid != std::string_view::npos;
  if (upgrades && sid >= sessions_.size()) return reply(kUnknownSession);
  Peer& peer = peers_[static_cast<std::size_t>(fd)];
  peer.kind = Kind::kWebSocket;
  if (upgrades) peer.session = static_cast<std::uint32_t>(sid);
  reply(upgrades ? kSwitching : std::string_view(opening));
}

void Server::on_post(std::string_view target, std::string_view body) {
  const auto session = static_cast<std::uint32_t>(number_after(target, "&sid="));
  if (session >= sessions_.size()) return;
  while (!body.empty()) {
    const std::size_t end = std::min(body.find(kSeparator), body.size());
    on_polled_packet(session, body.substr(0, end));
    body.remove_prefix(std::min(end + 1, body.size()));
  }
  if (sessions_[session].poll >= 0 && !sessions_[session].waiting.empty()) answer_poll(session);
}

void Server::on_polled_packet(std::uint32_t session, std::string_view packet) {
  const bool connect = packet == "40";
  if (!connect && !packet.starts_with("42[\"echo\"")) return;
  std::string& waiting = sessions_[session].waiting;
  if (!waiting.empty()) waiting += kSeparator;
  waiting.append(connect ? R"(40{"sid":"limit"})" : packet);
}

void Server::answer_poll(std::uint32_t session) {
  send_to(sessions_[session].poll, answer(sessions_[session].waiting));
  sessions_[session].poll = -1;
  sessions_[session].waiting.clear();
}

std::uint32_t Server::add_session() {
  if (free_sessions_.empty()) {
    sessions_.emplace_back();
    return static_cast<std::uint32_t>(sessions_.size() - 1);
  }
  const std::uint32_t session = free_sessions_.back();
  free_sessions_.pop_back();
  return session;
}

void Server::free_session(std::uint32_t session) {
  sessions_[session] = Session();
  free_sessions_.push_back(session);
}

}  // namespace patchbay::bench

// SPDX-License-Identifier: MIT
//
// Binary data both ways, a type of one's own as an argument, and the limit on what one message may
// hold.
//
//   example-upload [port]        and, in Node.js:
//   const socket = io("http://127.0.0.1:3000");
//   socket.emit("upload", { name: "a.bin", content: Buffer.from([1, 2]) }, console.log);
//                                                               // { stored: true, size: 2 }
//   socket.emit("download", "a.bin", console.log);              // <Buffer 01 02>, or null
#include <asio/signal_set.hpp>
#include <cstdint>
#include <iostream>
#include <map>
#include <optional>
#include <patchbay/patchbay.hpp>
#include <string>
#include <utility>

struct File {
  std::string name;
  patchbay::Bytes content;
};

// How a File is read from what a client sends. Anything else never reaches the handler.
template <>
struct patchbay::Convert<File> {
  static std::optional<File> from_value(const Value& value) {
    auto name = patchbay::from_value<std::string>(value["name"]);
    auto content = patchbay::from_value<Bytes>(value["content"]);
    if (!name || !content) return std::nullopt;
    return File{std::move(*name), std::move(*content)};
  }
  static constexpr std::string_view kName = "file";  // for the error text
};

int main(int argc, char** argv) {
  constexpr std::size_t kMaxFiles = 100;
  patchbay::ServerOptions options;
  options.max_http_buffer_size = 4'000'000;  // bytes of one message; more ends the connection
  patchbay::Server io(options);

  std::map<std::string, patchbay::Bytes> files;  // used by handlers only: on one thread
  io.on_connection([&files](patchbay::SocketPtr socket) {
    socket->on("upload", [&files](File file) {
      if (files.size() >= kMaxFiles && !files.contains(file.name)) {
        return patchbay::Object{{"stored", false}, {"reason", "full"}};
      }
      const std::size_t size = file.content.size();
      files.insert_or_assign(std::move(file.name), std::move(file.content));
      return patchbay::Object{{"stored", true}, {"size", size}};
    });
    socket->on("download", [&files](std::string name) -> std::optional<patchbay::Bytes> {
      const auto found = files.find(name);
      if (found == files.end()) return std::nullopt;  // null at the client
      return found->second;
    });
  });

  asio::signal_set signals(io.engine().loop(0).io_context(), SIGINT, SIGTERM);
  signals.async_wait([&io](std::error_code error, int /*signal*/) {
    if (!error) io.close();
  });

  const int port = argc > 1 ? std::stoi(argv[1]) : 3000;
  const auto bound = io.listen(static_cast<std::uint16_t>(port), "127.0.0.1");
  std::cout << "listening on http://127.0.0.1:" << bound << std::endl;
  io.run();
}

// SPDX-License-Identifier: MIT
#include "patchbay/event_schemas.hpp"

#include <map>
#include <stdexcept>
#include <utility>

#include "reserved.hpp"

namespace patchbay {

namespace {

// What comes back of a client's own names: enough to find them.
constexpr std::size_t kLongestEcho = 256;

std::string_view echo(std::string_view text) {
  return text.substr(0, kLongestEcho);
}

}  // namespace

struct EventSchemas::Table {
  using Key = std::pair<std::string, std::string>;  // namespace (empty: all), event

  EventSchemaOptions options;
  std::map<Key, JsonSchema> schemas;

  [[nodiscard]] const JsonSchema* find(const Key& key) const {
    const auto found = schemas.find(key);
    return found == schemas.end() ? nullptr : &found->second;
  }
  [[nodiscard]] std::optional<SchemaViolation> violation(const Socket& socket,
                                                         const IncomingEvent& event) const {
    const JsonSchema* schema = find({socket.nsp().name(), event.name});
    if (!schema) schema = find({std::string(), event.name});
    if (schema) return schema->validate_array(event.args);
    if (!options.refuse_unknown) return std::nullopt;
    return SchemaViolation{.path = {}, .keyword = "unknown event"};
  }
  void refuse(Socket& socket, const IncomingEvent& event, const SchemaViolation& violation,
              const Next& next) const;
};

void EventSchemas::Table::refuse(Socket& socket, const IncomingEvent& event,
                                 const SchemaViolation& violation, const Next& next) const {
  const std::string text = "the arguments do not fit the schema: " + violation.keyword;
  Object details{{"path", echo(violation.path)}, {"keyword", violation.keyword}};
  if (event.ack) {
    Object answer{{"error", text}};
    for (const auto& [key, value] : details) answer.set(key, value);
    event.ack(std::move(answer));
  }
  details.set("event", echo(event.name));
  if (!event.ack && !options.error_event.empty()) {
    Object told = details;
    told.set("error", text);
    socket.emit(options.error_event, std::move(told));
  }
  next(ConnectError{.message = text, .data = std::move(details)});
}

EventSchemas::EventSchemas(EventSchemaOptions options) {
  require_unreserved(options.error_event);
  auto table = std::make_shared<Table>();
  table->options = std::move(options);
  table_ = std::move(table);
}

EventSchemas& EventSchemas::add(std::string_view nsp, std::string_view event,
                                std::string_view schema) {
  const std::string what = "Schema of \"" + std::string(event) + "\": ";
  auto compiled = JsonSchema::compile(schema);
  if (!compiled) {
    const SchemaFault fault = compiled.error();
    throw std::invalid_argument(what + (fault.path.empty() ? "" : fault.path + ": ") + fault.text);
  }
  std::string name(nsp);
  if (!name.empty() && name[0] != '/') name.insert(0, 1, '/');
  auto longer = std::make_shared<Table>(*table_);
  const bool is_new =
      longer->schemas.emplace(Table::Key(name, std::string(event)), std::move(*compiled)).second;
  if (!is_new) throw std::invalid_argument(what + "there is one already");
  table_ = std::move(longer);
  return *this;
}

void EventSchemas::install(Namespace& nsp) const {
  nsp.on_connection(
      [self = *this](const SocketPtr& socket) { socket->use(self.middleware(*socket)); });
}

EventMiddleware EventSchemas::middleware(Socket& socket) const {
  // The socket owns its middlewares, and lives while they run.
  return [table = table_, socket = &socket](IncomingEvent& event, const Next& next) {
    const auto violation = table->violation(*socket, event);
    if (!violation) return next();
    table->refuse(*socket, event, *violation, next);
  };
}

}  // namespace patchbay

// SPDX-License-Identifier: MIT
//
// Events whose arguments are checked by a JSON Schema before their handlers see them:
//
//   patchbay::EventSchemas schemas;
//   schemas.add("/chat", "message", R"({
//     "items": [{"type": "string", "maxLength": 1000}], "minItems": 1, "additionalItems":
//     false})");
//   schemas.install(io.of("/chat"));
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "patchbay/namespace.hpp"
#include "patchbay/protocol/json_schema.hpp"

namespace patchbay {

struct EventSchemaOptions {
  // What a client gets whose event is refused, when it asked for no acknowledgement: {event, error,
  // path, keyword}. "error" is possible, too. Empty: nothing.
  std::string error_event = "schema_error";
  // Events without a schema are refused as well.
  bool refuse_unknown = false;
};

// Schemas by namespace and event. A value; copies do not see later additions.
//
// A schema describes the array of an event's arguments (without its name, and without the
// acknowledgement); patchbay/protocol/json_schema.hpp says what it may consist of. An event that
// does not fit reaches no handler. The client gets {error, path, keyword} as its acknowledgement,
// or the error event; `path` is the JSON Pointer of what is wrong ("/0/name": in the first
// argument), `keyword` the one that is violated. Here the socket gets an "error" event (message,
// {event, path, keyword}), as from any middleware that turns away.
class EventSchemas {
 public:
  // Throws std::invalid_argument for an error_event that the protocol keeps for itself.
  explicit EventSchemas(EventSchemaOptions options = {});

  // For an event in one namespace, or in all that have none of their own for it. Throws
  // std::invalid_argument when the schema cannot be used, or there is one already.
  EventSchemas& add(std::string_view nsp, std::string_view event, std::string_view schema);
  EventSchemas& add(std::string_view event, std::string_view schema) {
    return add({}, event, schema);
  }

  // Checks the events of all sockets that join the namespace from now on, by the schemas that there
  // are now; on their loops.
  void install(Namespace& nsp) const;
  // For one socket, to be added by its use(). It must not be used for another.
  [[nodiscard]] EventMiddleware middleware(Socket& socket) const;

 private:
  struct Table;
  std::shared_ptr<const Table> table_;
};

}  // namespace patchbay

// SPDX-License-Identifier: MIT
//
// JSON Schema (https://json-schema.org/) for Values: compiled once, checked often, by any thread.
//
// What is understood, of drafts 4 to 2020-12:
//   any value   type, enum, const, allOf, anyOf, oneOf, not, if, then, else, $ref; true and false
//   numbers     minimum, maximum, exclusiveMinimum and -Maximum (a number, or true), multipleOf
//   strings     minLength, maxLength (in code points), pattern
//   arrays      items (one schema, or a list), additionalItems, prefixItems, contains, minItems,
//               maxItems, uniqueItems
//   objects     properties, patternProperties, additionalProperties, propertyNames, required,
//               minProperties, maxProperties, dependencies, dependentRequired, dependentSchemas
//   binary      {"type": "binary"}, which no JSON text can be, with minBytes and maxBytes
// Annotations (title, description, default, examples, format ...) are passed over. Any other
// keyword is a fault, so that nothing is believed to be checked that is not.
//
// $ref leads into the same schema only ("#", "#/definitions/point"); keywords beside it count.
//
// Patterns are those of JavaScript with the flag "u" as far as an automaton can search for them:
// no assertions but "^" and "$", no back references, no \b and \p. Its time is at most the length
// of the text times that of the pattern with its repetitions written out; it never goes back. Give
// strings that have a pattern a maxLength as well, which is looked at first.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "patchbay/protocol/result.hpp"
#include "patchbay/protocol/value.hpp"

namespace patchbay {

// What is wrong with a schema, and where in it (a JSON Pointer, RFC 6901).
struct SchemaFault {
  std::string path;
  std::string text;
};

// Which keyword a value does not satisfy, and which part of the value that is.
struct SchemaViolation {
  std::string path;
  std::string keyword;
};

// Immutable; copies share it.
class JsonSchema {
 public:
  static Result<JsonSchema, SchemaFault> compile(std::string_view text);
  static Result<JsonSchema, SchemaFault> compile_value(const Value& schema);

  // The first thing that is wrong with a value. Nothing: it is valid. The time is bounded: a value
  // that takes more than some millions of steps violates the keyword "too complex".
  [[nodiscard]] std::optional<SchemaViolation> validate(const Value& value) const;
  // The same for the array of these values.
  [[nodiscard]] std::optional<SchemaViolation> validate_array(std::span<const Value> items) const;

  struct Nodes;  // private to protocol/src

 private:
  explicit JsonSchema(std::shared_ptr<const Nodes> nodes) : nodes_(std::move(nodes)) {}

  std::shared_ptr<const Nodes> nodes_;
};

}  // namespace patchbay

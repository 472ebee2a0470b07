// SPDX-License-Identifier: MIT
#include "patchbay/convert.hpp"

namespace patchbay {

std::string_view type_name(Value::Type type) noexcept {
  switch (type) {
    case Value::Type::null:
      return "null";
    case Value::Type::boolean:
      return "boolean";
    case Value::Type::integer:
    case Value::Type::number:
      return "number";
    case Value::Type::string:
      return "string";
    case Value::Type::binary:
      return "binary";
    case Value::Type::array:
      return "array";
    case Value::Type::object:
      return "object";
  }
  return "value";
}

}  // namespace patchbay

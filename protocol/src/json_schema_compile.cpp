// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "json_schema_nodes.hpp"
#include "patchbay/protocol/json.hpp"
#include "patchbay/protocol/json_schema.hpp"
#include "patchbay/protocol/limits.hpp"
#include "patchbay/protocol/utf8.hpp"

namespace patchbay {

namespace {

constexpr std::array<std::pair<std::string_view, std::uint32_t>, 8> kTypes{{
    {"null", type_bit(Value::Type::null)},
    {"boolean", type_bit(Value::Type::boolean)},
    {"integer", type_bit(Value::Type::integer)},
    {"number", type_bit(Value::Type::integer) | type_bit(Value::Type::number)},
    {"string", type_bit(Value::Type::string)},
    {"binary", type_bit(Value::Type::binary)},
    {"array", type_bit(Value::Type::array)},
    {"object", type_bit(Value::Type::object)},
}};

// Say nothing about which values are valid.
constexpr std::array<std::string_view, 14> kAnnotations{"$schema",
                                                        "$id",
                                                        "id",
                                                        "$comment",
                                                        "title",
                                                        "description",
                                                        "default",
                                                        "examples",
                                                        "deprecated",
                                                        "readOnly",
                                                        "writeOnly",
                                                        "format",
                                                        "contentEncoding",
                                                        "contentMediaType"};

std::string pointer_token(std::string_view key) {
  std::string token;
  for (const char c : key) {
    if (c == '~') {
      token += "~0";
    } else if (c == '/') {
      token += "~1";
    } else {
      token += c;
    }
  }
  return token;
}

std::string unescaped(std::string_view token) {
  std::string key;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] == '~' && i + 1 < token.size()) {
      key += token[++i] == '1' ? '/' : '~';
    } else {
      key += token[i];
    }
  }
  return key;
}

// What a JSON Pointer leads to; null when that is nothing.
const Value* find(const Value& document, std::string_view pointer) {
  const Value* value = &document;
  while (!pointer.empty()) {
    if (pointer[0] != '/') return nullptr;
    const auto end = std::min(pointer.find('/', 1), pointer.size());
    const std::string key = unescaped(pointer.substr(1, end - 1));
    pointer.remove_prefix(end);
    if (const auto* const object = value->get_if<Object>()) {
      value = object->find(key);
    } else if (const auto* const array = value->get_if<Array>()) {
      const bool is_number = !key.empty() && key.size() < 6 &&
                             key.find_first_not_of("0123456789") == std::string::npos;
      const std::size_t index = is_number ? std::stoul(key) : array->size();
      value = index < array->size() ? &(*array)[index] : nullptr;
    } else {
      value = nullptr;
    }
    if (!value) return nullptr;
  }
  return value;
}

// Goes through a schema, and the schemas in it. Keeps the first fault.
class Compiler {
 public:
  explicit Compiler(const Value& document) : document_(document) {}

  std::shared_ptr<JsonSchema::Nodes> compile() {
    nodes_->root = schema(document_, "");
    if (!fault_) look_for_circles();
    return fault_ ? nullptr : nodes_;
  }
  [[nodiscard]] SchemaFault fault() const { return fault_.value_or(SchemaFault()); }

 private:
  using Read = void (Compiler::*)(SchemaNode& node, const Value& value, const std::string& path);
  struct Keyword {
    std::string_view name;
    Read read;
  };
  static const std::vector<Keyword>& keywords();

  void fail(std::string path, std::string text) {
    if (!fault_) fault_ = SchemaFault{.path = std::move(path), .text = std::move(text)};
  }

  // The number of the schema at this place, which is compiled when it is new.
  SchemaId schema(const Value& value, const std::string& path) {
    const auto [place, is_new] = ids_.emplace(path, static_cast<SchemaId>(nodes_->list.size()));
    const SchemaId id = place->second;
    if (!is_new) return id;
    nodes_->list.emplace_back();
    SchemaNode node;
    if (const bool* const allowed = value.get_if<bool>()) {
      node.never = !*allowed;
    } else if (const auto* const object = value.get_if<Object>()) {
      for (const auto& [key, content] : *object) {
        keyword(node, key, content, path + "/" + pointer_token(key));
      }
    } else {
      fail(path, "a schema is an object, true or false");
    }
    nodes_->list[id] = std::move(node);
    return id;
  }

  void keyword(SchemaNode& node, const std::string& key, const Value& value,
               const std::string& path) {
    if (fault_) return;
    const auto& known = keywords();
    const auto found = std::ranges::find(known, key, &Keyword::name);
    if (found != known.end()) {
      (this->*found->read)(node, value, path);
    } else if (std::ranges::find(kAnnotations, key) == kAnnotations.end()) {
      fail(path, "the keyword is not known");
    }
  }

  // --- Kinds of contents

  template <auto Member>
  void one_schema(SchemaNode& node, const Value& value, const std::string& path) {
    node.*Member = schema(value, path);
  }
  template <auto Member>
  void schemas(SchemaNode& node, const Value& value, const std::string& path) {
    const auto* const list = value.get_if<Array>();
    if (!list || list->empty()) return fail(path, "a list of schemas is expected");
    for (std::size_t i = 0; i < list->size(); ++i) {
      const SchemaId id = schema((*list)[i], path + "/" + std::to_string(i));
      (node.*Member).push_back(id);
    }
  }
  template <auto Member>
  void count(SchemaNode& node, const Value& value, const std::string& path) {
    const double number = value.is_number() ? value.as_double() : -1;
    const auto whole = static_cast<std::size_t>(std::clamp(number, 0.0, 1e15));
    if (number < 0 || number > 1e15 || static_cast<double>(whole) != number) {
      return fail(path, "a natural number is expected");
    }
    node.*Member = whole;
  }
  template <auto Member>
  void number(SchemaNode& node, const Value& value, const std::string& path) {
    if (!value.is_number()) return fail(path, "a number is expected");
    node.*Member = value;
  }
  // A number, or (in draft 4) whether the other bound is excluded.
  template <auto Bound, auto Flag>
  void excluded(SchemaNode& node, const Value& value, const std::string& path) {
    if (const bool* const flag = value.get_if<bool>()) {
      node.*Flag = *flag;
    } else {
      number<Bound>(node, value, path);
    }
  }
  std::vector<std::string> texts(const Value& value, const std::string& path) {
    std::vector<std::string> result;
    const auto* const list = value.get_if<Array>();
    if (!list) fail(path, "a list of texts is expected");
    for (const Value& item : list ? *list : Array()) {
      if (const auto* const text = item.get_if<std::string>()) {
        result.push_back(*text);
      } else {
        fail(path, "a list of texts is expected");
      }
    }
    return result;
  }
  // Calls the function with each member of an object and its place.
  template <typename F>
  void members(const Value& value, const std::string& path, F function) {
    const auto* const object = value.get_if<Object>();
    if (!object) return fail(path, "an object is expected");
    for (const auto& [key, content] : *object) {
      function(key, content, path + "/" + pointer_token(key));
    }
  }
  std::optional<Pattern> compiled_pattern(std::string_view text, const std::string& path) {
    auto pattern = Pattern::compile(text);
    if (pattern) return std::move(*pattern);
    fail(path, "the pattern: " + pattern.error());
    return std::nullopt;
  }

  // --- Keywords of their own kind

  void type(SchemaNode& node, const Value& value, const std::string& path) {
    const auto names = value.is_array() ? texts(value, path) : texts(Array{value}, path);
    for (const std::string& name : names) {
      const auto found =
          std::ranges::find(kTypes, name, &std::pair<std::string_view, std::uint32_t>::first);
      if (found == kTypes.end()) return fail(path, "there is no type \"" + name + "\"");
      node.types |= found->second;
    }
    if (node.types == 0) fail(path, "a type is expected");
  }
  void enumeration(SchemaNode& node, const Value& value, const std::string& path) {
    const auto* const list = value.get_if<Array>();
    if (!list) return fail(path, "a list is expected");
    if (node.enumeration) return fail(path, "either enum or const");
    node.enumeration = *list;
  }
  void constant(SchemaNode& node, const Value& value, const std::string& path) {
    enumeration(node, Array{value}, path);
  }
  void pattern(SchemaNode& node, const Value& value, const std::string& path) {
    const auto* const text = value.get_if<std::string>();
    if (!text) return fail(path, "a text is expected");
    node.pattern = compiled_pattern(*text, path);
  }
  void items(SchemaNode& node, const Value& value, const std::string& path) {
    const auto* const list = value.get_if<Array>();
    if (!list) {
      node.items = schema(value, path);
    } else if (!node.first_items.empty()) {
      fail(path, "either prefixItems or a list");
    } else if (!list->empty()) {
      schemas<&SchemaNode::first_items>(node, value, path);
    }
  }
  void prefix_items(SchemaNode& node, const Value& value, const std::string& path) {
    if (!node.first_items.empty()) return fail(path, "either prefixItems or a list in items");
    schemas<&SchemaNode::first_items>(node, value, path);
  }
  void unique_items(SchemaNode& node, const Value& value, const std::string& path) {
    const bool* const flag = value.get_if<bool>();
    if (!flag) return fail(path, "true or false is expected");
    node.unique_items = *flag;
  }
  void properties(SchemaNode& node, const Value& value, const std::string& path) {
    members(value, path, [&](const std::string& key, const Value& content, const std::string& at) {
      const SchemaId id = schema(content, at);
      node.properties.emplace(key, id);
    });
  }
  void pattern_properties(SchemaNode& node, const Value& value, const std::string& path) {
    members(value, path, [&](const std::string& key, const Value& content, const std::string& at) {
      auto compiled = compiled_pattern(key, at);
      const SchemaId id = schema(content, at);
      if (compiled) node.pattern_properties.emplace_back(std::move(*compiled), id);
    });
  }
  void required(SchemaNode& node, const Value& value, const std::string& path) {
    node.required = texts(value, path);
  }
  void dependencies(SchemaNode& node, const Value& value, const std::string& path) {
    members(value, path, [&](const std::string& key, const Value& content, const std::string& at) {
      if (content.is_array()) {
        node.required_with.emplace_back(key, texts(content, at));
      } else {
        const SchemaId id = schema(content, at);
        node.schema_with.emplace_back(key, id);
      }
    });
  }
  // Only there to be referred to; faults are found all the same.
  void definitions(SchemaNode& /*node*/, const Value& value, const std::string& path) {
    members(value, path,
            [&](const std::string& /*key*/, const Value& content, const std::string& at) {
              schema(content, at);
            });
  }
  void reference(SchemaNode& node, const Value& value, const std::string& path) {
    const auto* const text = value.get_if<std::string>();
    if (!text || !text->starts_with('#')) return fail(path, "only \"#...\" can be referred to");
    const std::string pointer = text->substr(1);
    const Value* const target = find(document_, pointer);
    if (!target) return fail(path, "it leads to nothing");
    node.reference = schema(*target, pointer);
  }

  // --- A schema that applies itself to the same value again would be checked for ever.

  template <typename F>
  static void for_each_in_place(const SchemaNode& node, F function) {
    for (const auto* const list : {&node.all_of, &node.any_of, &node.one_of}) {
      for (const SchemaId id : *list) function(id);
    }
    for (const auto& one : {node.none_of, node.condition, node.then_, node.else_, node.reference}) {
      if (one) function(*one);
    }
    for (const auto& [key, id] : node.schema_with) function(id);
  }
  void look_for_circles() {
    states_.assign(nodes_->list.size(), State::unseen);
    for (SchemaId id = 0; id < nodes_->list.size(); ++id) visit(id);
  }
  void visit(SchemaId id) {
    if (states_[id] == State::done) return;
    if (states_[id] == State::open) return fail({}, "a schema refers to itself for the same value");
    states_[id] = State::open;
    for_each_in_place(nodes_->list[id], [this](SchemaId next) { visit(next); });
    states_[id] = State::done;
  }

  enum class State : std::uint8_t { unseen, open, done };

  const Value& document_;
  std::shared_ptr<JsonSchema::Nodes> nodes_ = std::make_shared<JsonSchema::Nodes>();
  std::map<std::string, SchemaId> ids_;
  std::optional<SchemaFault> fault_;
  std::vector<State> states_;
};

const std::vector<Compiler::Keyword>& Compiler::keywords() {
  using Node = SchemaNode;
  static const std::vector<Keyword> list{
      {"type", &Compiler::type},
      {"enum", &Compiler::enumeration},
      {"const", &Compiler::constant},
      {"allOf", &Compiler::schemas<&Node::all_of>},
      {"anyOf", &Compiler::schemas<&Node::any_of>},
      {"oneOf", &Compiler::schemas<&Node::one_of>},
      {"not", &Compiler::one_schema<&Node::none_of>},
      {"if", &Compiler::one_schema<&Node::condition>},
      {"then", &Compiler::one_schema<&Node::then_>},
      {"else", &Compiler::one_schema<&Node::else_>},
      {"$ref", &Compiler::reference},
      {"definitions", &Compiler::definitions},
      {"$defs", &Compiler::definitions},
      {"minimum", &Compiler::number<&Node::minimum>},
      {"maximum", &Compiler::number<&Node::maximum>},
      {"exclusiveMinimum", &Compiler::excluded<&Node::above, &Node::minimum_is_excluded>},
      {"exclusiveMaximum", &Compiler::excluded<&Node::below, &Node::maximum_is_excluded>},
      {"multipleOf", &Compiler::number<&Node::multiple_of>},
      {"minLength", &Compiler::count<&Node::min_length>},
      {"maxLength", &Compiler::count<&Node::max_length>},
      {"pattern", &Compiler::pattern},
      {"minBytes", &Compiler::count<&Node::min_bytes>},
      {"maxBytes", &Compiler::count<&Node::max_bytes>},
      {"items", &Compiler::items},
      {"prefixItems", &Compiler::prefix_items},
      {"additionalItems", &Compiler::one_schema<&Node::additional_items>},
      {"contains", &Compiler::one_schema<&Node::contains>},
      {"minItems", &Compiler::count<&Node::min_items>},
      {"maxItems", &Compiler::count<&Node::max_items>},
      {"uniqueItems", &Compiler::unique_items},
      {"properties", &Compiler::properties},
      {"patternProperties", &Compiler::pattern_properties},
      {"additionalProperties", &Compiler::one_schema<&Node::additional_properties>},
      {"propertyNames", &Compiler::one_schema<&Node::property_names>},
      {"required", &Compiler::required},
      {"minProperties", &Compiler::count<&Node::min_properties>},
      {"maxProperties", &Compiler::count<&Node::max_properties>},
      {"dependencies", &Compiler::dependencies},
      {"dependentRequired", &Compiler::dependencies},
      {"dependentSchemas", &Compiler::dependencies},
  };
  return list;
}

}  // namespace

Result<JsonSchema, SchemaFault> JsonSchema::compile(std::string_view text) {
  if (!is_valid_utf8(text)) {
    return SchemaFault{.path = {}, .text = std::string(describe(Errc::json_invalid_utf8))};
  }
  const auto document = parse_json(text, Limits().json_depth);
  if (!document) {
    return SchemaFault{.path = {}, .text = std::string(describe(document.error()))};
  }
  return compile_value(*document);
}

Result<JsonSchema, SchemaFault> JsonSchema::compile_value(const Value& schema) {
  Compiler compiler(schema);
  auto nodes = compiler.compile();
  if (!nodes) return compiler.fault();
  return JsonSchema(std::move(nodes));
}

}  // namespace patchbay

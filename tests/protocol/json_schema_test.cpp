// SPDX-License-Identifier: MIT
#include "patchbay/protocol/json_schema.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "patchbay/protocol/json.hpp"

using namespace patchbay;

namespace {

JsonSchema compiled(std::string_view text) {
  auto schema = JsonSchema::compile(text);
  REQUIRE_MESSAGE(schema, schema.error().path << ": " << schema.error().text);
  return *schema;
}

// "keyword at path", or "ok".
std::string outcome(const std::optional<SchemaViolation>& violation) {
  return violation ? violation->keyword + " at " + violation->path : "ok";
}
std::string check(std::string_view schema, const Value& value) {
  return outcome(compiled(schema).validate(value));
}
std::string check(std::string_view schema, std::string_view json) {
  const auto value = parse_json(json, 64);
  REQUIRE(value);
  return check(schema, *value);
}

std::string fault(std::string_view text) {
  const auto schema = JsonSchema::compile(text);
  REQUIRE_FALSE(schema);
  return schema.error().path + ": " + schema.error().text;
}

struct Case {
  const char* schema;
  const char* value;
  const char* outcome;
};
void run(const std::vector<Case>& cases) {
  for (const auto& [schema, value, expected] : cases) {
    CAPTURE(schema);
    CAPTURE(value);
    CHECK(check(schema, std::string_view(value)) == expected);
  }
}

}  // namespace

TEST_CASE("a schema that would not be checked as it is meant is no schema") {
  CHECK(fault("").starts_with(": "));
  CHECK(fault("{\"type\":\"\xff\"}").starts_with(": "));
  CHECK(fault("[]") == ": a schema is an object, true or false");
  CHECK(fault(R"({"properties":{"a/b":{"typ":"string"}}})") ==
        "/properties/a~1b/typ: the keyword is not known");
  for (const char* keyword : {"unevaluatedProperties", "$dynamicRef", "$anchor", "minContains",
                              "Type", "extends", "divisibleBy"}) {
    CHECK_FALSE(JsonSchema::compile(R"({")" + std::string(keyword) + R"(":1})"));
  }
  for (const char* text : {R"({"type":"text"})",
                           R"({"type":[]})",
                           R"({"type":7})",
                           R"({"type":["string",7]})",
                           R"({"enum":"a"})",
                           R"({"enum":[1],"const":1})",
                           R"({"allOf":[]})",
                           R"({"allOf":{}})",
                           R"({"anyOf":[7]})",
                           R"({"not":null})",
                           R"({"minimum":"1"})",
                           R"({"minLength":-1})",
                           R"({"minLength":1.5})",
                           R"({"maxItems":1e300})",
                           R"({"pattern":"("})",
                           R"({"pattern":7})",
                           R"({"patternProperties":{"[":{}}})",
                           R"({"required":"a"})",
                           R"({"required":[1]})",
                           R"({"properties":[]})",
                           R"({"uniqueItems":1})",
                           R"({"dependencies":{"a":1}})",
                           R"({"items":[{}],"prefixItems":[{}]})",
                           R"({"definitions":{"unused":{"type":"x"}}})"}) {
    CAPTURE(text);
    CHECK_FALSE(JsonSchema::compile(text));
  }
}

TEST_CASE("references that lead out, to nothing, or around in circles are refused") {
  CHECK(fault(R"({"$ref":"http://example.com/schema"})") ==
        "/$ref: only \"#...\" can be referred to");
  CHECK(fault(R"({"$ref":"other.json#/a"})") == "/$ref: only \"#...\" can be referred to");
  CHECK(fault(R"({"$ref":"#/definitions/none"})") == "/$ref: it leads to nothing");
  CHECK(fault(R"({"$ref":"#/$ref"})") == "/$ref: a schema is an object, true or false");
  for (const char* text :
       {R"({"$ref":"#"})",
        R"({"definitions":{"a":{"$ref":"#/definitions/b"},"b":{"$ref":"#/definitions/a"}}})",
        R"({"allOf":[{"$ref":"#"}]})", R"({"not":{"$ref":"#"}})",
        R"({"if":{"anyOf":[{"oneOf":[{"$ref":"#"}]}]}})",
        R"({"dependentSchemas":{"a":{"$ref":"#"}}})"}) {
    CAPTURE(text);
    CHECK(fault(text) == ": a schema refers to itself for the same value");
  }
}

TEST_CASE("schemas may refer to themselves for parts of the value") {
  const char* const tree = R"({"type":"object","properties":{
    "value":{"type":"integer"},"children":{"type":"array","items":{"$ref":"#"}}},
    "required":["value"]})";
  run({{tree, R"({"value":1,"children":[{"value":2},{"value":3,"children":[]}]})", "ok"},
       {tree, R"({"value":1,"children":[{"value":2},{"value":3,"children":[{}]}]})",
        "required at /children/1/children/0"}});
}

TEST_CASE("a schema that branches at every level is given up in time") {
  const char* const bushy = R"({"anyOf":[
    {"type":"array","items":{"$ref":"#"},"minItems":1},
    {"type":"array","items":{"$ref":"#"},"maxItems":1},
    {"type":"integer"}]})";
  std::string deep = "\"x\"";
  for (int i = 0; i < 60; ++i) deep.insert(0, "[").append("]");
  CHECK(check(bushy, std::string_view(deep)).starts_with("too complex"));
  // `not` makes no good of it.
  CHECK(check(R"({"not":{"$ref":"#/definitions/b"},"definitions":{"b":{"anyOf":[
    {"type":"array","items":{"$ref":"#/definitions/b"},"minItems":1},
    {"type":"array","items":{"$ref":"#/definitions/b"},"maxItems":1}]}}})",
              std::string_view(deep))
            .starts_with("too complex"));
}

TEST_CASE("many items that have to differ, and long texts for patterns, are given up in time") {
  Array many;
  for (int i = 0; i < 10'000; ++i) many.emplace_back(i);
  CHECK(check(R"({"uniqueItems":true})", Value(many)).starts_with("too complex"));
  CHECK(check(R"({"pattern":"^(a{1000}){4}$"})", Value(std::string(1'000'000, 'a')))
            .starts_with("too complex"));
  CHECK(check(R"({"pattern":"^a*$","maxLength":10})", Value(std::string(1'000'000, 'a'))) ==
        "maxLength at ");
}

TEST_CASE("types") {
  run({{"{}", "null", "ok"},
       {"true", "1", "ok"},
       {"false", "1", "false at "},
       {R"({"type":"null"})", "null", "ok"},
       {R"({"type":"boolean"})", "0", "type at "},
       {R"({"type":"integer"})", "1", "ok"},
       {R"({"type":"integer"})", "1.0", "ok"},
       {R"({"type":"integer"})", "1.5", "type at "},
       {R"({"type":"integer"})", "\"1\"", "type at "},
       {R"({"type":"number"})", "1", "ok"},
       {R"({"type":"number"})", "1.5", "ok"},
       {R"({"type":"string"})", "null", "type at "},
       {R"({"type":"object"})", "[]", "type at "},
       {R"({"type":["string","null"]})", "null", "ok"},
       {R"({"type":["string","null"]})", "1", "type at "}});
}

TEST_CASE("binary content is a type of its own, with bounds of its own") {
  const char* const schema = R"({"type":"binary","minBytes":2,"maxBytes":4})";
  CHECK(check(schema, Value(Bytes("abc"))) == "ok");
  CHECK(check(schema, Value(Bytes("a"))) == "minBytes at ");
  CHECK(check(schema, Value(Bytes("abcde"))) == "maxBytes at ");
  CHECK(check(schema, Value("abc")) == "type at ");
  CHECK(check(R"({"type":"string"})", Value(Bytes("abc"))) == "type at ");
  CHECK(check(R"({"maxLength":1})", Value(Bytes("abc"))) == "ok");
  CHECK(check(R"({"properties":{"file":{"type":"binary"}}})",
              Value(Object{{"file", Object{{"_placeholder", true}, {"num", 0}}}})) ==
        "type at /file");
}

TEST_CASE("values that are listed") {
  run({{R"({"enum":["a",1,null,{"b":[1]}]})", "\"a\"", "ok"},
       {R"({"enum":["a",1,null,{"b":[1]}]})", "1.0", "ok"},
       {R"({"enum":["a",1,null,{"b":[1]}]})", R"({"b":[1]})", "ok"},
       {R"({"enum":["a",1,null,{"b":[1]}]})", R"({"b":[2]})", "enum at "},
       {R"({"enum":["a"]})", "\"A\"", "enum at "},
       {R"({"const":"a"})", "\"a\"", "ok"},
       {R"({"const":[1]})", "[2]", "enum at "}});
}

TEST_CASE("numbers") {
  run({{R"({"minimum":1,"maximum":3})", "1", "ok"},
       {R"({"minimum":1,"maximum":3})", "0.9", "minimum at "},
       {R"({"minimum":1,"maximum":3})", "3.1", "maximum at "},
       {R"({"exclusiveMinimum":1})", "1", "exclusiveMinimum at "},
       {R"({"exclusiveMaximum":3})", "3", "exclusiveMaximum at "},
       {R"({"minimum":1,"exclusiveMinimum":true})", "1", "exclusiveMinimum at "},
       {R"({"maximum":3,"exclusiveMaximum":true})", "3", "exclusiveMaximum at "},
       {R"({"maximum":3,"exclusiveMaximum":false})", "3", "ok"},
       {R"({"maximum":9007199254740992})", "9007199254740993", "maximum at "},
       {R"({"multipleOf":3})", "9", "ok"},
       {R"({"multipleOf":3})", "10", "multipleOf at "},
       {R"({"multipleOf":0.1})", "0.3", "ok"},
       {R"({"multipleOf":0.1})", "0.35", "multipleOf at "},
       {R"({"multipleOf":-1})", "-9223372036854775808", "ok"},
       {R"({"multipleOf":0})", "0", "multipleOf at "},
       {R"({"minimum":1})", "\"0\"", "ok"}});
}

TEST_CASE("strings") {
  run({{R"({"minLength":2,"maxLength":3})", "\"ab\"", "ok"},
       {R"({"minLength":2})", "\"é\"", "minLength at "},
       {R"({"maxLength":1})", "\"😀\"", "ok"},
       {R"({"maxLength":1})", "\"ab\"", "maxLength at "},
       {R"({"pattern":"^\\d+$"})", "\"12\"", "ok"},
       {R"({"pattern":"^\\d+$"})", "\"12a\"", "pattern at "},
       {R"({"pattern":"^[a-z]+$"})", "\"abc\\u0000<\"", "pattern at "},
       {R"({"format":"email"})", "\"no\"", "ok"}});
}

TEST_CASE("arrays") {
  run({{R"({"items":{"type":"string"}})", R"(["a","b"])", "ok"},
       {R"({"items":{"type":"string"}})", R"(["a",1])", "type at /1"},
       {R"({"items":[{"type":"string"},{"type":"integer"}]})", R"(["a",1,null])", "ok"},
       {R"({"items":[{"type":"string"},{"type":"integer"}]})", R"(["a","b"])", "type at /1"},
       {R"({"items":[{}],"additionalItems":false})", "[1,2]", "additionalItems at /1"},
       {R"({"items":[{}],"additionalItems":{"type":"null"}})", "[1,null]", "ok"},
       {R"({"items":[],"additionalItems":false})", "[1]", "ok"},
       {R"({"prefixItems":[{"type":"string"}],"items":false})", R"(["a"])", "ok"},
       {R"({"prefixItems":[{"type":"string"}],"items":false})", R"(["a",1])", "items at /1"},
       {R"({"items":false})", "[]", "ok"},
       {R"({"minItems":1})", "[]", "minItems at "},
       {R"({"maxItems":1})", "[1,2]", "maxItems at "},
       {R"({"contains":{"const":2}})", "[1,2]", "ok"},
       {R"({"contains":{"const":2}})", "[1]", "contains at "},
       {R"({"uniqueItems":true})", R"([1,"1",true])", "ok"},
       {R"({"uniqueItems":true})", R"([{"a":1},{"a":1.0}])", "uniqueItems at "}});
}

TEST_CASE("objects") {
  run({{R"({"properties":{"a":{"type":"string"}}})", R"({"a":1})", "type at /a"},
       {R"({"properties":{"a":{"type":"string"}}})", R"({"b":1})", "ok"},
       {R"({"required":["a"]})", R"({"b":1})", "required at "},
       {R"({"required":["a"]})", R"({"a":null})", "ok"},
       {R"({"properties":{"a":{}},"additionalProperties":false})", R"({"a":1,"b":2})",
        "additionalProperties at /b"},
       {R"({"additionalProperties":{"type":"integer"}})", R"({"a":1,"b":""})", "type at /b"},
       {R"({"patternProperties":{"^x-":{"type":"string"}},"additionalProperties":false})",
        R"({"x-a":"1"})", "ok"},
       {R"({"patternProperties":{"^x-":{"type":"string"}}})", R"({"x-a":1})", "type at /x-a"},
       {R"({"propertyNames":{"maxLength":2}})", R"({"abc":1})", "propertyNames at /abc"},
       {R"({"minProperties":1})", "{}", "minProperties at "},
       {R"({"maxProperties":1})", R"({"a":1,"b":1})", "maxProperties at "},
       {R"({"dependencies":{"a":["b"]}})", R"({"a":1})", "dependencies at "},
       {R"({"dependentRequired":{"a":["b"]}})", R"({"a":1,"b":1})", "ok"},
       {R"({"dependentSchemas":{"a":{"required":["b"]}}})", R"({"a":1})", "required at "},
       {R"({"properties":{"a/b~":{"items":{"type":"null"}}}})", R"({"a/b~":[null,1]})",
        "type at /a~1b~0/1"},
       {R"({"properties":{"$ref":{"type":"string"}}})", R"({"$ref":1})", "type at /$ref"}});
}

TEST_CASE("schemas that are combined") {
  const char* const either = R"({"oneOf":[{"type":"integer"},{"minimum":2}]})";
  const char* const when =
      R"({"if":{"required":["a"]},"then":{"required":["b"]},"else":{"required":["c"]}})";
  run({{R"({"allOf":[{"type":"integer"},{"minimum":2}]})", "1", "minimum at "},
       {R"({"anyOf":[{"type":"string"},{"minimum":2}]})", "1", "anyOf at "},
       {R"({"anyOf":[{"type":"string"},{"minimum":2}]})", "3", "ok"},
       {either, "1", "ok"},
       {either, "3", "oneOf at "},
       {R"({"not":{"type":"string"}})", "\"a\"", "not at "},
       {R"({"items":{"not":{"items":{"type":"string"}}}})", R"([["a"]])", "not at /0"},
       {when, R"({"a":1,"b":1})", "ok"},
       {when, R"({"a":1})", "required at "},
       {when, R"({"c":1})", "ok"},
       {R"({"$ref":"#/$defs/n","minimum":2,"$defs":{"n":{"type":"integer"}}})", "1", "minimum at "},
       {R"({"$ref":"#/$defs/n","minimum":2,"$defs":{"n":{"type":"integer"}}})", "2.5", "type at "},
       {R"({"items":{"$ref":"#/$defs/a~1b"},"$defs":{"a/b":{"type":"integer"}}})", "[\"\"]",
        "type at /0"}});
}

TEST_CASE("arguments are checked as the array that they would be") {
  const JsonSchema schema = compiled(
      R"({"type":"array","items":[{"type":"string"},{"properties":{"n":{"minimum":0}}}],"minItems":1,
          "additionalItems":false})");
  const auto check_args = [&schema](Array args) { return outcome(schema.validate_array(args)); };
  CHECK(check_args({"a"}) == "ok");
  CHECK(check_args({}) == "minItems at ");
  CHECK(check_args({1}) == "type at /0");
  CHECK(check_args({"a", Object{{"n", -1}}}) == "minimum at /1/n");
  CHECK(check_args({"a", 1, 2}) == "additionalItems at /2");
  const Array two{1, 2};
  CHECK(outcome(compiled(R"({"const":[1,2]})").validate_array(two)) == "ok");
  CHECK(outcome(compiled(R"({"enum":[[1],3]})").validate_array(two)) == "enum at ");
}

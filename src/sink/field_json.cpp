// SPDX-License-Identifier: Apache-2.0
#include "sink/field_json.h"

#include <algorithm>

#include "sink/json_text.h"

namespace weir::sink {
namespace {

/// "partial" and "icmp_error" are there when they are true.
bool is_flag(const flow::Field& field) {
  return field.name == "partial" || field.name == "icmp_error";
}

void append_string(std::string_view text, std::string& to) {
  const size_t begin = to.size();
  to.resize(begin + json_string_bound(text.size()));
  const char* end = write_json_string(to.data() + begin, text);
  to.resize(static_cast<size_t>(end - to.data()));
}

void append_value(const flow::Field& field, const std::string& value, std::string& to) {
  const bool text = field.kind == flow::FieldKind::text || field.kind == flow::FieldKind::time;
  if (text && !is_flag(field))
    append_string(value, to);
  else
    to += value;
}

}  // namespace

std::string field_key(const flow::Field& field) {
  std::string key(field.name);
  if (field.kind == flow::FieldKind::duration && !key.ends_with("_ns")) key += "_ns";
  return key;
}

FieldJson::FieldJson(const std::vector<const flow::Field*>& fields) {
  for (size_t index = 0; index < fields.size(); ++index) {
    const std::string key = field_key(*fields[index]);
    Node* node = &root_;
    for (size_t begin = 0; begin <= key.size();) {
      const size_t end = std::min(key.find('.', begin), key.size());
      const std::string name = key.substr(begin, end - begin);
      begin = end + 1;
      const auto found = std::find_if(node->children.begin(), node->children.end(),
                                      [&](const auto& child) { return child->name == name; });
      if (found != node->children.end()) {
        node = found->get();
      } else {
        node->children.push_back(std::make_unique<Node>());
        node = node->children.back().get();
        node->name = name;
      }
    }
    node->field = fields[index];
    node->index = index;
  }
}

void FieldJson::append_children(const Node& node, const std::vector<std::optional<std::string>>& values,
                                std::string& to) {
  bool first = true;
  for (const auto& child : node.children) {
    const size_t before = to.size();
    if (!first) to += ',';
    to += '"';
    to += child->name;
    to += "\":";
    if (child->children.empty()) {
      if (!values[child->index]) {
        to.resize(before);
        continue;
      }
      append_value(*child->field, *values[child->index], to);
    } else {
      const size_t brace = to.size();
      to += '{';
      append_children(*child, values, to);
      if (to.size() == brace + 1) {  // nothing in it is there
        to.resize(before);
        continue;
      }
      to += '}';
    }
    first = false;
  }
}

void FieldJson::append_members(const std::vector<std::optional<std::string>>& values, std::string& to) const {
  append_children(root_, values, to);
}

}  // namespace weir::sink

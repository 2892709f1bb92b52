// SPDX-License-Identifier: Apache-2.0
// Chosen fields as a JSON object that nests along the dots of their names.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flow/field.h"

namespace weir::sink {

/// A field's name where its unit must be seen: durations end in "_ns".
std::string field_key(const flow::Field& field);

/// Values stand where the first field with the same beginning stands: source.port,state,source.address gives
/// {"source":{"port":…,"address":…},"state":…}.
class FieldJson {
 public:
  explicit FieldJson(const std::vector<const flow::Field*>& fields);

  /// Appends `"a":…,"b":{…}` without the outer braces: values[i] is of fields[i], absent ones are left out.
  void append_members(const std::vector<std::optional<std::string>>& values, std::string& to) const;

 private:
  struct Node {
    std::string name;
    const flow::Field* field = nullptr;  // of a leaf
    size_t index = 0;                    // of the leaf's value
    std::vector<std::unique_ptr<Node>> children;
  };
  static void append_children(const Node& node, const std::vector<std::optional<std::string>>& values,
                              std::string& to);

  Node root_;
};

}  // namespace weir::sink

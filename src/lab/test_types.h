// SPDX-License-Identifier: Apache-2.0
// Types made by hand for the tests of values; the ids are what libbpf's btf__add_* return.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "lab/type_set.h"

namespace weir::lab {

class TestTypes {
 public:
  TestTypes() : types_(btf__new_empty()) {}
  btf* raw() { return types_.get(); }

  int number(const char* name, size_t bytes, int encoding = 0) {
    return btf__add_int(raw(), name, bytes, encoding);
  }
  int array(int element, uint32_t count) {
    const int index = index_ != 0 ? index_ : (index_ = number("unsigned int", 4));
    return btf__add_array(raw(), index, element, count);
  }
  struct Field {
    const char* name;
    int type;
    uint32_t bit_offset;
    uint32_t bits = 0;
  };
  int structure(const char* name, uint32_t bytes, const std::vector<Field>& fields) {
    return with_fields(btf__add_struct(raw(), name, bytes), fields);
  }
  int alternatives(const char* name, uint32_t bytes, const std::vector<Field>& fields) {
    return with_fields(btf__add_union(raw(), name, bytes), fields);
  }
  int enumeration(const char* name, uint32_t bytes,
                  const std::vector<std::pair<const char*, int64_t>>& values) {
    const int id = btf__add_enum(raw(), name, bytes);
    for (const auto& [value_name, value] : values)
      EXPECT_EQ(btf__add_enum_value(raw(), value_name, value), 0);
    return id;
  }

  /// A copy as it is now.
  TypeSet set() {
    uint32_t size = 0;
    const auto* data = static_cast<const std::byte*>(btf__raw_data(raw(), &size));
    auto copy = TypeSet::of_bytes({data, size});
    EXPECT_TRUE(copy);
    return std::move(*copy);
  }

 private:
  int with_fields(int id, const std::vector<Field>& fields) {
    for (const Field& field : fields)
      EXPECT_EQ(btf__add_field(raw(), field.name, field.type, field.bit_offset, field.bits), 0) << field.name;
    return id;
  }
  OwnedBtf types_;
  int index_ = 0;
};

template <class Value>
std::vector<std::byte> bytes_of(const Value& value) {
  std::vector<std::byte> bytes(sizeof value);
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

}  // namespace weir::lab

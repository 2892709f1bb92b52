// SPDX-License-Identifier: Apache-2.0
// BTF of anyone: listed, laid out, written as a header, and values of its types printed, summed and read
// back. Input: 2 bytes (how long the types are), the types, the strings. The header around them is always
// right, so that what is mutated is what the header's check does not see.
#include <bpf/libbpf.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "lab/type_header.h"
#include "lab/type_listing.h"
#include "lab/type_set.h"
#include "lab/value_leaves.h"
#include "lab/value_parser.h"
#include "lab/value_printer.h"

namespace {

using namespace weir::lab;

constexpr uint32_t kMostTypes = 8;  // of one input: the last ones, which are made of those before
constexpr size_t kMostHeaderBytes = size_t{1} << 31;

std::vector<std::byte> with_header(const uint8_t* data, size_t size) {
  const size_t wanted = size_t{data[0]} | size_t{data[1]} << 8;
  const size_t types = std::min(wanted, size - 2) / 4 * 4;
  const size_t strings = size - 2 - types;
  btf_header header{};
  header.magic = BTF_MAGIC;
  header.version = BTF_VERSION;
  header.hdr_len = sizeof header;
  header.type_len = static_cast<uint32_t>(types);
  header.str_off = static_cast<uint32_t>(types);
  header.str_len = static_cast<uint32_t>(strings + 2);
  std::vector<std::byte> whole(sizeof header + types + strings + 2);
  std::memcpy(whole.data(), &header, sizeof header);
  std::memcpy(whole.data() + sizeof header, data + 2, types);
  // The first string is empty, the last one ends.
  std::memcpy(whole.data() + sizeof header + types + 1, data + 2 + types, strings);
  return whole;
}

void require(bool holds) {
  if (!holds) std::abort();
}

/// Brackets and quotes close, so that a reader of JSON lines finds the end.
void require_balance(const std::string& json) {
  std::vector<char> open;
  bool quoted = false;
  for (size_t i = 0; i < json.size(); ++i) {
    const char at = json[i];
    if (quoted) {
      if (at == '\\') ++i;
      if (at == '"') quoted = false;
    } else if (at == '"') {
      quoted = true;
    } else if (at == '{' || at == '[') {
      open.push_back(at);
    } else if (at == '}' || at == ']') {
      require(!open.empty() && open.back() == (at == '}' ? '{' : '['));
      open.pop_back();
    }
  }
  require(open.empty() && !quoted);
}

void use_type(const TypeSet& types, uint32_t id) {
  static_cast<void>(type_text(types, id));
  require_balance(type_record(types, id).line());
  static_cast<void>(layout_text(types, id));
  require_balance(layout_record(types, id).line());
  std::vector<std::byte> bytes(96);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 37);
  std::string text, json;
  const PrintProblem problem = print_value(types, id, bytes, ValueForm::text, text);
  require(print_value(types, id, bytes, ValueForm::json, json) == problem);
  require_balance(json);
  if (text.size() > (size_t{1} << 16)) return;
  std::vector<std::byte> read(bytes.size());
  static_cast<void>(parse_value(types, id, text, read));
  static_cast<void>(parse_value(types, id, json, read));
  if (const auto leaves = leaves_of(types, id)) {
    require(leaves->size() <= kMostLeaves + 1);
    static_cast<void>(sum_of_cpus(*leaves, bytes, 48, 2, 48));
    for (const Leaf& leaf : *leaves) static_cast<void>(leaf_number(leaf, bytes));
  }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  libbpf_set_print(nullptr);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2 || size > 16384) return 0;
  const auto types = TypeSet::of_bytes(with_header(data, size));
  if (!types) return 0;
  // 0 and the one behind the last are none.
  const uint32_t end = types->last_id() + 1;
  for (uint32_t id = end - std::min(end, kMostTypes); id <= end; ++id) use_type(*types, id);
  static_cast<void>(find_type(*types, "a"));
  size_t written = 0;
  static_cast<void>(write_header(*types, 0, [&](std::string_view piece) { written += piece.size(); }));
  require(written < kMostHeaderBytes);
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// What an object file has in it, without loading it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace weir::lab {

struct ObjectProgram {
  std::string name;
  std::string section;
  std::string type;         // "xdp"; empty where libbpf does not know the section
  std::string attach_type;  // empty: the type has none
  uint32_t instructions = 0;
};

struct ObjectMap {
  std::string name;
  std::string type;
  uint32_t key_bytes = 0;
  uint32_t value_bytes = 0;
  uint32_t max_entries = 0;
  uint32_t flags = 0;
  std::string key_type;  // as C writes it; empty without BTF
  std::string value_type;
  std::string pin;  // where libbpf would pin it
};

struct ObjectGlobal {
  std::string section;  // ".rodata"
  std::string name;
  std::string type;
  std::string text;  // the value that it starts with, as text and as JSON
  std::string json;
};

struct ObjectSummary {
  std::string license;  // empty: none
  bool little_endian = true;
  bool has_btf = false;
  uint32_t types = 0;  // of BTF
  std::vector<ObjectProgram> programs;
  std::vector<ObjectMap> maps;
  std::vector<ObjectGlobal> globals;
};

/// Fails with bad_input and libbpf's reason.
base::Result<ObjectSummary> summarize_object(const std::string& path);

}  // namespace weir::lab

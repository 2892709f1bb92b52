// SPDX-License-Identifier: Apache-2.0
// How users point at a program, map or link: id 12, 12, a name, or a path below a BPF file system.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace weir::lab {

enum class ObjectKind : uint8_t { program, map, link, btf };

/// "program", "map", "link", "BTF"
const char* word_for(ObjectKind kind);

struct ObjectReference {
  enum class Form : uint8_t { id, name, pin };
  Form form = Form::id;
  uint32_t id = 0;
  std::string text;  // a name or a path
};

struct ReadReference {
  ObjectReference reference;
  size_t words = 1;  // that it took
};
/// From the first of `words`, or of two: "id 12", "name x", "pinned /sys/fs/bpf/x". bad_input where there are
/// none.
base::Result<ReadReference> read_reference(std::span<const std::string> words);

/// What the reference points at. not_found where there is no such object, bad_input where there are several
/// of that name (the message lists them), permission where ids may not be asked for (CAP_SYS_ADMIN).
base::Result<base::UniqueFd> open_object(ObjectKind kind, const ObjectReference& reference);

/// The ids of all objects of that kind, ascending. Needs CAP_SYS_ADMIN.
base::Result<std::vector<uint32_t>> object_ids(ObjectKind kind);
/// not_found where it has gone meanwhile.
base::Result<base::UniqueFd> open_id(ObjectKind kind, uint32_t id);
/// What a descriptor of the kernel's is; nothing for others.
std::optional<ObjectKind> kind_of_descriptor(int fd);
/// Whether the path leads to a BPF file system.
bool is_in_bpffs(const std::string& path);

}  // namespace weir::lab

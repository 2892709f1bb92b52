// SPDX-License-Identifier: Apache-2.0
// An object file's programs, each loaded by itself to hear what the verifier says, and let go: nothing is
// attached or pinned. Knows nothing of what a refusal means.
#pragma once

#include <bpf/libbpf.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "lab/line_table.h"
#include "lab/object_functions.h"

namespace weir::lab {

struct FreeObject {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};
using OwnedObject = std::unique_ptr<bpf_object, FreeObject>;

/// Opens without loading; pins are forgotten and sections that libbpf does not know yet get their type
/// (`newer_section`). `btf`: of the kernel to adapt to; empty: the running one. Fails with bad_input and
/// libbpf's reason in our words.
base::Result<OwnedObject> open_object(std::span<const std::byte> object, const std::string& btf);

enum class TrialEnd : uint8_t {
  accepted,
  refused,    // by the verifier: `log` says why
  not_asked,  // the kernel or libbpf refused before the verifier saw it: `system_errno`, `libbpf_lines`
};

struct TrialProgram {
  std::string name;
  std::string section;
  bpf_prog_type type = BPF_PROG_TYPE_UNSPEC;
  TrialEnd end = TrialEnd::not_asked;
  int system_errno = 0;
  uint32_t instructions = 0;  // with those of the functions that it calls
  std::string log;            // the verifier's
  bool log_cut = false;       // its beginning (from Linux 6.4 on) or its end is missing
  std::vector<std::string> libbpf_lines;
  std::vector<PlacedFunction> functions;
  LineTable lines;
};

struct TrialOptions {
  std::string btf;                    // of the kernel to adapt to; empty: the running one
  std::vector<std::string> programs;  // only these; empty: all
  bool walk = false;                  // the log of an accepted program tells the verifier's whole way
  bool verbose = false;               // libbpf's warnings to stderr too
};

struct Trial {
  ObjectContents contents;
  std::vector<TrialProgram> programs;
};

/// Needs CAP_BPF, and what the programs' types need. All are loaded together first, with short logs; where
/// that fails each by itself; a refused program is loaded once more for what the verifier knew before, in up
/// to kMostLogBytes. How long that takes is bounded by the verifier itself (1,000,000 instructions).
inline constexpr size_t kMostLogBytes = (size_t{16} << 20) - 1;  // before Linux 5.15 the kernel takes no more
inline constexpr size_t kMostPrograms = 512;
base::Result<Trial> try_object(std::span<const std::byte> object, const TrialOptions& options);

/// By its name or its first octets; else it is a source.
bool is_object_file(const std::string& path, std::span<const std::byte> bytes);
/// The whole of a file of up to 64 MiB, such as an object. Fails with bad_input.
base::Result<std::vector<std::byte>> read_object_file(const std::string& path);

}  // namespace weir::lab

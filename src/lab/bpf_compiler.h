// SPDX-License-Identifier: Apache-2.0
// FILE.bpf.c -> object file, by clang. Nothing is written to disk but the kernel's header in its cache.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "lab/clang_message.h"

namespace weir::lab {

struct CompileOptions {
  std::string source;  // path of a C file
  std::string btf;     // what vmlinux.h is made from; empty: the running kernel's
  std::vector<std::string> include_folders;
  std::vector<std::string> defines;  // NAME or NAME=VALUE
  bool keep_null_checks = false;     // also those that C lets clang delete
};

struct Compilation {
  std::vector<std::byte> object;       // an ELF file; empty: the source does not compile, see `messages`
  std::vector<ClangMessage> messages;  // warnings and errors in their order
  std::string clang;                   // the program that was run
};

/// `#include "vmlinux.h"` finds the one beside the source, else one made from BTF (`kernel_header_folder`).
/// Fails with bad_input or not_found where the source cannot be read, unsupported where there is no clang
/// (names Debian's package), resource where clang needs more than a minute, 4 GiB of memory or 64 MiB of
/// output.
base::Result<Compilation> compile_bpf(const CompileOptions& options);

/// The compiler: $CLANG, else clang or the newest clang-N in $PATH.
base::Result<std::string> find_clang();

/// What to do about an error that everybody meets once, as a sentence; empty: nothing is known.
std::string compile_advice(const std::vector<ClangMessage>& messages);

/// "x86", "arm64", …: what bpf_tracing.h wants as __TARGET_ARCH_…
const char* target_architecture();

}  // namespace weir::lab

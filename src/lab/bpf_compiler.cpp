// SPDX-License-Identifier: Apache-2.0
#include "lab/bpf_compiler.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "base/unique_fd.h"
#include "config/nearest_word.h"
#include "lab/bounded_command.h"
#include "lab/kernel_header.h"

namespace weir::lab {
namespace {

using base::ErrorKind;
using base::Result;
namespace fs = std::filesystem;

constexpr int kNewestClang = 25;
constexpr int kOldestClang = 11;
constexpr std::string_view kNoHeader = "'vmlinux.h' file not found";

#if defined(__x86_64__)
constexpr const char* kArchitecture = "x86";
#elif defined(__aarch64__)
constexpr const char* kArchitecture = "arm64";
#elif defined(__riscv)
constexpr const char* kArchitecture = "riscv";
#elif defined(__powerpc64__)
constexpr const char* kArchitecture = "powerpc";
#elif defined(__s390x__)
constexpr const char* kArchitecture = "s390";
#elif defined(__arm__)
constexpr const char* kArchitecture = "arm";
#else
#error "add this architecture's name in libbpf's bpf_tracing.h"
#endif

/// Where Debian has <asm/types.h>; empty: there is no such folder.
std::string multiarch_folder() {
#if defined(__x86_64__)
  constexpr const char* kFolder = "/usr/include/x86_64-linux-gnu";
#elif defined(__aarch64__)
  constexpr const char* kFolder = "/usr/include/aarch64-linux-gnu";
#elif defined(__riscv)
  constexpr const char* kFolder = "/usr/include/riscv64-linux-gnu";
#elif defined(__powerpc64__)
  constexpr const char* kFolder = "/usr/include/powerpc64le-linux-gnu";
#elif defined(__s390x__)
  constexpr const char* kFolder = "/usr/include/s390x-linux-gnu";
#else
  constexpr const char* kFolder = "/usr/include/arm-linux-gnueabihf";
#endif
  std::error_code none;
  return fs::is_directory(kFolder, none) ? kFolder : std::string();
}

std::string in_path(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path ? path : "/usr/local/bin:/usr/bin:/bin";
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(':'), rest.size());
    const std::string candidate = std::string(rest.substr(0, end)) + "/" + name;
    if (end > 0 && access(candidate.c_str(), X_OK) == 0) return candidate;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {};
}

Result<> check_source(const std::string& path) {
  struct stat status {};
  const base::UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid() || fstat(file.get(), &status) != 0)
    return base::fail(ErrorKind::bad_input, path + ": " + std::strerror(errno), errno);
  if (!S_ISREG(status.st_mode)) return base::fail(ErrorKind::bad_input, path + ": not a file");
  return {};
}

std::vector<std::string> command_line(const CompileOptions& options, const std::string& clang,
                                      const std::string& header_folder) {
  std::vector<std::string> words = {
      clang, "-O2", "-g", "-target", "bpf", std::string("-D__TARGET_ARCH_") + kArchitecture,
      "-fno-caret-diagnostics", "-fno-color-diagnostics", "-Wall",
      // libbpf would refuse the object later, without a line.
      "-Werror=implicit-function-declaration", "-ferror-limit=10", "-Wno-unused-function",
      "-Wno-unknown-pragmas", "-Wno-compare-distinct-pointer-types", "-Wno-address-of-packed-member"};
  if (options.keep_null_checks) words.push_back("-fno-delete-null-pointer-checks");
  for (const std::string& define : options.defines) words.push_back("-D" + define);
  for (const std::string& folder : options.include_folders) words.push_back("-I" + folder);
  if (!header_folder.empty()) words.insert(words.end(), {"-isystem", header_folder});
  if (const std::string folder = multiarch_folder(); !folder.empty())
    words.insert(words.end(), {"-idirafter", folder});
  // The name could begin with '-'.
  const std::string& source = options.source;
  words.insert(words.end(), {"-x", "c", "-c", source.starts_with('-') ? "./" + source : source, "-o", "-"});
  return words;
}

bool lacks_kernel_header(const Compilation& made) {
  return std::any_of(made.messages.begin(), made.messages.end(), [](const ClangMessage& message) {
    return message.text.find(kNoHeader) != std::string::npos;
  });
}

Result<Compilation> run_clang(const CompileOptions& options, const std::string& clang,
                              const std::string& header_folder) {
  constexpr CommandLimits kLimits{.seconds = 60, .memory_bytes = 4ull << 30, .output_bytes = 64ull << 20};
  auto run = run_bounded(command_line(options, clang, header_folder), kLimits);
  if (!run) return base::fail_within(std::move(run.error()), clang);
  Compilation made;
  made.clang = clang;
  made.messages = parse_clang_messages(run->errors);
  if (run->exit_code == 0) {
    const auto* bytes = reinterpret_cast<const std::byte*>(run->output.data());
    made.object.assign(bytes, bytes + run->output.size());
    return made;
  }
  const bool told = std::any_of(made.messages.begin(), made.messages.end(), [](const ClangMessage& message) {
    return message.severity == ClangSeverity::error;
  });
  if (!told)
    return base::fail(ErrorKind::resource, clang + " ended with code " + std::to_string(run->exit_code) +
                                               " and without an error: " + run->errors.substr(0, 300));
  return made;
}

// Of the headers that Weir was built with; newer helpers are missing.
#define WEIR_HELPER_NAME(name) "bpf_" #name
constexpr auto kHelpers = std::to_array<std::string_view>({__BPF_FUNC_MAPPER(WEIR_HELPER_NAME)});
#undef WEIR_HELPER_NAME

/// The name in clang's message on a function that nothing declares; empty: it is another message.
std::string undeclared_function(std::string_view text) {
  for (const std::string_view words :
       {"implicit declaration of function '", "call to undeclared function '",
        "call to undeclared library function '", "implicitly declaring library function '"}) {
    const size_t at = text.find(words);
    if (at == std::string_view::npos) continue;
    text.remove_prefix(at + words.size());
    return std::string(text.substr(0, text.find('\'')));
  }
  return {};
}

std::string function_advice(const std::string& name) {
  if (std::find(kHelpers.begin(), kHelpers.end(), name) != kHelpers.end() || name == "bpf_printk")
    return name + " is declared by #include <bpf/bpf_helpers.h>";
  if (const auto near = config::nearest_word(name, kHelpers); near && name.starts_with("bpf_"))
    return "there is no helper " + name + "; did you mean " + std::string(*near) +
           "? A function of the kernel (kfunc) needs a line `extern … __ksym;`";
  if (name.starts_with("bpf_"))
    return "there is no helper " + name +
           "; a function of the kernel (kfunc) needs a line `extern … __ksym;`";
  return "there is no C library in the kernel, and its functions are called as helpers or kfuncs only: "
         "write " +
         name + " yourself (static __always_inline), or use __builtin_memcpy and its like";
}

}  // namespace

const char* target_architecture() {
  return kArchitecture;
}

Result<std::string> find_clang() {
  if (const char* named = std::getenv("CLANG"); named && *named) {
    const std::string name = named;
    const std::string found = name.find('/') != std::string::npos ? name : in_path(name);
    if (!found.empty() && access(found.c_str(), X_OK) == 0) return found;
    return base::fail(ErrorKind::unsupported, "$CLANG names " + name + ", which cannot be run");
  }
  if (std::string found = in_path("clang"); !found.empty()) return found;
  for (int version = kNewestClang; version >= kOldestClang; --version)
    if (std::string found = in_path("clang-" + std::to_string(version)); !found.empty()) return found;
  return base::fail(
      ErrorKind::unsupported,
      "clang is needed to compile and is not in $PATH; apt-get install clang brings it. An object "
      "file (.o) needs none");
}

Result<Compilation> compile_bpf(const CompileOptions& options) {
  if (auto readable = check_source(options.source); !readable) return tl::unexpected(readable.error());
  auto clang = find_clang();
  if (!clang) return tl::unexpected(clang.error());
  // One kernel's header was asked for: that one, also where clang would find another.
  std::string header_folder;
  if (!options.btf.empty()) {
    auto folder = kernel_header_folder(options.btf);
    if (!folder) return tl::unexpected(folder.error());
    header_folder = std::move(*folder);
  }
  auto made = run_clang(options, *clang, header_folder);
  if (!made || !header_folder.empty() || !lacks_kernel_header(*made)) return made;
  auto folder = kernel_header_folder({});
  if (!folder) return tl::unexpected(folder.error());
  return run_clang(options, *clang, *folder);
}

std::string compile_advice(const std::vector<ClangMessage>& messages) {
  struct Advice {
    std::string_view part;
    std::string_view sentence;
  };
  constexpr std::array<Advice, 10> kAdvice{{
      {"unknown type name '__u", "include <linux/bpf.h>, or \"vmlinux.h\", before <bpf/bpf_helpers.h>"},
      {"'bpf/", "libbpf's headers are missing: apt-get install libbpf-dev"},
      {"'asm/types.h' file not found", "the kernel's headers are missing: apt-get install linux-libc-dev"},
      {"'linux/", "the kernel's headers are missing: apt-get install linux-libc-dev"},
      {"'gnu/stubs-32.h' file not found",
       "a header of the C library came in (stdio.h, string.h, …): programs in the kernel have none; take it "
       "out"},
      {"'stdio.h' file not found", "programs in the kernel have no C library: use bpf_printk for text"},
      {"redefinition of", "vmlinux.h already has what <linux/…> headers define: include one of the two"},
      {"typedef redefinition", "vmlinux.h already has what <linux/…> headers define: include one of the two"},
      {"Looks like the BPF stack limit",
       "a program has 512 bytes of stack: put large variables into a per-CPU array "
       "map of one entry"},
      {"__builtin_mem",
       "copies of a size that is not known when compiling need a loop, or bpf_probe_read_kernel"},
  }};
  for (const ClangMessage& message : messages) {
    if (message.severity != ClangSeverity::error) continue;
    for (const auto& [part, sentence] : kAdvice)
      if (message.text.find(part) != std::string::npos) return std::string(sentence);
    if (const std::string function = undeclared_function(message.text); !function.empty())
      return function_advice(function);
    if (message.text.find("undeclared") != std::string::npos &&
        message.text.find("'SEC'") != std::string::npos)
      return "SEC() comes from #include <bpf/bpf_helpers.h>";
  }
  return {};
}

}  // namespace weir::lab

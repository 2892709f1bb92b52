// SPDX-License-Identifier: Apache-2.0
#include "lab/kernel_header.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"

namespace weir::lab {
namespace {

using base::ErrorKind;
using base::Result;
namespace fs = std::filesystem;

constexpr const char* kKernelBtf = "/sys/kernel/btf/vmlinux";
constexpr size_t kMostBtfBytes = size_t{256} << 20;
constexpr size_t kMostHeaderBytes = size_t{64} << 20;
constexpr std::string_view kFolderPrefix = "vmlinux-";

constexpr std::string_view kHead = R"(#ifndef __VMLINUX_H__
#define __VMLINUX_H__
#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
#endif
)";
constexpr std::string_view kTail = R"(#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif
#endif
)";

struct FreeBtf {
  void operator()(btf* types) const { btf__free(types); }
};
struct FreeDump {
  void operator()(btf_dump* dump) const { btf_dump__free(dump); }
};

Result<std::string> read_whole(const std::string& path) {
  const base::UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) {
    if (path == kKernelBtf && errno == ENOENT)
      return base::fail(
          ErrorKind::unsupported,
          "this kernel has no BTF (CONFIG_DEBUG_INFO_BTF), which vmlinux.h is made from; name a file "
          "that has it with --btf",
          ENOENT);
    return base::fail(ErrorKind::bad_input, path + ": " + std::strerror(errno), errno);
  }
  std::string bytes;
  std::vector<char> part(1 << 20);
  for (;;) {
    const ssize_t got = read(file.get(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::fail_errno(errno, path);
    if (got == 0) return bytes;
    bytes.append(part.data(), static_cast<size_t>(got));
    if (bytes.size() > kMostBtfBytes) return base::fail(ErrorKind::bad_input, path + ": too large for BTF");
  }
}

/// FNV-1a over words of eight bytes: tells kernels apart, and keeps no secret.
uint64_t hash(std::string_view bytes) {
  uint64_t sum = 0xcbf29ce484222325;
  for (; !bytes.empty(); bytes.remove_prefix(std::min<size_t>(8, bytes.size()))) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data(), std::min<size_t>(8, bytes.size()));
    sum = (sum ^ word) * 0x100000001b3;
    sum ^= sum >> 32;
  }
  return sum;
}

void append_text(void* context, const char* format, va_list arguments) noexcept {
  std::string& header = *static_cast<std::string*>(context);
  if (header.size() > kMostHeaderBytes) return;
  std::array<char, 512> line;
  va_list again;
  va_copy(again, arguments);
  const int length = vsnprintf(line.data(), line.size(), format, arguments);
  if (length >= static_cast<int>(line.size())) {
    const size_t at = header.size();
    header.resize(at + static_cast<size_t>(length) + 1);
    vsnprintf(header.data() + at, static_cast<size_t>(length) + 1, format, again);
    header.pop_back();
  } else if (length > 0) {
    header.append(line.data(), static_cast<size_t>(length));
  }
  va_end(again);
}

Result<std::string> make_header(const std::string& path) {
  const std::unique_ptr<btf, FreeBtf> types(btf__parse(path.c_str(), nullptr));
  if (!types) return base::fail(ErrorKind::bad_input, path + ": no BTF: " + std::strerror(errno), errno);
  std::string header(kHead);
  const std::unique_ptr<btf_dump, FreeDump> dump(btf_dump__new(types.get(), append_text, &header, nullptr));
  if (!dump) return base::fail_errno(errno, path);
  const uint32_t count = btf__type_cnt(types.get());
  for (uint32_t id = 1; id < count; ++id) {
    const int problem = btf_dump__dump_type(dump.get(), id);
    if (problem != 0)
      return base::fail(
          ErrorKind::bad_input,
          path + ": type " + std::to_string(id) + " cannot be written as C: " + std::strerror(-problem),
          -problem);
    if (header.size() > kMostHeaderBytes)
      return base::fail(ErrorKind::bad_input, path + ": too many types for a header");
  }
  header += kTail;
  return header;
}

Result<> write_atomically(const fs::path& to, std::string_view text) {
  const fs::path temporary = to.string() + "." + std::to_string(getpid());
  const base::UniqueFd file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file.valid()) return base::fail_errno(errno, temporary.string());
  while (!text.empty()) {
    const ssize_t put = write(file.get(), text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      const int problem = errno;
      unlink(temporary.c_str());
      return base::fail_errno(problem, temporary.string());
    }
    text.remove_prefix(static_cast<size_t>(put));
  }
  if (rename(temporary.c_str(), to.c_str()) != 0) return base::fail_errno(errno, to.string());
  return {};
}

void remove_oldest(const fs::path& cache) {
  std::error_code problem;
  std::vector<std::pair<fs::file_time_type, fs::path>> folders;
  for (const auto& entry : fs::directory_iterator(cache, problem))
    if (entry.path().filename().string().starts_with(kFolderPrefix))
      folders.emplace_back(entry.last_write_time(problem), entry.path());
  std::sort(folders.rbegin(), folders.rend());
  for (size_t i = kMostKernelHeaders; i < folders.size(); ++i) fs::remove_all(folders[i].second, problem);
}

}  // namespace

std::string cache_folder() {
  const char* xdg = std::getenv("XDG_CACHE_HOME");
  if (xdg && *xdg == '/') return std::string(xdg) + "/weir";
  const char* home = std::getenv("HOME");
  if (home && *home == '/' && home[1] != 0) return std::string(home) + "/.cache/weir";
  return "/var/cache/weir";
}

Result<std::string> kernel_header_folder(const std::string& btf) {
  const std::string path = btf.empty() ? kKernelBtf : btf;
  auto bytes = read_whole(path);
  if (!bytes) return tl::unexpected(bytes.error());
  std::array<char, 17> digits;
  std::snprintf(digits.data(), digits.size(), "%016lx",
                static_cast<unsigned long>(hash(*bytes) ^ hash(kHead)));
  const fs::path cache = cache_folder();
  const fs::path folder = cache / (std::string(kFolderPrefix) + digits.data());
  const fs::path header = folder / "vmlinux.h";
  if (access(header.c_str(), R_OK) == 0) return folder.string();
  bytes->clear();
  bytes->shrink_to_fit();
  auto text = make_header(path);
  if (!text) return base::fail_within(std::move(text.error()), "making vmlinux.h");
  std::error_code problem;
  fs::create_directories(folder, problem);
  if (problem)
    return base::fail_errno(problem.value(),
                            "making vmlinux.h: " + folder.string() + " ($XDG_CACHE_HOME moves it)");
  if (auto written = write_atomically(header, *text); !written)
    return base::fail_within(std::move(written.error()), "making vmlinux.h");
  remove_oldest(cache);
  return folder.string();
}

}  // namespace weir::lab

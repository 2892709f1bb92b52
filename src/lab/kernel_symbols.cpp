// SPDX-License-Identifier: Apache-2.0
#include "lab/kernel_symbols.h"

#include <charconv>
#include <cstdio>
#include <memory>
#include <unordered_set>

namespace weir::lab {
namespace {

struct CloseFile {
  void operator()(FILE* file) const { static_cast<void>(std::fclose(file)); }
};

/// Calls `visit(address, name)` for each symbol until it returns false.
template <class Visit>
void each_symbol(Visit visit) {
  const std::unique_ptr<FILE, CloseFile> file(std::fopen("/proc/kallsyms", "re"));
  char line[1024];
  while (file && std::fgets(line, sizeof line, file.get()) != nullptr) {
    // "ffffffff81000000 T _stext", a module's name behind a tab
    std::string_view rest(line);
    uint64_t address = 0;
    const auto [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), address, 16);
    if (problem != std::errc{} || address == 0) continue;
    rest.remove_prefix(static_cast<size_t>(end - rest.data()));
    if (rest.size() < 4) continue;
    rest.remove_prefix(3);  // " T "
    rest = rest.substr(0, rest.find_first_of("\t \n"));
    if (!visit(address, rest)) return;
  }
}

}  // namespace

KernelSymbols KernelSymbols::at(std::span<const uint64_t> addresses) {
  KernelSymbols self;
  const std::unordered_set<uint64_t> wanted(addresses.begin(), addresses.end());
  if (wanted.empty()) return self;
  each_symbol([&](uint64_t address, std::string_view name) {
    if (wanted.contains(address)) self.names_.try_emplace(address, name);
    return true;
  });
  return self;
}

std::string_view KernelSymbols::name(uint64_t address) const {
  const auto found = names_.find(address);
  return found == names_.end() ? std::string_view() : std::string_view(found->second);
}

uint64_t kernel_address(std::string_view symbol) {
  uint64_t found = 0;
  each_symbol([&](uint64_t address, std::string_view name) {
    if (name == symbol) found = address;
    return found == 0;
  });
  return found;
}

}  // namespace weir::lab

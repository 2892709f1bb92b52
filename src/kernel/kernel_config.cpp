// SPDX-License-Identifier: Apache-2.0
#include "kernel/kernel_config.h"

#include <sys/utsname.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <charconv>
#include <fstream>
#include <memory>

namespace weir::kernel {
namespace {

constexpr size_t kMaxConfigBytes = 4 << 20;  // Debian's are 250 KB

/// Gzipped or plain; empty where it cannot be read.
std::string read_text(const std::string& path) {
  struct Close {
    void operator()(gzFile_s* file) const { gzclose(file); }
  };
  const std::unique_ptr<gzFile_s, Close> file(gzopen(path.c_str(), "rbe"));
  std::string text;
  std::array<char, 16384> part{};
  while (file && text.size() < kMaxConfigBytes) {
    const int size = gzread(file.get(), part.data(), part.size());
    if (size <= 0) break;
    text.append(part.data(), static_cast<size_t>(size));
  }
  return text;
}

/// Reads "6.1..." into two numbers; what is no number stays 0.
void read_version(std::string_view text, int& major, int& minor) {
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, major);
  if (error == std::errc() && at != end && *at == '.') std::from_chars(at + 1, end, minor);
}

}  // namespace

KernelRelease KernelRelease::running() {
  utsname name{};
  return parse(uname(&name) == 0 ? name.release : "");
}

KernelRelease KernelRelease::parse(std::string text) {
  KernelRelease release{std::move(text), 0, 0};
  read_version(release.text, release.major, release.minor);
  return release;
}

bool KernelRelease::older_than(std::string_view version) const {
  int other_major = 0, other_minor = 0;
  read_version(version, other_major, other_minor);
  return major != other_major ? major < other_major : minor < other_minor;
}

KernelConfig KernelConfig::parse(std::string_view text, std::string source) {
  KernelConfig config;
  config.source_ = std::move(source);
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t equals = line.find('=');
    if (!line.starts_with("CONFIG_") || equals == std::string_view::npos) continue;
    config.values_.insert_or_assign(std::string(line.substr(0, equals)),
                                    std::string(line.substr(equals + 1)));
  }
  return config;
}

KernelConfig KernelConfig::of_running(const KernelRelease& release) {
  for (const std::string& path : {std::string("/proc/config.gz"), "/boot/config-" + release.text,
                                  "/usr/lib/modules/" + release.text + "/config"}) {
    const std::string text = read_text(path);
    if (text.find("CONFIG_") != std::string::npos) return parse(text, path);
  }
  return {};
}

std::string_view KernelConfig::value(std::string_view option) const {
  const auto found = values_.find(option);
  return found == values_.end() ? std::string_view() : std::string_view(found->second);
}

ModuleState module_state(const KernelConfig& config, const KernelRelease& release, std::string_view name,
                         std::string_view option) {
  if (config.value(option) == "y") return ModuleState::built_in;
  if (access(("/sys/module/" + std::string(name)).c_str(), F_OK) == 0) return ModuleState::loaded;
  for (const auto& [list, state] : {std::pair{"modules.builtin", ModuleState::built_in},
                                    std::pair{"modules.dep", ModuleState::on_disk}}) {
    std::ifstream lines("/lib/modules/" + release.text + "/" + list);
    const std::string file = "/" + std::string(name) + ".ko";
    for (std::string line; std::getline(lines, line);)
      if (line.substr(0, line.find(':')).find(file) != std::string::npos) return state;
  }
  return ModuleState::absent;
}

}  // namespace weir::kernel

// SPDX-License-Identifier: Apache-2.0
#include "kernel/tiny_program.h"

#include <bpf/bpf.h>

#include <array>
#include <string_view>

namespace weir::kernel {
namespace {

constexpr size_t kLogBytes = 4096;  // a few instructions make a short log

/// The last line that is not a statistic of the verifier's.
std::string last_line(std::string_view log) {
  std::string found;
  while (!log.empty()) {
    const size_t end = std::min(log.find('\n'), log.size());
    const std::string_view line = log.substr(0, end);
    if (!line.empty() && !line.starts_with("processed ") && !line.starts_with("verification time"))
      found = line;
    log.remove_prefix(std::min(end + 1, log.size()));
  }
  return found;
}

}  // namespace

base::Result<base::UniqueFd> load_tiny_program(const TinyProgram& program) {
  const std::array<bpf_insn, 2> constant{move_constant(BPF_REG_0, program.verdict), leave()};
  const std::span<const bpf_insn> body =
      program.body.empty() ? std::span<const bpf_insn>(constant) : program.body;
  bpf_prog_load_opts options{};
  options.sz = sizeof options;
  options.expected_attach_type = static_cast<bpf_attach_type>(program.expected_attach_type);
  options.attach_btf_id = program.attach_btf_id;
  int fd = bpf_prog_load(program.type, program.name, "GPL", body.data(), body.size(), &options);
  if (fd >= 0) return base::UniqueFd(fd);
  const int error = -fd;
  std::array<char, kLogBytes> log{};
  if (error != EPERM) {  // once more for the reason: asking for a log makes every load slower
    options.log_buf = log.data();
    options.log_size = log.size();
    options.log_level = 1;
    fd = bpf_prog_load(program.type, program.name, "GPL", body.data(), body.size(), &options);
    if (fd >= 0) return base::UniqueFd(fd);
  }
  const std::string reason = last_line(std::string_view(log.data(), strnlen(log.data(), log.size())));
  base::Error failed = base::fail_errno(error, "loading a program").value();
  if (!reason.empty()) failed.message = reason;
  return tl::unexpected(std::move(failed));
}

}  // namespace weir::kernel

// SPDX-License-Identifier: Apache-2.0
#include "kernel/filter_gate.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <array>
#include <string>
#include <string_view>

#include "kernel/capabilities.h"
#include "kernel/tiny_program.h"

namespace weir::kernel {
namespace {

constexpr uint32_t kXdpHasFragments = 1U << 5;  // BPF_F_XDP_HAS_FRAGS of 5.18
constexpr uint32_t kLogErrorsOnly = 4;          // BPF_LOG_STATS: the reason without a line an instruction
constexpr size_t kLogBytes = 16 * 1024;

/// What both ends of a tail call must have in common (kernel/bpf/core.c bpf_prog_map_compatible).
struct Kind {
  bpf_prog_type type;
  bpf_attach_type expected_attach_type;
  uint32_t flags;
};

Kind kind_of(const bpf_program* program) {
  Kind kind{bpf_program__type(program), bpf_program__expected_attach_type(program), 0};
  // libbpf 1.1 adds this flag when it loads, and tells nobody.
  if (std::string_view(bpf_program__section_name(program)).starts_with("xdp.frags"))
    kind.flags = kXdpHasFragments;
  return kind;
}

const char* words_for(FilterPlace place) {
  switch (place) {
    case FilterPlace::cgroup:
      return "cgroup_skb";
    case FilterPlace::tc:
    case FilterPlace::tc_layer3:
      return "tc";
    case FilterPlace::xdp:
      return "XDP";
    case FilterPlace::socket:
      return "a packet socket";
  }
  return "";
}

int load_program(const Kind& kind, const char* name, const std::vector<bpf_insn>& instructions, char* log) {
  bpf_prog_load_opts options{};
  options.sz = sizeof options;
  options.expected_attach_type = kind.expected_attach_type;
  options.prog_flags = kind.flags;
  options.log_buf = log;
  options.log_size = log != nullptr ? kLogBytes : 0;
  options.log_level = log != nullptr ? kLogErrorsOnly : 0;
  return bpf_prog_load(kind.type, name, "GPL", instructions.data(), instructions.size(), &options);
}

/// The verifier's last line before its statistics.
std::string reason_in(std::string_view log) {
  std::string_view reason;
  while (!log.empty()) {
    const size_t end = std::min(log.find('\n'), log.size());
    const std::string_view line = log.substr(0, end);
    if (!line.empty() && !line.starts_with("processed ") && !line.starts_with("verification time") &&
        !line.starts_with("stack depth"))
      reason = line;
    log.remove_prefix(std::min(end + 1, log.size()));
  }
  return std::string(reason);
}

tl::unexpected<base::Error> refused(const Kind& kind, const FilterGate::Plan& plan,
                                    const std::vector<bpf_insn>& instructions, int error) {
  if (error == EPERM) {
    const std::string missing = missing_capabilities_sentence();
    return base::fail(base::ErrorKind::permission,
                      missing.empty() ? "loading the filter is refused (EPERM): a security policy?" : missing,
                      error);
  }
  if (error == ENOMEM) return base::fail_errno(error, "loading the filter");
  std::array<char, kLogBytes> log{};
  // Takes none, as a moment ago; if it does now, the descriptor is closed again.
  const base::UniqueFd again(load_program(kind, plan.name, instructions, log.data()));
  std::string reason = reason_in(std::string_view(log.data(), strnlen(log.data(), log.size())));
  if (reason.empty()) reason = std::strerror(error);
  return base::fail(base::ErrorKind::bad_input,
                    std::string("the kernel refuses the filter at ") + words_for(plan.place) + ", " +
                        std::to_string(instructions.size()) + " instructions: " + reason +
                        "; a simpler expression may pass",
                    error);
}

base::Result<base::UniqueFd> load_filter(const Kind& kind, const FilterGate::Plan& plan,
                                         FilterRequest request, const FilterMaker& make) {
  if (plan.place == FilterPlace::xdp)
    request.xdp_load_bytes = libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_xdp_load_bytes, nullptr) > 0;
  for (;;) {
    const auto instructions = make(request);
    if (!instructions) return tl::unexpected(instructions.error());
    const int fd = load_program(kind, plan.name, *instructions, nullptr);
    if (fd >= 0) return base::UniqueFd(fd);
    if (request.direct_access && fd != -EPERM)
      request.direct_access = false;
    else
      return refused(kind, plan, *instructions, -fd);
  }
}

}  // namespace

base::Result<std::vector<bpf_insn>> pass_every_packet(const FilterRequest& request) {
  return std::vector<bpf_insn>{load_map(2, request.prog_array_fd), second_half(),       move_constant(3, 0),
                               call_helper(BPF_FUNC_tail_call),    move_constant(0, 0), leave()};
}

base::Result<FilterGate> FilterGate::load(const bpf_program* program, const Plan& plan,
                                          const FilterMaker& make) {
  base::UniqueFd prog_array(
      bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, plan.name, sizeof(uint32_t), sizeof(uint32_t), 1, nullptr));
  if (!prog_array.valid()) {
    const std::string missing = errno == EPERM ? missing_capabilities_sentence() : "";
    if (!missing.empty()) return base::fail(base::ErrorKind::permission, missing, EPERM);
    return base::fail_errno(errno, "making the array behind the filter");
  }
  const FilterRequest request{plan.place, plan.traffic, prog_array.get()};
  auto filter = load_filter(kind_of(program), plan, request, make);
  if (!filter) return tl::unexpected(filter.error());
  const uint32_t index = 0;
  const int fd = bpf_program__fd(program);
  if (bpf_map_update_elem(prog_array.get(), &index, &fd, BPF_ANY) != 0)
    return base::fail(base::ErrorKind::internal,
                      std::string("putting ") + bpf_program__name(program) + " behind the filter " +
                          plan.name + ": " + std::strerror(errno),
                      errno);
  return FilterGate(std::move(prog_array), std::move(*filter));
}

}  // namespace weir::kernel

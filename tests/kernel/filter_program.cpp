// SPDX-License-Identifier: Apache-2.0
#include "tests/kernel/filter_program.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "filter/ebpf_writer.h"

namespace weir::tests {
namespace {

using filter::EbpfWriter;
using filter::Hook;

constexpr uint32_t kXdpFragments = 1u << 5;  // BPF_F_XDP_HAS_FRAGS
constexpr size_t kMostVerifierLog = 1 << 16;

bpf_prog_type type_of(Hook hook) {
  switch (hook) {
    case Hook::xdp:
      return BPF_PROG_TYPE_XDP;
    case Hook::cgroup_skb:
      return BPF_PROG_TYPE_CGROUP_SKB;
    case Hook::socket:
      return BPF_PROG_TYPE_SOCKET_FILTER;
    default:
      return BPF_PROG_TYPE_SCHED_CLS;
  }
}

int load(Hook hook, const std::vector<bpf_insn>& instructions, uint32_t flags, char* log, size_t log_bytes) {
  DECLARE_LIBBPF_OPTS(bpf_prog_load_opts, options);
  options.prog_flags = flags;
  options.log_buf = log;
  options.log_size = static_cast<uint32_t>(log_bytes);
  options.log_level = log != nullptr ? 1 : 0;
  if (hook == Hook::cgroup_skb) options.expected_attach_type = BPF_CGROUP_INET_INGRESS;
  return bpf_prog_load(type_of(hook), "weir_filter", "GPL", instructions.data(), instructions.size(),
                       &options);
}

/// Makes the tag in cb[0] (protocol, as in memory) and cb[1] (TCI) one that the card stripped; goes on to the
/// filter.
std::vector<bpf_insn> stripper(int next) {
  using namespace filter;
  EbpfWriter writer;
  writer.move(R6, R1);
  writer.load(BPF_W, R2, R6, offsetof(__sk_buff, cb[0]));
  writer.load(BPF_W, R3, R6, offsetof(__sk_buff, cb[1]));
  writer.call(BPF_FUNC_skb_vlan_push);
  writer.append(accept_by_tail_call(Hook::tc_ethernet, next));
  return writer.take();
}

/// A frame behind 14 bytes that the test run takes off for programs without an Ethernet header.
Bytes behind_ethernet(const Bytes& frame) {
  Bytes whole(14, 0);
  whole[12] = 0x88, whole[13] = 0xb5;  // IEEE's own for experiments: nothing is checked behind it
  put(whole, frame);
  return whole;
}

std::optional<uint32_t> run(int program, const Bytes& frame, __sk_buff* context) {
  DECLARE_LIBBPF_OPTS(bpf_test_run_opts, options);
  options.data_in = frame.data();
  options.data_size_in = static_cast<uint32_t>(frame.size());
  options.repeat = 1;
  if (context != nullptr) options.ctx_in = context, options.ctx_size_in = sizeof *context;
  if (bpf_prog_test_run_opts(program, &options) != 0) return std::nullopt;
  return options.retval;
}

std::optional<bool> verdict(std::optional<uint32_t> value) {
  if (!value || *value > 1) return std::nullopt;
  return *value == 1;
}

}  // namespace

const char* name_of(Hook hook) {
  switch (hook) {
    case Hook::xdp:
      return "xdp";
    case Hook::tc_ethernet:
      return "tc";
    case Hook::tc_raw:
      return "tc_raw";
    case Hook::cgroup_skb:
      return "cgroup_skb";
    case Hook::socket:
      return "socket";
  }
  return "";
}

filter::EbpfTarget verdict_target(Hook hook) {
  filter::EbpfTarget target;
  target.hook = hook;
  target.direction = hook == Hook::xdp ? filter::Direction::ingress : filter::Direction::of_packet;
  target.xdp_load_bytes = has_xdp_load_bytes();
  target.accept = filter::accept_by_value(1);
  target.reject = 0;
  return target;
}

bool may_load_programs() {
  static const bool may = [] {
    const base::UniqueFd program(load(Hook::tc_ethernet, filter::accept_by_value(0), 0, nullptr, 0));
    return program.valid() || errno != EPERM;
  }();
  return may;
}

bool has_xdp_load_bytes() {
  static const bool has = [] {
    using namespace filter;
    EbpfWriter writer;
    writer.call(BPF_FUNC_xdp_get_buff_len);
    writer.move(R0, 2);
    writer.exit();
    return base::UniqueFd(load(Hook::xdp, writer.take(), kXdpFragments, nullptr, 0)).valid();
  }();
  return has;
}

FilterProgram::FilterProgram(filter::ClassicSpan program, const filter::EbpfTarget& target)
    : hook_(target.hook) {
  const auto instructions = filter::translate_to_ebpf(program, target);
  if (!instructions) {
    failure_ = instructions.error().message;
    return;
  }
  instructions_ = instructions->size();
  const bool fragments = target.hook == Hook::xdp && target.xdp_load_bytes;
  program_.reset(load(target.hook, *instructions, fragments ? kXdpFragments : 0, nullptr, 0));
  if (!program_.valid()) {
    failure_ = std::string("the kernel refuses it: ") + std::strerror(errno);
    std::vector<char> log(kMostVerifierLog, 0);
    program_.reset(load(target.hook, *instructions, fragments ? kXdpFragments : 0, log.data(), log.size()));
    const std::string text(log.data());
    failure_ += "\n" + text.substr(text.size() > 2000 ? text.size() - 2000 : 0);
    return;
  }
  if (target.hook != Hook::tc_ethernet) return;
  stripped_next_.reset(bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "filter", 4, 4, 1, nullptr));
  const int zero = 0, next = program_.get();
  if (!stripped_next_.valid() || bpf_map_update_elem(stripped_next_.get(), &zero, &next, BPF_ANY) != 0) {
    failure_ = "no map for the program that strips tags";
    return;
  }
  stripper_.reset(load(Hook::tc_ethernet, stripper(stripped_next_.get()), 0, nullptr, 0));
  if (!stripper_.valid()) failure_ = std::string("the program that strips tags: ") + std::strerror(errno);
}

std::optional<bool> FilterProgram::matches(const Bytes& frame) const {
  const bool from_ethernet = hook_ == Hook::xdp || hook_ == Hook::tc_ethernet;
  return verdict(run(program_.get(), from_ethernet ? frame : behind_ethernet(frame), nullptr));
}

std::optional<bool> FilterProgram::matches(const Bytes& frame, StrippedTag tag) const {
  __sk_buff context{};
  context.cb[0] = htons(tag.protocol);
  context.cb[1] = tag.tci;
  return verdict(run(stripper_.get(), frame, &context));
}

}  // namespace weir::tests

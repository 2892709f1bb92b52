// SPDX-License-Identifier: Apache-2.0
#include "lab/refusal.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>
#include <vector>

namespace weir::lab {
namespace {

using Kind = RefusalKind;

Kind kind_of(std::string_view verdict) {
  const std::vector<std::string_view> lines = {verdict};
  return classify_verdict(lines).kind;
}

struct Wording {
  Kind kind;
  std::string_view verdict;
};

TEST(Refusal, wordings_of_old_and_new_kernels_are_told_apart) {
  constexpr Wording kWordings[] = {
      {Kind::null_pointer, "R0 invalid mem access 'map_value_or_null'"},
      {Kind::null_pointer, "R1 invalid mem access 'mem_or_null'"},
      {Kind::null_pointer, "R1 pointer arithmetic on map_value_or_null prohibited, null-check it first"},
      {Kind::null_argument, "R3 type=map_value_or_null expected=fp, pkt, pkt_meta, map_value"},
      {Kind::null_argument, "Possibly NULL pointer passed to trusted arg0"},
      {Kind::not_a_pointer, "R1 invalid mem access 'inv'"},     // 5.10
      {Kind::not_a_pointer, "R1 invalid mem access 'scalar'"},  // 5.18
      {Kind::packet_bounds, "invalid access to packet, off=12 size=1, R1(id=0,off=12,r=0)"},
      {Kind::map_value_bounds, "invalid access to map value, value_size=64 off=64 size=8"},
      {Kind::map_value_bounds, "R1 unbounded memory access, make sure to bounds check any such access"},
      {Kind::map_value_bounds,
       "R1 min value is negative, either use unsigned index or do a if (index >=0) check."},
      {Kind::unbounded_size, "R4 min value is negative, either use unsigned or 'var &= const'"},
      {Kind::unbounded_size, "R2 unbounded memory access, use 'var &= const' or 'if (var < const)'"},
      {Kind::unbounded_size, "R4 invalid zero-sized read: u64=[0,64]"},
      {Kind::stack_bounds, "invalid unbounded variable-offset read from stack R2"},
      {Kind::stack_bounds, "invalid stack off=-520 size=8"},
      {Kind::stack_bounds, "invalid read from stack R1 off=-8 size=100"},           // 6.18
      {Kind::stack_bounds, "invalid indirect access to stack R1 off=-8 size=100"},  // 6.1
      {Kind::stack_bounds, "invalid stack type R1 off=-8 access_size=100"},         // 5.10
      {Kind::uninitialised_stack, "invalid read from stack R2 off -8+2 size 8"},
      {Kind::stack_too_deep, "combined stack size of 2 calls is 736. Too large"},
      {Kind::memory_bounds, "invalid access to memory, mem_size=8 off=8 size=8"},
      {Kind::uninitialised_register, "R0 !read_ok"},
      {Kind::uninitialised_stack, "invalid indirect read from stack R2 off -8+2 size 8"},
      {Kind::uninitialised_stack, "invalid read from stack off -8+0 size 8"},
      {Kind::read_only, "write into map forbidden, value_size=8 off=0 size=8"},
      {Kind::read_only, "cannot write into packet"},
      {Kind::read_only, "only read is supported"},
      {Kind::context_bounds, "invalid bpf_context access off=76 size=4"},
      {Kind::context_pointer, "dereference of modified ctx ptr R1 off=4 disallowed"},
      {Kind::context_pointer, "variable ctx access var_off=(0x0; 0x4) disallowed"},
      {Kind::struct_access, "access beyond struct task_struct at off 100000 size 1"},
      {Kind::pointer_arithmetic, "R1 pointer arithmetic on pkt_end prohibited"},
      {Kind::pointer_arithmetic, "R1 bitwise operator &= on pointer prohibited"},
      {Kind::pointer_arithmetic, "R4 32-bit pointer arithmetic prohibited"},
      {Kind::pointer_comparison, "R1 pointer comparison prohibited"},
      {Kind::pointer_leak, "R0 leaks addr as return value"},
      {Kind::mixed_pointers, "same insn cannot be used with different pointers"},
      {Kind::misaligned, "misaligned stack access off (0x0; 0x0)+-16+3 size 8"},  // 6.1
      {Kind::misaligned, "misaligned stack access off 0+-16+3 size 8"},           // 6.18
      {Kind::atomic, "BPF_XADD stores into R1 pkt is not allowed"},               // 5.10
      {Kind::atomic, "BPF_ATOMIC stores into R1 pkt is not allowed"},
      {Kind::division_by_zero, "div by zero"},
      {Kind::endless_loop, "infinite loop detected at insn 9"},
      {Kind::endless_loop, "back-edge from insn 12 to 3"},
      {Kind::too_complex, "BPF program is too large. Processed 1000001 insn"},
      {Kind::too_complex, "The sequence of 8193 jumps is too complex."},
      {Kind::unreachable, "unreachable insn 5"},
      {Kind::jump_out_of_range, "jump out of range from insn 0 to 5001"},
      {Kind::no_exit, "last insn is not an exit or jmp"},
      {Kind::call_too_deep, "the call stack of 9 frames is too deep !"},
      {Kind::global_function, "Arg#1 type PTR in global() is not supported yet."},  // 5.10
      {Kind::global_function, "Caller passes invalid args into func#1 ('global')"},
      {Kind::return_value,
       "At program exit the register R0 has value (0x0; 0xffffffff) should have been in (0x0; 0x1)"},
      {Kind::return_value,
       "At program exit the register R0 has smin=0 smax=4294967295 should have been in [0, 1]"},
      {Kind::unreleased_reference, "Unreleased reference id=2 alloc_insn=5"},
      {Kind::not_acquired, "R1 type=scalar expected=alloc_mem"},    // 6.1
      {Kind::not_acquired, "R1 type=scalar expected=ringbuf_mem"},  // 6.18
      {Kind::spin_lock, "function calls are not allowed while holding a lock"},
      {Kind::spin_lock, "BPF_EXIT instruction in main prog cannot be used inside bpf_spin_lock-ed region"},
      {Kind::rcu_lock, "BPF_EXIT instruction in main prog cannot be used inside bpf_rcu_read_lock-ed region"},
      {Kind::dynptr, "Expected an initialized dynptr as arg #3"},
      {Kind::iterator, "expected an initialized iter_num as arg #0"},
      {Kind::helper_not_allowed, "unknown func bpf_skb_load_bytes#26"},  // up to 6.11
      {Kind::helper_not_allowed, "program of this type cannot use helper bpf_skb_load_bytes#26"},
      {Kind::unknown_helper, "invalid func unknown#201"},
      {Kind::gpl_only, "cannot call GPL-restricted function from non-GPL compatible program"},
      {Kind::gpl_only, "cannot call GPL only function from proprietary program"},
      {Kind::kfunc_not_allowed, "calling kernel function bpf_sock_destroy is not allowed"},
      {Kind::sleepable, "helper call might sleep in a non-sleepable prog"},
      {Kind::tail_call_place,
       "tail_calls are not allowed when call stack of previous frames is 304 bytes. Too large"},
      {Kind::wrong_map, "cannot pass map_type 1 into func bpf_perf_event_output#25"},
      {Kind::wrong_map, "kernel subsystem misconfigured verifier"},
      {Kind::wrong_map, "expected prog array map for tail call"},
      {Kind::wrong_argument, "R2 type=inv expected=fp, pkt, pkt_meta, map_value"},
      {Kind::core_relocation, "invalid func unknown#195896080"},
      {Kind::core_relocation,
       "failed to resolve CO-RE relocation <byte_off> [5] struct a.b (0:0 @ offset 0)"},
      {Kind::untrusted_pointer, "R1 must be a rcu pointer"},
      {Kind::types_missing, "missing btf func_info"},
      {Kind::unknown, "something that no kernel says"},
  };
  for (const auto& [kind, verdict] : kWordings)
    EXPECT_EQ(refusal_name(kind_of(verdict)), refusal_name(kind)) << verdict;
}

TEST(Refusal, the_last_line_that_says_something_decides) {
  const std::vector<std::string_view> lines = {
      "arg#0 reference type('UNKNOWN ') size cannot be determined: -22",
      "invalid access to packet, off=13 size=1, R2(id=0,off=13,r=13)", "R2 offset is outside of the packet"};
  const std::vector<std::string_view> of_5_10 = {"arg#1 type is not a struct",
                                                 "Arg#1 type PTR in global() is not supported yet."};
  EXPECT_EQ(classify_verdict(of_5_10).kind, Kind::global_function);
  const Refusal refusal = classify_verdict(std::span(lines).subspan(1));
  EXPECT_EQ(refusal.kind, Kind::packet_bounds);
  EXPECT_EQ(refusal.register_name, "R2");
  EXPECT_EQ(
      refusal.verdict,
      "invalid access to packet, off=13 size=1, R2(id=0,off=13,r=13); R2 offset is outside of the packet");
}

TEST(Refusal, what_libbpf_says_is_told_apart) {
  const auto kind = [](std::vector<std::string> lines, int number) {
    return classify_without_log(lines, number).kind;
  };
  EXPECT_EQ(kind({"extern 'gone' (strong): not resolved"}, ESRCH), Kind::unresolved_symbol);
  EXPECT_EQ(kind({"prog 'x': failed to find kernel BTF type ID of 'nothing': -3"}, ESRCH),
            Kind::attach_target);
  EXPECT_EQ(kind({"Error in bpf_create_map_xattr(m):Invalid argument(-22). Retrying without BTF.",
                  "map 'm': failed to create: Invalid argument(-22)"},
                 EINVAL),
            Kind::map_refused);
  // A field that is missing and asked for first is no reason.
  EXPECT_EQ(kind({"prog 'x': relo #14: <byte_off> [576] struct a___old.b (0:0 @ offset 0)"}, EPERM),
            Kind::not_permitted);
  EXPECT_EQ(kind({"prog 'x': relo #1: failed to relocate: -22"}, EINVAL), Kind::core_relocation);
  EXPECT_EQ(kind({}, EPERM), Kind::not_permitted);
  EXPECT_EQ(kind({}, E2BIG), Kind::too_long);
  EXPECT_EQ(kind({}, EINVAL), Kind::type_unsupported);
  EXPECT_EQ(kind({}, EIO), Kind::unknown);
}

TEST(Refusal, each_kind_has_a_name_of_its_own_and_a_rule) {
  std::set<std::string_view> names;
  for (size_t i = 0; i < kRefusalKinds; ++i) {
    names.insert(refusal_name(static_cast<Kind>(i)));
    EXPECT_TRUE(refusal_rule(static_cast<Kind>(i)).ends_with('.')) << i;
  }
  EXPECT_EQ(names.size(), kRefusalKinds);
  EXPECT_FALSE(names.contains(""));
}

TEST(Refusal, numbers_stand_behind_their_words) {
  int64_t number = 0;
  EXPECT_TRUE(number_behind("value_size=64 off=-8", " off=", number));
  EXPECT_EQ(number, -8);
  EXPECT_FALSE(number_behind("value_size=x", "value_size=", number));
  EXPECT_FALSE(number_behind("", "off=", number));
}

}  // namespace
}  // namespace weir::lab

// SPDX-License-Identifier: Apache-2.0
// Rules and cures, in words: the verifier's rules as Documentation/bpf/verifier.rst and kernel/bpf/verifier.c
// have them.
#include <array>

#include "lab/refusal.h"

namespace weir::lab {
namespace {

using Kind = RefusalKind;

struct Words {
  Kind kind;
  std::string_view name;
  std::string_view rule;
  std::string_view cure;
};
constexpr std::array<Words, kRefusalKinds> kWords{{
    {Kind::unknown, "unknown", "The verifier could not prove that the program is safe.",
     "Its own words above say where; --log shows all of them."},
    {Kind::null_pointer, "null_pointer",
     "What may be NULL is not used before the program has compared it with NULL.",
     "Put `if (!pointer) return 0;` between the call that gave the pointer and its first use; a map look-up "
     "gives NULL "
     "for a key that is not there."},
    {Kind::null_argument, "null_argument", "A helper that wants memory is not given what may be NULL.",
     "Compare the pointer with NULL before the call."},
    {Kind::not_a_pointer, "not_a_pointer",
     "Memory is read only through pointers that the verifier knows; this one is a plain number to it.",
     "An address of the kernel or of a process is read with bpf_probe_read_kernel, BPF_CORE_READ or "
     "bpf_probe_read_user; "
     "in tp_btf/ and fentry/ programs typed pointers can be followed directly. If it was a pointer before, "
     "arithmetic or "
     "a cast made it a number: keep offset and pointer apart."},
    {Kind::packet_bounds, "packet_bounds",
     "A byte of the packet is touched only after a comparison with data_end has shown that it is there.",
     "Compare the end of what is read, not its beginning: `if ((void *)(header + 1) > data_end) return "
     "XDP_PASS;` on the "
     "way to each access, with the same pointer; a variable offset wants an upper bound (`offset &= 0x3ff`) "
     "first."},
    {Kind::map_value_bounds, "map_value_bounds",
     "An access to a map's value, or to a global variable, stays within its size whatever the index is.",
     "Check the index just before its use, against the number of elements (`if (i >= 8) return 0;`, not "
     "`>`), or mask it "
     "(`i &= 7`). Where a check is there and not seen, clang used a copy of the index: keep it in one "
     "unsigned 64-bit "
     "variable, or put `asm volatile(\"\" : \"+r\"(i));` before the check."},
    {Kind::stack_bounds, "stack_bounds", "An access to a local array stays within it whatever the index is.",
     "Check or mask the index just before its use (`if (i >= sizeof(array)) return 0;` with an unsigned i); "
     "give helpers the "
     "size of what they write to, `sizeof(array)`."},
    {Kind::stack_too_deep, "stack_too_deep",
     "The functions of one call chain have 512 bytes of stack together.",
     "Put large variables into a BPF_MAP_TYPE_PERCPU_ARRAY of one entry and take them from there; or make "
     "the called "
     "function static __always_inline, so that clang shares the space."},
    {Kind::memory_bounds, "memory_bounds", "An access to a piece of memory stays within its size.",
     "Check the offset against the size that was asked for when the memory was taken."},
    {Kind::struct_access, "struct_access",
     "A typed pointer into the kernel is followed only to members that the struct has, as a whole and within "
     "it.",
     "Name the member through the struct's type; for other addresses use bpf_probe_read_kernel or "
     "BPF_CORE_READ."},
    {Kind::context_bounds, "context_bounds",
     "Of the context a program sees, and may write, the fields that its type has: each whole and aligned.",
     "Look up which fields this program type may touch: data and data_end are for xdp, tc and some cgroup "
     "types, other "
     "types read packets with bpf_skb_load_bytes; most fields are read-only."},
    {Kind::context_pointer, "context_pointer",
     "The context is accessed at fixed places through the pointer that the program got.",
     "Read each field by its name into a variable and choose among the values, not among the addresses; "
     "`volatile` or a "
     "`barrier_var` keeps clang from joining two reads."},
    {Kind::read_only, "read_only", "This memory is only to be read by this program.",
     "Constants (.rodata), maps with BPF_F_RDONLY_PROG and kernel structs cannot be written; packets only by "
     "types that "
     "may change them (xdp, tc): the others copy what they need."},
    {Kind::uninitialised_register, "uninitialised_register",
     "No value is used that nothing was written to on some way through the program.",
     "Give every variable a value where it is declared, and every way out a `return`. Arguments (R1 to R5) "
     "are lost by "
     "each call: keep what is needed afterwards in a variable."},
    {Kind::uninitialised_stack, "uninitialised_stack",
     "No byte of the stack is read, also not by a helper, before it was written.",
     "Start with `= {}`; where a struct has gaps between its members, __builtin_memset it: `= {}` may leave "
     "them."},
    {Kind::unbounded_size, "unbounded_size",
     "A length that is given to a helper is never negative and has an upper bound within the memory that it "
     "is for.",
     "Make it unsigned and bound it just before the call: `if (n > sizeof(buffer)) n = sizeof(buffer);`. "
     "What every "
     "kernel takes, with a power of two: `n &= SIZE - 1`. Where the check is there and not seen, clang "
     "tested a copy: "
     "`asm volatile(\"\" : \"+r\"(n));` before the check helps."},
    {Kind::wrong_argument, "wrong_argument",
     "An argument has the kind of memory or number that the function wants.",
     "A key or a value is given by its address: `&key`, not `key`; memory of the packet or the kernel may "
     "have to be "
     "copied to the stack first."},
    {Kind::wrong_map, "wrong_map", "Each helper takes maps of the types that it is made for.",
     "bpf_tail_call wants BPF_MAP_TYPE_PROG_ARRAY, bpf_perf_event_output BPF_MAP_TYPE_PERF_EVENT_ARRAY, "
     "bpf_ringbuf_* BPF_MAP_TYPE_RINGBUF, bpf_redirect_map a DEVMAP, CPUMAP or XSKMAP."},
    {Kind::pointer_arithmetic, "pointer_arithmetic",
     "To a pointer numbers may be added, within bounds; no pointer is multiplied, shifted, masked or added "
     "to another, "
     "and the context's, the packet's end and pointers that may be NULL are not moved.",
     "Compute with numbers and add the result to the pointer last; check for NULL before adding."},
    {Kind::pointer_comparison, "pointer_comparison",
     "Without CAP_PERFMON pointers are compared only with NULL, and packet pointers with data_end.",
     "Run with CAP_PERFMON, or compare offsets."},
    {Kind::pointer_leak, "pointer_leak",
     "Without CAP_PERFMON no address of the kernel leaves the program: by a map, a return value or a helper.",
     "Store what the pointer points to; or run with CAP_PERFMON."},
    {Kind::mixed_pointers, "mixed_pointers",
     "One instruction accesses one kind of memory, whichever way leads to it.",
     "clang joined two accesses that look alike (context and stack, two maps): write them in different "
     "branches with "
     "`asm volatile(\"\");` in one."},
    {Kind::misaligned, "misaligned",
     "Stack slots and atomic operations are accessed at multiples of their size.",
     "Use memcpy (__builtin_memcpy) for values that stand at odd places, and order struct members by size."},
    {Kind::atomic, "atomic",
     "Atomic operations work on map values and on the stack, not on packets or the context.",
     "Count in a map's value: `__sync_fetch_and_add(value, 1)`."},
    {Kind::division_by_zero, "division_by_zero",
     "No instruction divides by the constant 0 or shifts by more than the register has.",
     "Mend the constant."},
    {Kind::endless_loop, "endless_loop",
     "Every loop ends, and the verifier can see it: each round changes something.",
     "Count in a local variable up to a constant: `for (int i = 0; i < 64; i++)`; for unknown counts "
     "bpf_loop (Linux 5.17) "
     "or, before Linux 5.3, #pragma unroll. A condition on volatile or map memory shows no end."},
    {Kind::too_complex, "too_complex",
     "The verifier goes through at most 1,000,000 instructions, each as often as a different state comes to "
     "it.",
     "Fewer rounds and fewer branches in them: bpf_loop (Linux 5.17) verifies a body once; work split over "
     "tail calls or "
     "global functions (not static) is verified part by part; a `barrier_var` on what branches leave behind "
     "lets "
     "states join."},
    {Kind::too_long, "too_long", "A program has at most 1,000,000 instructions (4,096 without CAP_BPF).",
     "Take out unrolling and inlining; split with tail calls."},
    {Kind::unreachable, "unreachable", "Every instruction can be reached.",
     "Usually hand-written assembly, or code behind an endless loop: take out what no way leads to."},
    {Kind::jump_out_of_range, "jump_out_of_range", "Jumps stay within their function.",
     "Usually hand-written assembly; else call a function instead of jumping."},
    {Kind::no_exit, "no_exit", "A program and each function end with a return.",
     "Return a value on every way out; clang leaves a function without end where the C has undefined "
     "behaviour, so look "
     "at its warnings."},
    {Kind::call_too_deep, "call_too_deep",
     "Functions call each other at most eight deep and never themselves.",
     "Make small functions static __always_inline; turn recursion into a loop."},
    {Kind::global_function, "global_function",
     "A function that is not static is verified by itself: for any argument of its type, so pointers may be "
     "NULL.",
     "Compare its pointer arguments with NULL, or make the function static."},
    {Kind::return_value, "return_value",
     "A program returns one of the values that its type has a meaning for.",
     "Return constants, on every way out: cgroup programs 0 (refuse) or 1 (allow), others the names of their "
     "type "
     "(XDP_PASS, TC_ACT_OK); most tracing programs 0."},
    {Kind::unreleased_reference, "unreleased_reference",
     "What was taken (ring buffer record, socket, task, lock) is given back on every way out.",
     "Each `return` behind the taking needs bpf_ringbuf_submit or bpf_ringbuf_discard, bpf_sk_release, "
     "bpf_…_release; one "
     "exit at the end by `goto` makes it easy."},
    {Kind::not_acquired, "not_acquired",
     "Only what was taken is given back: once, by the pointer that was got.",
     "Give it back once on each way, with the pointer itself, not moved, and do not use it afterwards."},
    {Kind::untrusted_pointer, "untrusted_pointer",
     "Functions of the kernel take only objects that are sure to live: got as an argument, or taken by a "
     "reference.",
     "Take a reference (bpf_task_acquire and its like) or do it under bpf_rcu_read_lock; a pointer that was "
     "read out of "
     "another struct is no such object."},
    {Kind::spin_lock, "spin_lock",
     "Between bpf_spin_lock and bpf_spin_unlock nothing is called and nothing returns; one lock at a time, "
     "on every way "
     "unlocked, in a map whose type (BTF) is known.",
     "Call helpers before the lock and keep their results; only read and write the value while it is held."},
    {Kind::rcu_lock, "rcu_lock",
     "Each bpf_rcu_read_lock has its bpf_rcu_read_unlock on every way; nothing sleeps between.",
     "Unlock before each return."},
    {Kind::dynptr, "dynptr",
     "A dynptr is made by its helper before it is used, and is accessed by helpers alone.",
     "Call bpf_dynptr_from_mem, bpf_dynptr_from_skb or bpf_ringbuf_reserve_dynptr first, with a variable on "
     "the stack, "
     "and submit or discard ring buffer ones on every way."},
    {Kind::iterator, "iterator",
     "An iterator is made by its _new, moved by its _next and ended by its _destroy.",
     "Destroy it on every way out, also after _new failed; or use bpf_for and bpf_for_each."},
    {Kind::helper_not_allowed, "helper_not_allowed", "Each program type has its own list of helpers.",
     "`weir lab features --prog TYPE` lists what this kernel gives this type."},
    {Kind::unknown_helper, "unknown_helper", "A helper exists in the kernel that runs the program.",
     "This kernel is older than the helper. Ask first with bpf_core_enum_value_exists(enum bpf_func_id, "
     "BPF_FUNC_…), and "
     "do without it there."},
    {Kind::gpl_only, "gpl_only", "Some helpers are for programs under the GPL alone.",
     "If that is the licence: char LICENSE[] SEC(\"license\") = \"GPL\"; (or \"Dual BSD/GPL\", \"Dual "
     "MIT/GPL\")."},
    {Kind::kfunc_not_allowed, "kfunc_not_allowed",
     "Each function of the kernel (kfunc) is open to the program types that it was registered for.",
     "Use it from a type that may (often syscall, tracing or struct_ops), or a helper that does the same."},
    {Kind::sleepable, "sleepable",
     "Only sleepable programs do what may have to wait, such as reading user memory.",
     "Name the section with .s where there is one (fentry.s/, lsm.s/, uprobe.s/, iter.s/); elsewhere use "
     "bpf_probe_read_user."},
    {Kind::tail_call_place, "tail_call_place",
     "A tail call stands where the frame that it leaves can be taken down: in a program, or in a function "
     "that returns "
     "int, with at most 256 bytes of stack in the callers.",
     "Make the tail call in the program itself, and use less stack before."},
    {Kind::core_relocation, "core_relocation",
     "A field or type that the program was compiled with (CO-RE) must exist in the kernel that runs it.",
     "It is missing or named otherwise there. Ask first: bpf_core_field_exists(p->field), "
     "bpf_core_type_exists(struct …); "
     "another version of a struct is named with a suffix: struct task_struct___old."},
    {Kind::unresolved_symbol, "unresolved_symbol",
     "An `extern` names something that the kernel has: a function with exactly this type, a variable, a "
     "setting.",
     "Compare with `weir lab btf` and vmlinux.h; `__weak` makes it optional: `if (function) …`."},
    {Kind::types_missing, "types_missing", "This needs types (BTF), of the object or of the kernel.",
     "Compile with -g and without stripping .BTF; the kernel needs CONFIG_DEBUG_INFO_BTF, or --btf FILE."},
    {Kind::attach_target, "attach_target", "What the section names must exist in this kernel.",
     "Names differ between kernels: look them up with `weir lab btf` and in /proc/kallsyms."},
    {Kind::attach_forbidden, "attach_forbidden", "Not every function may be attached to in every way.",
     "fmod_ret wants functions marked for error injection or LSM hooks; inlined functions and some of the "
     "kernel's own "
     "are closed to all."},
    {Kind::map_refused, "map_refused", "A map has a type, sizes and flags that the kernel accepts together.",
     "max_entries is missing or 0; a ring buffer's is a power of two and whole pages; a per-CPU value has at "
     "most 32 KiB; "
     "keys of arrays are 4 bytes; the type may be newer than the kernel."},
    {Kind::section_name, "section_name", "The name in SEC(\"…\") says which kind of program it is.", ""},
    {Kind::type_unsupported, "type_unsupported",
     "The kernel knows the program's type and the place where it shall attach.",
     "This kernel is older than the type, or was built without it; `weir lab features` says which it has."},
    {Kind::not_permitted, "not_permitted", "Loading this program is not permitted here.", ""},
    {Kind::deleted_code, "deleted_code", "A program has instructions.",
     "clang found that the function cannot run without undefined behaviour and threw its code away: see its "
     "warnings."},
}};

const Words& words_of(Kind kind) {
  const auto index = static_cast<size_t>(kind);
  return kWords[index < kWords.size() ? index : 0];
}

constexpr bool in_order() {
  for (size_t i = 0; i < kWords.size(); ++i)
    if (static_cast<size_t>(kWords[i].kind) != i) return false;
  return true;
}
static_assert(in_order());

}  // namespace

std::string_view refusal_name(RefusalKind kind) {
  return words_of(kind).name;
}

std::string_view refusal_rule(RefusalKind kind) {
  return words_of(kind).rule;
}

std::string_view refusal_cure(RefusalKind kind) {
  return words_of(kind).cure;
}

}  // namespace weir::lab

// SPDX-License-Identifier: Apache-2.0
#include "lab/refusal.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace weir::lab {
namespace {

using Kind = RefusalKind;

/// Parts between '*' must stand in the line in their order. The first pattern that fits decides.
struct Pattern {
  Kind kind;
  std::string_view text;
};
constexpr auto kPatterns = std::to_array<Pattern>({
    {Kind::core_relocation, "CO-RE relocation"},
    {Kind::core_relocation, "unknown#195896080"},   // libbpf's 0xbad2310
    {Kind::unresolved_symbol, "unknown#20020000"},  // libbpf's mark of a kfunc that is not there
    {Kind::unresolved_symbol, "BPF map 'libbpf_map_poison"},
    {Kind::null_pointer, "invalid mem access '*_or_null'"},
    {Kind::null_pointer, "pointer arithmetic on *_or_null prohibited"},
    {Kind::null_argument, "type=*_or_null expected="},
    {Kind::null_argument, "Possibly NULL pointer passed to"},
    {Kind::null_argument, "NULL pointer passed to"},
    {Kind::rcu_lock, "rcu_read_lock"},
    {Kind::rcu_lock, "rcu_read_unlock"},
    {Kind::rcu_lock, "BPF_EXIT instruction*bpf_rcu_read_lock-ed region"},
    {Kind::untrusted_pointer, "must be referenced or trusted"},
    {Kind::untrusted_pointer, "must be a rcu pointer"},
    {Kind::untrusted_pointer, "is ptr to * but RCU*"},
    {Kind::untrusted_pointer, "invalid mem access 'untrusted"},
    {Kind::spin_lock, "inside bpf_spin_lock-ed region"},
    {Kind::spin_lock, "bpf_spin_lock"},
    {Kind::spin_lock, "bpf_spin_unlock"},
    {Kind::spin_lock, "function calls are not allowed while holding a lock"},
    {Kind::spin_lock, "calls are not allowed while holding a lock"},
    {Kind::spin_lock, "BPF_LD_[ABS|IND] cannot be used inside bpf_spin"},
    {Kind::spin_lock, "missing unlock"},
    {Kind::spin_lock, "bpf_res_spin_lock"},
    {Kind::packet_bounds, "invalid access to packet"},
    {Kind::packet_bounds, "offset is outside of the packet"},
    {Kind::read_only, "write into map forbidden"},
    {Kind::read_only, "write to change key"},
    {Kind::read_only, "cannot write into"},
    {Kind::read_only, "only read is supported"},
    {Kind::read_only, "cannot write to"},
    {Kind::read_only, "writes to read-only"},
    {Kind::map_value_bounds, "invalid access to map value"},
    {Kind::map_value_bounds, "invalid access to map key"},
    {Kind::read_only, "read from map forbidden"},
    {Kind::unbounded_size, "either use unsigned or 'var &= const'"},
    {Kind::unbounded_size, "unbounded memory access, use 'var &= const' or 'if (var < const)'"},
    {Kind::unbounded_size, "invalid zero-sized read"},
    {Kind::unbounded_size, "invalid zero size read"},
    {Kind::unbounded_size, "is not a known constant"},
    {Kind::unbounded_size, "must be a known constant"},
    {Kind::map_value_bounds, "unbounded memory access, make sure to bounds check any such access"},
    {Kind::map_value_bounds, "min value is outside of the allowed memory range"},
    {Kind::map_value_bounds, "max value is outside of the allowed memory range"},
    {Kind::map_value_bounds, "min value is negative, either use unsigned index"},
    {Kind::map_value_bounds, "math between map_value pointer and"},
    {Kind::memory_bounds, "invalid access to memory"},
    {Kind::memory_bounds, "invalid * buffer access"},
    {Kind::stack_bounds, "invalid read from stack*off="},  // "off -8+2": a byte that nobody wrote
    {Kind::uninitialised_stack, "invalid indirect read from stack"},
    {Kind::uninitialised_stack, "invalid read from stack"},
    {Kind::stack_bounds, "invalid indirect access to stack"},
    {Kind::uninitialised_stack, "corrupted spill memory"},
    {Kind::stack_bounds, "variable-offset"},
    {Kind::stack_bounds, "variable stack access"},
    {Kind::stack_bounds, "variable offset stack access"},
    {Kind::stack_bounds, "invalid stack"},
    {Kind::stack_bounds, "invalid write to stack"},
    {Kind::stack_bounds, "invalid unbounded variable-offset"},
    {Kind::stack_bounds, "attempt to corrupt spilled pointer on stack"},
    {Kind::stack_too_deep, "combined stack size of"},
    {Kind::stack_too_deep, "stack size *is too large"},
    {Kind::tail_call_place, "tail_calls are not allowed"},
    {Kind::tail_call_place, "tail_call is only allowed"},
    {Kind::call_too_deep, "the call stack of"},
    {Kind::call_too_deep, "call stack *frames is too deep"},
    {Kind::call_too_deep, "recursive call"},
    {Kind::unknown_helper, "invalid func unknown#"},
    {Kind::helper_not_allowed, "cannot use helper"},
    {Kind::helper_not_allowed, "unknown func bpf_"},
    {Kind::helper_not_allowed, "helper call is not allowed in probe"},
    {Kind::unknown_helper, "unknown func "},
    {Kind::gpl_only, "GPL"},
    {Kind::sleepable, "might sleep in a non-sleepable"},
    {Kind::sleepable, "program must be sleepable"},
    {Kind::sleepable, "can be sleepable"},
    {Kind::sleepable, "Sleepable programs can"},
    {Kind::sleepable, "is not sleepable"},
    {Kind::sleepable, "sleepable helper"},
    {Kind::sleepable, "kernel func * is sleepable within"},
    {Kind::kfunc_not_allowed, "calling kernel function * is not allowed"},
    {Kind::kfunc_not_allowed, "calling invalid kfunc"},
    {Kind::kfunc_not_allowed, "kernel function * is not allowed"},
    {Kind::kfunc_not_allowed, "calling kernel functions"},
    {Kind::kfunc_not_allowed, "JIT does not support calling kernel function"},
    {Kind::iterator, "iterator"},
    {Kind::iterator, "expected uninitialized iter"},
    {Kind::iterator, "expected an initialized iter"},
    {Kind::dynptr, "dynptr"},
    {Kind::unreleased_reference, "Unreleased reference"},
    {Kind::unreleased_reference, "reference leak"},
    {Kind::unreleased_reference, "would lead to reference"},
    {Kind::unreleased_reference, "BPF_EXIT*reference"},
    {Kind::not_acquired, "expected=ringbuf_mem"},
    {Kind::not_acquired, "expected=alloc_mem"},
    {Kind::not_acquired, "must be referenced when passed to release"},
    {Kind::not_acquired, "reference has not been acquired before"},
    {Kind::not_acquired, "release helper"},
    {Kind::not_acquired, "release kernel function"},
    {Kind::wrong_map, "cannot pass map_type"},
    {Kind::wrong_map, "expected prog array map for tail call"},
    {Kind::wrong_map, "kernel subsystem misconfigured verifier"},  // a tail call's map, up to 6.15
    {Kind::wrong_map, "map_type * is not supported"},
    {Kind::wrong_map, "tracing progs cannot use"},
    {Kind::wrong_map, "bpf_timer cannot be done on map"},
    {Kind::global_function, "Global function"},
    {Kind::global_function, "Arg#* is not supported yet"},
    {Kind::global_function, "Caller passes invalid args into func"},
    {Kind::global_function, "doesn't return scalar"},
    {Kind::struct_access, "access beyond struct"},
    {Kind::struct_access, "access beyond the end of member"},
    {Kind::struct_access, "access is not supported"},
    {Kind::struct_access, "cannot access ptr member"},
    {Kind::struct_access, "is ptr_* invalid"},
    {Kind::struct_access, "is ptr_* access"},
    {Kind::struct_access, "doesn't have field"},
    {Kind::struct_access, "reserved space"},
    {Kind::context_pointer, "dereference of modified"},
    {Kind::context_pointer, "variable ctx access"},
    {Kind::context_pointer, "negative offset ctx ptr"},
    {Kind::context_bounds, "invalid bpf_context access"},
    {Kind::misaligned, "misaligned"},
    {Kind::atomic, "BPF_ATOMIC"},
    {Kind::atomic, "BPF_XADD"},
    {Kind::division_by_zero, "div by zero"},
    {Kind::division_by_zero, "invalid shift"},
    {Kind::mixed_pointers, "same insn cannot be used with different pointers"},
    {Kind::mixed_pointers, "tail_call abusing map_ptr"},
    {Kind::pointer_leak, "leaks addr"},
    {Kind::pointer_leak, "leak pointer"},
    {Kind::pointer_leak, "leaking pointer"},
    {Kind::pointer_leak, "partial copy of pointer"},
    {Kind::pointer_comparison, "pointer comparison prohibited"},
    {Kind::pointer_arithmetic, "pointer arithmetic"},
    {Kind::pointer_arithmetic, "on pointer prohibited"},
    {Kind::pointer_arithmetic, "tried to subtract pointer"},
    {Kind::pointer_arithmetic, "subtraction from stack pointer"},
    {Kind::pointer_arithmetic, "tried to * from different maps, paths or scalars"},
    {Kind::pointer_arithmetic, "math between"},
    {Kind::pointer_arithmetic, "value * makes * pointer be out of bounds"},
    {Kind::endless_loop, "infinite loop detected"},
    {Kind::endless_loop, "back-edge from insn"},
    {Kind::endless_loop, "loop detected"},
    {Kind::too_complex, "BPF program is too large. Processed"},
    {Kind::too_complex, "jumps is too complex"},
    {Kind::too_complex, "too many states"},
    {Kind::too_complex, "is too complex"},
    {Kind::unreachable, "unreachable insn"},
    {Kind::jump_out_of_range, "jump out of range"},
    {Kind::jump_out_of_range, "jump into the middle of ldimm64"},
    {Kind::no_exit, "last insn is not an exit or jmp"},
    {Kind::no_exit, "subprog doesn't end with"},
    {Kind::return_value, "At program exit the register R0"},
    {Kind::return_value, "At async callback return the register R0"},
    {Kind::return_value, "At callback return the register R0"},
    {Kind::return_value, "R0 is not a known value"},
    {Kind::types_missing, "missing btf"},
    {Kind::types_missing, "BTF is malformed"},
    {Kind::types_missing, "does not have valid name"},
    {Kind::types_missing, "doesn't have valid type"},
    {Kind::types_missing, "func_info"},
    {Kind::attach_forbidden, "is not modifiable"},
    {Kind::attach_forbidden, "attach to unsupported"},
    {Kind::attach_forbidden, "is not supported for attach"},
    {Kind::attach_forbidden, "Tracing programs must provide btf_id"},
    {Kind::attach_forbidden, "LSM programs must have"},
    {Kind::attach_forbidden, "is not a kernel function"},
    {Kind::attach_forbidden, "attach_btf_id"},
    {Kind::not_a_pointer, "invalid mem access 'scalar'"},
    {Kind::not_a_pointer, "invalid mem access 'inv'"},
    {Kind::not_a_pointer, "invalid mem access"},
    {Kind::uninitialised_register, "!read_ok"},
    {Kind::wrong_argument, "type=*expected="},
    {Kind::wrong_argument, "arg#"},
    {Kind::wrong_argument, "Must be"},
});

constexpr auto kLibbpfPatterns = std::to_array<Pattern>({
    {Kind::unresolved_symbol, "extern "},
    {Kind::attach_target, "failed to find kernel BTF type ID"},
    {Kind::attach_target, "failed to find *attach"},
    {Kind::attach_target, "is not found in vmlinux BTF"},
    {Kind::types_missing, "BTF is required"},
    {Kind::types_missing, "failed to load BTF"},
    {Kind::types_missing, "vmlinux BTF is not found"},
    {Kind::types_missing, "kernel BTF is missing"},
    {Kind::section_name, "missing BPF prog type"},
    {Kind::map_refused, "map '*failed to create"},
    {Kind::map_refused, "map '*"},
    {Kind::map_refused, "Error in bpf_create_map_xattr("},
    {Kind::unresolved_symbol, "failed to resolve"},
    {Kind::unresolved_symbol, "can't find symbol"},
    {Kind::core_relocation, "failed to relocate"},
});

bool fits(std::string_view line, std::string_view pattern) {
  while (true) {
    const size_t star = std::min(pattern.find('*'), pattern.size());
    const std::string_view part = pattern.substr(0, star);
    const size_t at = line.find(part);
    if (at == std::string_view::npos) return false;
    line.remove_prefix(at + part.size());
    if (star == pattern.size()) return true;
    pattern.remove_prefix(star + 1);
  }
}

std::string register_in(std::string_view line) {
  for (size_t at = line.find('R'); at != std::string_view::npos; at = line.find('R', at + 1)) {
    if (at > 0 && std::isalnum(static_cast<unsigned char>(line[at - 1]))) continue;
    size_t end = at + 1;
    while (end < line.size() && std::isdigit(static_cast<unsigned char>(line[end]))) ++end;
    if (end > at + 1 && end <= at + 3) return std::string(line.substr(at, end - at));
  }
  return {};
}

std::string joined(std::span<const std::string_view> lines) {
  std::string text;
  for (const std::string_view line : lines) text += (text.empty() ? "" : "; ") + std::string(line);
  return text;
}

}  // namespace

Refusal classify_verdict(std::span<const std::string_view> lines) {
  Refusal refusal;
  refusal.verdict = joined(lines);
  for (const std::string_view line : lines)
    if (refusal.register_name.empty()) refusal.register_name = register_in(line);
  // The last line is the last word; before it may stand what the verifier only wondered about.
  for (auto line = lines.rbegin(); line != lines.rend(); ++line)
    for (const auto& [kind, text] : kPatterns)
      if (fits(*line, text)) {
        refusal.kind = kind;
        return refusal;
      }
  return refusal;
}

Refusal classify_without_log(std::span<const std::string> libbpf_lines, int system_errno) {
  Refusal refusal;
  for (const std::string& line : libbpf_lines) {
    for (const auto& [kind, text] : kLibbpfPatterns) {
      if (!fits(line, text)) continue;
      refusal.kind = kind;
      refusal.verdict = line;
      // The kernel's first word on a map is only that it goes on without types.
      if (kind == Kind::map_refused && line.find("Retrying without BTF") != std::string::npos) break;
      return refusal;
    }
  }
  if (refusal.kind != Kind::unknown) return refusal;
  refusal.verdict = std::strerror(system_errno);
  switch (system_errno) {
    case EPERM:
    case EACCES:
      refusal.kind = Kind::not_permitted;
      break;
    case E2BIG:
      refusal.kind = Kind::too_long;
      break;
    case ESRCH:
    case ENOENT:
      refusal.kind = Kind::attach_target;
      break;
    case EINVAL:
    case EOPNOTSUPP:
    case 524:  // ENOTSUPP, of the kernel's own
      refusal.kind = Kind::type_unsupported;
      break;
    default:
      break;
  }
  return refusal;
}

bool number_behind(std::string_view text, std::string_view word, int64_t& number) {
  const size_t at = text.find(word);
  if (at == std::string_view::npos) return false;
  text.remove_prefix(at + word.size());
  return std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc{};
}

}  // namespace weir::lab

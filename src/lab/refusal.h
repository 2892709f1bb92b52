// SPDX-License-Identifier: Apache-2.0
// Which rule a refused program broke, told by the verifier's last words (Linux 5.10 to 6.18,
// kernel/bpf/verifier.c).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace weir::lab {

enum class RefusalKind : uint8_t {
  unknown,
  null_pointer,
  null_argument,
  not_a_pointer,
  packet_bounds,
  map_value_bounds,
  stack_bounds,
  stack_too_deep,
  memory_bounds,
  struct_access,
  context_bounds,
  context_pointer,
  read_only,
  uninitialised_register,
  uninitialised_stack,
  unbounded_size,
  wrong_argument,
  wrong_map,
  pointer_arithmetic,
  pointer_comparison,
  pointer_leak,
  mixed_pointers,
  misaligned,
  atomic,
  division_by_zero,
  endless_loop,
  too_complex,
  too_long,
  unreachable,
  jump_out_of_range,
  no_exit,
  call_too_deep,
  global_function,
  return_value,
  unreleased_reference,
  not_acquired,
  untrusted_pointer,
  spin_lock,
  rcu_lock,
  dynptr,
  iterator,
  helper_not_allowed,
  unknown_helper,
  gpl_only,
  kfunc_not_allowed,
  sleepable,
  tail_call_place,
  core_relocation,
  unresolved_symbol,
  types_missing,
  attach_target,
  attach_forbidden,
  map_refused,
  section_name,
  type_unsupported,
  not_permitted,
  deleted_code,
};
inline constexpr size_t kRefusalKinds = static_cast<size_t>(RefusalKind::deleted_code) + 1;

struct Refusal {
  RefusalKind kind = RefusalKind::unknown;
  std::string verdict;        // the lines that said so, one after the other
  std::string register_name;  // "R2", where the verifier named one
};

/// By the verifier's last lines (`verdict_lines`).
Refusal classify_verdict(std::span<const std::string_view> lines);

/// By what libbpf said of a program that never came before the verifier, and the kernel's errno.
Refusal classify_without_log(std::span<const std::string> libbpf_lines, int system_errno);

/// "null_pointer"
std::string_view refusal_name(RefusalKind kind);
/// The rule that was broken, a sentence.
std::string_view refusal_rule(RefusalKind kind);
/// What usually helps, one or two sentences; empty where nothing usual does.
std::string_view refusal_cure(RefusalKind kind);

/// The number behind the first `word` in `text`, such as "value_size=": false where there is none.
bool number_behind(std::string_view text, std::string_view word, int64_t& number);

}  // namespace weir::lab

// SPDX-License-Identifier: Apache-2.0
#include "lab/kernel_features.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>

#include "base/unique_fd.h"
#include "bytecode/instruction_text.h"
#include "lab/map_info.h"
#include "lab/program_details.h"
#include "lab/type_set.h"

namespace weir::lab {
namespace {

using base::ErrorKind;
using base::Result;

/// By number of enum bpf_prog_type; 0 is none.
constexpr std::array<std::string_view, 32> kProgramsSince{
    "",     "3.19", "4.1",  "4.1",  "4.1",  "4.7",  "4.8",  "4.9",  "4.10", "4.10", "4.10",
    "4.10", "4.10", "4.13", "4.14", "4.15", "4.17", "4.17", "4.17", "4.18", "4.18", "4.19",
    "4.20", "5.2",  "5.2",  "5.3",  "5.5",  "5.6",  "5.6",  "5.7",  "5.9",  "5.14"};

/// By number of enum bpf_map_type; 0 is none.
constexpr std::array<std::string_view, 32> kMapsSince{
    "",     "3.19", "3.19", "4.2",  "4.3",  "4.6",  "4.6",  "4.6",  "4.8",  "4.10", "4.10",
    "4.11", "4.12", "4.12", "4.14", "4.14", "4.15", "4.18", "4.18", "4.19", "4.19", "4.20",
    "4.20", "4.20", "5.2",  "5.4",  "5.6",  "5.8",  "5.10", "5.11", "5.16", "6.1"};

/// Helpers are numbered as they came: from this one on.
struct HelpersSince {
  uint32_t first;
  std::string_view version;
};
constexpr std::array kHelpersSince{
    HelpersSince{1, "3.19"},   HelpersSince{4, "4.1"},    HelpersSince{12, "4.2"},
    HelpersSince{17, "4.3"},   HelpersSince{23, "4.4"},   HelpersSince{26, "4.5"},
    HelpersSince{27, "4.6"},   HelpersSince{31, "4.8"},   HelpersSince{37, "4.9"},
    HelpersSince{42, "4.10"},  HelpersSince{45, "4.11"},  HelpersSince{46, "4.12"},
    HelpersSince{48, "4.13"},  HelpersSince{51, "4.14"},  HelpersSince{54, "4.15"},
    HelpersSince{58, "4.16"},  HelpersSince{60, "4.17"},  HelpersSince{65, "4.18"},
    HelpersSince{81, "4.19"},  HelpersSince{84, "4.20"},  HelpersSince{91, "5.0"},
    HelpersSince{93, "5.1"},   HelpersSince{99, "5.2"},   HelpersSince{109, "5.3"},
    HelpersSince{111, "5.5"},  HelpersSince{116, "5.6"},  HelpersSince{119, "5.7"},
    HelpersSince{125, "5.8"},  HelpersSince{136, "5.9"},  HelpersSince{142, "5.10"},
    HelpersSince{156, "5.11"}, HelpersSince{163, "5.12"}, HelpersSince{164, "5.13"},
    HelpersSince{166, "5.14"}, HelpersSince{169, "5.15"}, HelpersSince{176, "5.16"},
    HelpersSince{180, "5.17"}, HelpersSince{186, "5.18"}, HelpersSince{194, "5.19"},
    HelpersSince{204, "6.0"},  HelpersSince{208, "6.1"}};

/// The first number that this program's headers do not know.
uint32_t helpers_end() {
  uint32_t end = 1;
  while (std::string_view(bytecode::helper_name(static_cast<int32_t>(end))) != "unknown") ++end;
  return end;
}

/// libbpf's answer: 1, 0 or -errno.
std::optional<bool> answer(int result) {
  if (result < 0) return std::nullopt;
  return result == 1;
}

tl::unexpected<base::Error> not_permitted() {
  return base::fail(ErrorKind::permission, "asking the kernel needs CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN",
                    EPERM);
}

/// Types whose programs want to know at loading where they will sit.
uint32_t expected_attach_type(uint32_t type) {
  switch (type) {
    case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
      return BPF_CGROUP_INET4_CONNECT;
    case BPF_PROG_TYPE_CGROUP_SOCKOPT:
      return BPF_CGROUP_GETSOCKOPT;
    case BPF_PROG_TYPE_SK_LOOKUP:
      return BPF_SK_LOOKUP;
    default:
      return 0;
  }
}

/// A call with nothing in its registers: the verifier complains of these only where the type may call it.
/// libbpf 1.1's own probe does not know how Linux 6.14 and later say that it may not.
bool may_call(uint32_t type, uint32_t helper) {
  const std::array<bpf_insn, 2> program{bpf_insn{BPF_JMP | BPF_CALL, 0, 0, 0, static_cast<int32_t>(helper)},
                                        bpf_insn{BPF_JMP | BPF_EXIT, 0, 0, 0, 0}};
  std::array<char, 4096> log{};
  bpf_prog_load_opts options{};
  options.sz = sizeof options;
  options.expected_attach_type = static_cast<bpf_attach_type>(expected_attach_type(type));
  options.prog_flags = type == BPF_PROG_TYPE_SYSCALL ? uint32_t{BPF_F_SLEEPABLE} : 0;
  options.log_buf = log.data();
  options.log_size = log.size();
  options.log_level = 1;
  const base::UniqueFd fd(bpf_prog_load(static_cast<bpf_prog_type>(type), "weir_probe", "GPL", program.data(),
                                        program.size(), &options));
  if (fd.valid()) return true;
  const std::string_view said(log.data(), strnlen(log.data(), log.size()));
  return !said.empty() && said.find("unknown func ") == std::string_view::npos &&
         said.find("invalid func ") == std::string_view::npos &&
         said.find("cannot use helper ") == std::string_view::npos;
}

/// Programs of these types need something to attach to before the verifier looks at them.
bool needs_target(uint32_t type) {
  return type == BPF_PROG_TYPE_TRACING || type == BPF_PROG_TYPE_EXT || type == BPF_PROG_TYPE_LSM ||
         type == BPF_PROG_TYPE_STRUCT_OPS;
}

void probe_helpers(ProgramTypeFeature& feature) {
  if (needs_target(feature.type)) return;
  feature.helpers_known = true;
  for (uint32_t helper = 1; helper < helpers_end(); ++helper)
    if (may_call(feature.type, helper))
      feature.helpers.emplace_back(bytecode::helper_name(static_cast<int32_t>(helper)));
}

}  // namespace

Result<std::vector<ProgramTypeFeature>> probe_program_types(std::string_view only) {
  std::vector<ProgramTypeFeature> features;
  std::string names;
  for (uint32_t type = 1; type < kProgramsSince.size(); ++type) {
    ProgramTypeFeature feature;
    feature.type = type;
    feature.name = program_type_name(type);
    feature.since = kProgramsSince[type];
    names += (names.empty() ? "" : ", ") + feature.name;
    if (!only.empty() && only != feature.name) continue;
    const int result = libbpf_probe_bpf_prog_type(static_cast<bpf_prog_type>(type), nullptr);
    if (result == -EPERM) return not_permitted();
    feature.available = answer(result);
    if (feature.available.value_or(false)) probe_helpers(feature);
    features.push_back(std::move(feature));
  }
  if (features.empty())
    return base::fail(ErrorKind::bad_input,
                      "there is no program type '" + std::string(only) + "' (" + names + ")");
  return features;
}

Result<std::vector<MapTypeFeature>> probe_map_types() {
  std::vector<MapTypeFeature> features;
  for (uint32_t type = 1; type < kMapsSince.size(); ++type) {
    const int result = libbpf_probe_bpf_map_type(static_cast<bpf_map_type>(type), nullptr);
    if (result == -EPERM) return not_permitted();
    features.push_back({map_type_name(type), kMapsSince[type], answer(result)});
  }
  return features;
}

std::string_view helper_since(uint32_t helper) {
  const auto after =
      std::upper_bound(kHelpersSince.begin(), kHelpersSince.end(), helper,
                       [](uint32_t number, const HelpersSince& since) { return number < since.first; });
  if (after == kHelpersSince.begin() || helper >= helpers_end()) return {};
  return std::prev(after)->version;
}

std::string_view helper_since(std::string_view name) {
  for (uint32_t helper = 1; helper < helpers_end(); ++helper)
    if (name == bytecode::helper_name(static_cast<int32_t>(helper))) return helper_since(helper);
  return {};
}

std::vector<std::string> kernel_functions() {
  std::vector<std::string> names;
  const auto types = TypeSet::of_kernel();
  if (!types) return names;
  for (uint32_t id = 1; id <= types->last_id(); ++id) {
    const btf_type* tag = types->at(id);
    if (tag == nullptr || !btf_is_decl_tag(tag) || types->name(tag->name_off) != "bpf_kfunc") continue;
    names.emplace_back(types->name_of(tag->type));
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace weir::lab

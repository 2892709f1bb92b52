// SPDX-License-Identifier: Apache-2.0
#include "lab/type_header.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <vector>

namespace weir::lab {
namespace {

using base::ErrorKind;
using base::Result;

constexpr size_t kDeepestChain = 1024;  // libbpf recurses along it
constexpr uint64_t kMostExpanded = 1u
                                   << 20;  // members with those of members: libbpf walks all for an alignment
constexpr uint64_t kMostPadding = uint64_t{1} << 26;  // bits; each 64 of them are a line

/// `through_pointer`: a named struct behind it need not be known.
struct Step {
  uint32_t id;
  bool through_pointer;
};

class Check {
 public:
  explicit Check(const TypeSet& types)
      : types_(types), last_(types.last_id()), expanded_(size_t{last_} + 1), chain_(size_t{last_} + 1) {
    for (auto& state : state_) state.resize(size_t{last_} + 1);
  }

  Result<> run() {
    for (uint32_t id = 1; id <= last_; ++id)
      if (auto checked = check_one(id); !checked) return checked;
    for (uint32_t id = 1; id <= last_; ++id)
      if (auto checked = walk({id, false}); !checked) return checked;
    return {};
  }

 private:
  enum class State : uint8_t { unseen, open, done };

  tl::unexpected<base::Error> wrong(uint32_t id, const std::string& why) const {
    return base::fail(ErrorKind::bad_input, "BTF type " + std::to_string(id) + ' ' + why);
  }

  bool is_name(uint32_t offset) const {
    const char* name = btf__name_by_offset(types_.raw(), offset);
    if (name == nullptr) return false;
    for (; *name != '\0'; ++name)
      if (static_cast<unsigned char>(*name) < ' ' || *name == 0x7f) return false;
    return true;
  }

  /// The ids and names of one record.
  Result<> check_one(uint32_t id) {
    const btf_type* type = types_.at(id);
    if (type == nullptr) return wrong(id, "is missing");
    if (!is_name(type->name_off)) return wrong(id, "has a name that is none");
    for (uint32_t i = 0; has_parts(*type) && i < btf_vlen(type); ++i)
      if (!is_name(part_name(*type, i))) return wrong(id, "has a part whose name is none");
    bool known = true;
    each_target(*type, [&](uint32_t target) { known = known && target <= last_; });
    if (!known) return wrong(id, "names a type that is not there");
    if (btf_is_composite(type)) return check_padding(id, *type);
    return {};
  }

  static bool has_parts(const btf_type& type) {
    return btf_is_composite(&type) || btf_is_any_enum(&type) || btf_is_func_proto(&type);
  }

  static uint32_t part_name(const btf_type& type, uint32_t index) {
    if (btf_is_composite(&type)) return btf_members(&type)[index].name_off;
    if (btf_is_func_proto(&type)) return btf_params(&type)[index].name_off;
    if (btf_is_enum64(&type)) return btf_enum64(&type)[index].name_off;
    return btf_enum(&type)[index].name_off;
  }

  template <class Visit>
  static void each_target(const btf_type& type, Visit visit) {
    switch (btf_kind(&type)) {
      case BTF_KIND_ARRAY:
        visit(btf_array(&type)->index_type);
        visit(btf_array(&type)->type);
        break;
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION:
        for (uint32_t i = 0; i < btf_vlen(&type); ++i) visit(btf_members(&type)[i].type);
        break;
      case BTF_KIND_FUNC_PROTO:
        visit(type.type);
        for (uint32_t i = 0; i < btf_vlen(&type); ++i) visit(btf_params(&type)[i].type);
        break;
      case BTF_KIND_DATASEC:
        for (uint32_t i = 0; i < btf_vlen(&type); ++i) visit(btf_var_secinfos(&type)[i].type);
        break;
      case BTF_KIND_PTR:
      case BTF_KIND_TYPEDEF:
      case BTF_KIND_VOLATILE:
      case BTF_KIND_CONST:
      case BTF_KIND_RESTRICT:
      case BTF_KIND_FUNC:
      case BTF_KIND_VAR:
      case BTF_KIND_DECL_TAG:
      case BTF_KIND_TYPE_TAG:
        visit(type.type);
        break;
      default:
        break;
    }
  }

  Result<> check_padding(uint32_t id, const btf_type& type) {
    uint64_t end = 0;
    const auto pad_to = [&](uint64_t offset) {
      if (offset > end) padding_ += offset - end;
    };
    for (uint32_t i = 0; i < btf_vlen(&type); ++i) {
      const Member member = types_.member(type, i);
      if (btf_is_struct(&type)) pad_to(member.bit_offset);
      const uint64_t bits = member.bitfield_size != 0 ? member.bitfield_size
                                                      : uint64_t{types_.size(member.type_id).value_or(0)} * 8;
      end = std::max(end, member.bit_offset + bits);
    }
    pad_to(uint64_t{type.size} * 8);
    if (padding_ > kMostPadding) return wrong(id, "has more padding than any compiler leaves");
    return {};
  }

  bool is_cut(const Step& step) const {
    if (step.id == 0) return true;
    const btf_type* type = types_.at(step.id);
    return step.through_pointer && btf_is_composite(type) && type->name_off != 0;
  }

  std::vector<Step> targets(const Step& step) const {
    const btf_type& type = *types_.at(step.id);
    const bool through =
        btf_is_ptr(&type) || btf_is_func_proto(&type) || (step.through_pointer && !btf_is_composite(&type));
    std::vector<Step> next;
    each_target(type, [&](uint32_t id) {
      if (!is_cut({id, through})) next.push_back({id, through});
    });
    return next;
  }

  State& state(const Step& step) { return state_[step.through_pointer ? 1 : 0][step.id]; }

  /// Depth first, as libbpf does it, but without the machine's stack.
  Result<> walk(const Step& from) {
    struct Frame {
      Step step;
      std::vector<Step> targets;
      size_t next = 0;
    };
    if (state(from) == State::done) return {};
    std::vector<Frame> frames;
    frames.push_back({from, targets(from), 0});
    state(from) = State::open;
    while (!frames.empty()) {
      Frame& frame = frames.back();
      if (frame.next == frame.targets.size()) {
        if (auto counted = expand(frame.step, frame.targets); !counted) return counted;
        state(frame.step) = State::done;
        frames.pop_back();
        continue;
      }
      const Step step = frame.targets[frame.next++];
      if (state(step) == State::done) continue;
      if (state(step) == State::open) return wrong(step.id, "contains itself");
      if (frames.size() == kDeepestChain) return wrong(step.id, "is nested too deep");
      state(step) = State::open;
      frames.push_back({step, targets(step), 0});
    }
    return {};
  }

  Result<> expand(const Step& step, const std::vector<Step>& below) {
    uint64_t members = 1;
    uint32_t chain = 0;
    for (const Step& target : below) {
      if (!target.through_pointer || step.through_pointer) members += expanded_[target.id];
      chain = std::max(chain, chain_[target.id]);
    }
    chain_[step.id] = std::max(chain_[step.id], chain + 1);
    if (chain_[step.id] > kDeepestChain) return wrong(step.id, "is nested too deep");
    if (members > kMostExpanded) return wrong(step.id, "has too many members of members");
    expanded_[step.id] = std::max(expanded_[step.id], members);
    total_expanded_ += members + chain;
    if (total_expanded_ > kMostExpanded * 64)
      return wrong(step.id, "is one type too many with members of members");
    return {};
  }

  const TypeSet& types_;
  uint32_t last_;
  std::vector<State> state_[2];
  std::vector<uint64_t> expanded_;
  std::vector<uint32_t> chain_;  // the longest way down
  uint64_t total_expanded_ = 0;
  uint64_t padding_ = 0;
};

void take_piece(void* context, const char* format, va_list arguments) noexcept {
  const auto& write = *static_cast<const std::function<void(std::string_view)>*>(context);
  char small[512];
  va_list again;
  va_copy(again, arguments);
  const int size = std::vsnprintf(small, sizeof small, format, arguments);
  if (size >= 0 && static_cast<size_t>(size) < sizeof small) {
    write({small, static_cast<size_t>(size)});
  } else if (size > 0) {
    std::string large(static_cast<size_t>(size) + 1, '\0');
    std::vsnprintf(large.data(), large.size(), format, again);
    large.pop_back();
    write(large);
  }
  va_end(again);
}

struct FreeDump {
  void operator()(btf_dump* dump) const { btf_dump__free(dump); }
};

}  // namespace

Result<> check_for_header(const TypeSet& types) {
  return Check(types).run();
}

Result<> check_types_of_file(const std::string& path) {
  const auto types = TypeSet::of_file(path);
  if (!types) return {};
  if (auto checked = check_for_header(*types); !checked)
    return base::fail_within(std::move(checked.error()), path);
  return {};
}

Result<> write_header(const TypeSet& types, uint32_t only,
                      const std::function<void(std::string_view)>& write) {
  if (auto checked = check_for_header(types); !checked) return checked;
  btf_dump_opts options{};
  options.sz = sizeof options;
  void* context = const_cast<std::function<void(std::string_view)>*>(&write);
  const std::unique_ptr<btf_dump, FreeDump> dump(btf_dump__new(types.raw(), take_piece, context, &options));
  if (!dump) return base::fail_errno(errno, "writing types");
  write(
      "#ifndef __VMLINUX_H__\n#define __VMLINUX_H__\n\n#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n#pragma clang "
      "attribute "
      "push (__attribute__((preserve_access_index)), apply_to = record)\n#endif\n\n");
  const uint32_t first = only != 0 ? only : 1, last = only != 0 ? only : types.last_id();
  for (uint32_t id = first; id <= last; ++id)
    if (const int error = btf_dump__dump_type(dump.get(), id); error != 0)
      return base::fail(ErrorKind::bad_input, "BTF type " + std::to_string(id) + " cannot be written in C",
                        -error);
  write(
      "#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n#pragma clang attribute pop\n#endif\n\n#endif /* __VMLINUX_H__ "
      "*/\n");
  return {};
}

}  // namespace weir::lab

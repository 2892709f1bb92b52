// SPDX-License-Identifier: Apache-2.0
// An object file's programs and maps in the kernel, for as long as this lives: opened, its globals set,
// loaded, its maps filled, and put where its sections say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "lab/placement.h"
#include "lab/trial_object.h"
#include "lab/type_set.h"

namespace weir::lab {

class RunningObject {
 public:
  /// As open_object: bad_input with libbpf's reason.
  static base::Result<RunningObject> open(std::span<const std::byte> object, const std::string& btf);

  /// Before `load`. "NAME=VALUE" of a global variable, by its type. Fails with bad_input and the names there
  /// are.
  base::Result<> set_global(const std::string& assignment);
  /// What the verifier refuses fails with bad_input: `try_object` tells why.
  base::Result<> load();
  /// After `load`, before `place`. "NAME[KEY]=VALUE" of a map, by its types; of a table of tail calls VALUE
  /// is a program's name.
  base::Result<> fill_map(const std::string& assignment);
  /// A table of tail calls that nothing filled gets the other programs of its kind, in the file's order; says
  /// so in `notes`. Those that stand in one are not attached.
  base::Result<> fill_tail_calls();
  /// Attaches every program and struct_ops map. All, or it fails and what was attached is taken away.
  base::Result<> place(Places places);

  const Placement& placement() const { return *placement_; }
  std::string iterate() const { return placement_->iterate(); }
  const std::vector<std::string>& notes() const { return notes_; }
  /// In the file's order, without libbpf's own (.kconfig, …).
  std::vector<bpf_map*> maps() const;
  /// Some program calls bpf_printk.
  bool prints() const;
  /// Of the object; fails where it has no BTF.
  base::Result<TypeSet> types() const;

 private:
  explicit RunningObject(OwnedObject object) : object_(std::move(object)) {}
  base::Result<> fill_in_order(const bpf_map* map);
  bool is_called(const bpf_program* program) const;
  bool is_only_called(const bpf_program* program) const;
  base::Result<> fill_with_program(const std::string& map, int map_fd, const std::string& key,
                                   const std::string& name);

  OwnedObject object_;
  std::unique_ptr<Placement> placement_;  // goes before the object
  std::vector<uint32_t> called_;          // programs in tables of tail calls, by id
  std::vector<std::string> notes_;
};

}  // namespace weir::lab

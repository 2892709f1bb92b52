// SPDX-License-Identifier: Apache-2.0
// Who keeps an object alive: the processes that hold it open, and the paths where it is pinned.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lab/object_reference.h"

namespace weir::lab {

struct Holder {
  int pid = 0;
  std::string command;  // as the kernel cut it, 15 bytes
};

struct Held {
  std::vector<Holder> holders;  // kMostHolders at most
  uint64_t more_holders = 0;    // that have no place there
  std::vector<std::string> pins;
};

class ObjectHolders {
 public:
  static constexpr size_t kMostHolders = 64;
  static constexpr uint64_t kMostPins = 65'536;

  /// Looks through /proc/*/fdinfo and through every BPF file system that is mounted here.
  static ObjectHolders find();

  /// Empty where nobody does.
  const Held& of(ObjectKind kind, uint32_t id) const;
  /// Processes that could not be looked at: CAP_SYS_PTRACE is missing.
  uint64_t hidden_processes() const { return hidden_processes_; }
  bool pins_cut() const { return pins_ > kMostPins; }

 private:
  void read_process(int pid);
  void read_folder(const std::string& folder, int depth);
  void read_pin(const std::string& path);
  void hold(ObjectKind kind, uint32_t id, const Holder& holder);

  std::map<std::pair<ObjectKind, uint32_t>, Held> held_;
  uint64_t hidden_processes_ = 0;
  uint64_t pins_ = 0;
};

}  // namespace weir::lab

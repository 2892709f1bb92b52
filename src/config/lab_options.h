// SPDX-License-Identifier: Apache-2.0
// What `weir lab` was asked to do: other people's programs, maps and links.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace weir::config {

enum class LabCommand : uint8_t { list, show, dump, btf, map, log, features };
enum class LabSubject : uint8_t { all, programs, maps, links, net };
enum class LabMapAction : uint8_t { dump, get, set, erase, top, watch };
enum class LabOutput : uint8_t { table, json, names };

struct LabOptions {
  LabCommand command = LabCommand::list;
  LabOutput output = LabOutput::table;
  bool colour = true;
  int verbosity = 0;
  uint64_t count = 0;  // -c: screens, changes, lines; 0: no end
  std::chrono::nanoseconds interval = std::chrono::seconds(2);

  LabSubject subject = LabSubject::all;  // of list
  bool watch = false;
  std::string sort;

  std::vector<std::string> object;  // an id, a name, a pin or a file, as it was written; empty: none was

  bool bytecode = false;  // of dump: these three
  bool machine_code = false;
  bool graph = false;
  bool source_lines = true;

  bool header = false;    // of btf
  std::string type_name;  // of btf: this type alone

  LabMapAction action = LabMapAction::dump;
  std::string key;
  std::string value;
  bool per_cpu = false;
  std::string by;      // of top: the number to sort by
  uint32_t rows = 10;  // of top

  std::string program;  // of log and features
};

}  // namespace weir::config

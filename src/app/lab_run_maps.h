// SPDX-License-Identifier: Apache-2.0
// A running object's maps and globals, looked at again and again: what changed, and how fast.
#pragma once

#include <bpf/libbpf.h>

#include <string>
#include <vector>

#include "app/lab_map_lines.h"
#include "app/lab_map_reading.h"
#include "base/result.h"
#include "config/lab_run_options.h"

namespace weir::app {

class LabRunMaps {
 public:
  explicit LabRunMaps(const config::LabRunOptions& options) : options_(options) {}

  /// Takes part in maps that have entries to be read; others are left alone.
  base::Result<> add(const bpf_map* map);
  /// Lines on what is new since the last look, `seconds` ago; at the first on what is there. Zeros at the
  /// first look are no news.
  std::string look(double seconds);

 private:
  struct Watched {
    std::string name;
    bool globals = false;
    OpenedMap opened;
    MapReading before;
  };

  base::Result<std::string> changes_of(Watched& map, double seconds);
  std::string line_of(const Watched& map, const std::string& key, const std::string& value,
                      const std::string* before, double seconds) const;
  std::string gone_line(const Watched& map, const std::string& key) const;

  const config::LabRunOptions& options_;
  std::vector<Watched> maps_;
};

}  // namespace weir::app

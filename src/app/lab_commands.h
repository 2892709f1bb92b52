// SPDX-License-Identifier: Apache-2.0
// The commands of `weir lab`; each writes to stdout and fails with one sentence.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "config/lab_options.h"

namespace weir::app {

base::Result<> lab_list(const config::LabOptions& options);
base::Result<> lab_watch(const config::LabOptions& options);  // list --watch
base::Result<> lab_dump(const config::LabOptions& options);
base::Result<> lab_show(const config::LabOptions& options);
base::Result<> lab_btf(const config::LabOptions& options);
base::Result<> lab_log(const config::LabOptions& options);
base::Result<> lab_features(const config::LabOptions& options);
base::Result<> lab_map(const config::LabOptions& options);
base::Result<> lab_map_changes(const config::LabOptions& options);  // map top, map watch

}  // namespace weir::app

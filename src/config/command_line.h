// SPDX-License-Identifier: Apache-2.0
// The words after `weir` -> what to do.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "config/doctor_options.h"
#include "config/flows_options.h"
#include "config/lab_check_options.h"
#include "config/lab_options.h"
#include "config/lab_run_options.h"
#include "config/packets_options.h"

namespace weir::config {

/// To be printed on stdout; exit status 0.
struct HelpText {
  std::string text;
};

using Command = std::variant<HelpText, FlowsOptions, PacketsOptions, DoctorOptions, LabOptions,
                             LabCheckOptions, LabRunOptions>;

/// What the help states and other rooms know.
struct HelpFacts {
  uint64_t bytes_per_flow = 0;               // of `flows -r`
  uint64_t live_max_flows = kMostLiveFlows;  // of this machine, see default_live_flows
};

/// `words` are argv without the program's name. Fails with bad_input and one line for the user.
base::Result<Command> parse_command_line(const std::vector<std::string>& words, const HelpFacts& facts);

}  // namespace weir::config

// SPDX-License-Identifier: Apache-2.0
// A checked file as text for people, or as JSON, a record a line.
#pragma once

#include <string>

#include "config/lab_check_options.h"
#include "lab/program_check.h"
#include "sink/output_buffer.h"

namespace weir::app {

/// `name` is the file as the user wrote it.
void write_check_text(const std::string& name, const lab::CheckedFile& file,
                      const config::LabCheckOptions& options, sink::OutputBuffer& output);

/// A record "lab.check.file", then for each program its steps (--walk) and a record "lab.check.program".
void write_check_json(const std::string& name, const lab::CheckedFile& file,
                      const config::LabCheckOptions& options, sink::OutputBuffer& output);

}  // namespace weir::app

// SPDX-License-Identifier: Apache-2.0
// Which way out the options ask for.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/flows_options.h"
#include "flow/field.h"
#include "sink/output_buffer.h"
#include "sink/record_sink.h"

namespace weir::app {

/// The sink for `options`; `output` must outlive it. Fails with bad_input for a field that does not exist.
base::Result<std::unique_ptr<sink::RecordSink>> make_flow_sink(const config::FlowsOptions& options,
                                                               sink::OutputBuffer& output, bool terminal);

/// The fields of --fields or --by; fails with bad_input, naming `option` and the nearest field.
base::Result<std::vector<const flow::Field*>> find_fields(const std::vector<std::string>& words,
                                                          std::string_view option);
/// The words of --by with the default of `top`: process, or destination for captures.
std::vector<std::string> group_words(const config::FlowsOptions& options);

}  // namespace weir::app

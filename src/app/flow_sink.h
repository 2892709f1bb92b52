// SPDX-License-Identifier: Apache-2.0
// Which way out the options ask for.
#pragma once

#include <memory>

#include "base/result.h"
#include "config/flows_options.h"
#include "sink/output_buffer.h"
#include "sink/record_sink.h"

namespace weir::app {

/// The sink for `options`; `output` must outlive it. Fails with bad_input for a field that does not exist.
base::Result<std::unique_ptr<sink::RecordSink>> make_flow_sink(const config::FlowsOptions& options,
                                                               sink::OutputBuffer& output, bool terminal);

}  // namespace weir::app

// SPDX-License-Identifier: Apache-2.0
#include "app/printed_text.h"

#include <unistd.h>

#include <cstdio>

#include "sink/output_buffer.h"

namespace weir::app {

bool print_text(std::string_view text, std::string_view verb) {
  sink::OutputBuffer output(STDOUT_FILENO);
  output.append(text);
  const auto written = output.flush();
  if (written || written.error().system_errno == EPIPE) return true;
  std::fprintf(stderr, "%.*s: %s\n", static_cast<int>(verb.size()), verb.data(),
               written.error().message.c_str());
  return false;
}

}  // namespace weir::app

// SPDX-License-Identifier: Apache-2.0
// For tests of this room: what was written into an OutputBuffer.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <string>

#include "base/unique_fd.h"
#include "sink/output_buffer.h"

namespace weir::sink {

/// What `use(output)` wrote, flushed.
template <class Use>
std::string written_text(Use use) {
  const base::UniqueFd file(::memfd_create("text", MFD_CLOEXEC));
  OutputBuffer output(file.get());
  use(output);
  EXPECT_TRUE(output.flush());
  std::string text(output.written_bytes(), '\0');
  EXPECT_EQ(::pread(file.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  return text;
}

}  // namespace weir::sink

// SPDX-License-Identifier: Apache-2.0
// Packets from one stream of bytes: the reader below open_captures, for whoever has the bytes in hand.
#pragma once

#include <memory>
#include <string>

#include "source/capture_bytes.h"
#include "source/capture_file.h"

namespace weir::source {

/// What one reader keeps in memory of a file, at least: docs/decisions/0003-read-captures-with-read.md.
inline constexpr size_t kChunkBytes = 256 * 1024;

/// Reads pcap or pcapng, gzip too. `name` names the stream in errors and interfaces. Waits for the file's
/// header. Fails with bad_input for what is no capture.
base::Result<std::unique_ptr<CaptureReader>> read_capture(std::unique_ptr<ByteSource> bytes, std::string name,
                                                          size_t chunk_bytes = kChunkBytes);

}  // namespace weir::source

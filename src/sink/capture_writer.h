// SPDX-License-Identifier: Apache-2.0
// Records into capture files: the door to `weir packets -w`. Knows no kernel and no command line.
#pragma once

#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "decode/packet_record.h"
#include "sink/capture_file_writer.h"
#include "sink/capture_format_writer.h"
#include "sink/capture_pcap_writer.h"
#include "sink/capture_pcapng_writer.h"
#include "sink/capture_rotation.h"
#include "sink/capture_rotation_command.h"

namespace weir::sink {

struct CaptureWriterOptions {
  std::string path{};  // "-": stdout
  bool pcap = false;
  bool nanoseconds = true;         // pcap only: its magic; pcapng always has nanoseconds
  bool each_packet = false;        // -U
  std::string application{};       // "weir 0.1.0"
  std::string filter{};            // the expression
  std::optional<uint32_t> snap{};  // -s, for all interfaces alike
  RotationOptions rotation{};
  std::string rotation_command{};  // -z
  /// What -G rotates by: wall time as tcpdump, a few milliseconds coarse. Tests give their own.
  int64_t (*now_ns)() = [] { return base::now_ns(CLOCK_REALTIME_COARSE); };
};

/// By the name: ".pcap" is plain pcap.
bool is_pcap_name(const std::string& path);

struct CaptureCounters {
  uint64_t packets = 0;  // written, or waiting in the buffer
  uint64_t kept = 0;     // with the kernel, in whole blocks
  uint64_t lost = 0;     // after the writing failed, and those that waited then
  uint64_t cut = 0;      // of which something had no place in the format
  uint64_t bytes = 0;    // of all files
  uint64_t files = 0;
  uint64_t commands = 0;  // -z, started
  uint64_t commands_failed = 0;
};

class CaptureWriter {
 public:
  /// Creates the (first) file with its header. Fails with bad_input for options that do not go together, else
  /// with the kind of the errno.
  static base::Result<std::unique_ptr<CaptureWriter>> open(CaptureWriterOptions options);

  /// Describes an interface from which packets may come: a capture without any then says where there were
  /// none.
  bool announce(uint32_t interface_index, const decode::PacketInterface& interface);

  /// False: not written, and nothing will be: `error`, or where that is empty -W files of -G are full
  /// (`full`).
  bool write(const decode::PacketRecord& record);
  /// Hands on to the kernel what waits, and looks after -z's programs: to be called every second or so.
  bool flush();
  /// Ends the last file. Nothing may follow.
  base::Result<> finish(const CaptureEnd& end);

  /// What failed, with the file and how many packets it kept. system_errno EPIPE: the reader of a pipe has
  /// gone.
  const std::optional<base::Error>& error() const { return error_; }
  bool full() const { return full_; }
  CaptureCounters counters() const;
  /// The file being written.
  const std::string& file_name() const { return file_name_; }

 private:
  CaptureWriter(CaptureWriterOptions options, std::unique_ptr<CaptureFormatWriter> format, int64_t now_ns);

  base::Result<> begin_file();
  bool next_file();
  void leave_file();
  bool fail();

  CaptureWriterOptions options_;
  std::unique_ptr<CaptureFormatWriter> format_;
  CaptureRotation rotation_;
  CaptureRotationCommand command_;
  std::optional<CaptureFileWriter> file_;
  std::string file_name_;
  CaptureCounters ended_;  // sums of the files before this one
  uint64_t refused_ = 0;
  bool full_ = false;
  bool finished_ = false;
  std::optional<base::Error> error_;
};

}  // namespace weir::sink

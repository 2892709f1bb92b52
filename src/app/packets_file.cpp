// SPDX-License-Identifier: Apache-2.0
#include "app/packets_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "app/link_name.h"
#include "app/packet_filter.h"
#include "app/packet_output.h"
#include "app/stop_signal.h"
#include "sink/packet_summary.h"
#include "source/capture_file.h"
#include "source/capture_records.h"

namespace weir::app {
namespace {

constexpr size_t kBatchPackets = 64;
constexpr int kLostExitCode = 5;

int tell(const base::Error& error) {
  std::fprintf(stderr, "weir packets: %s\n", error.message.c_str());
  return base::exit_code(error.kind);
}

/// Writing over a file that is being read would destroy it before it was read.
base::Result<> refuse_own_input(const config::PacketsOptions& options) {
  struct stat target {};
  if (options.write.empty() || options.write == "-" || ::stat(options.write.c_str(), &target) != 0 ||
      !S_ISREG(target.st_mode))
    return {};
  for (const std::string& path : options.captures) {
    struct stat source {};
    const bool known = path == "-" ? ::fstat(STDIN_FILENO, &source) == 0 : ::stat(path.c_str(), &source) == 0;
    if (known && source.st_dev == target.st_dev && source.st_ino == target.st_ino)
      return base::fail(
          base::ErrorKind::bad_input,
          "-w " + options.write + " would write over the capture that -r reads; name another file");
  }
  return {};
}

class FileRun {
 public:
  FileRun(const config::PacketsOptions& options, StopSignal& stop, PacketFilter filter,
          std::unique_ptr<source::CaptureReader> reader, std::unique_ptr<PacketOutput> output)
      : options_(options),
        stop_(stop),
        filter_(std::move(filter)),
        reader_(std::move(reader)),
        output_(std::move(output)) {}

  int run();

 private:
  base::Result<> learn();
  void introduce(const source::CaptureInterface& interface);
  PacketOutput::Step pass_on(std::span<const source::CapturedPacket> packets);
  std::string summary(bool complete, bool written);

  const config::PacketsOptions& options_;
  StopSignal& stop_;
  PacketFilter filter_;
  std::unique_ptr<source::CaptureReader> reader_;
  std::unique_ptr<PacketOutput> output_;
  source::CaptureRecords records_;
  decode::PacketRecord record_;
  size_t announced_ = 0;
  std::set<std::string> introduced_;     // files
  std::optional<int64_t> last_time_ns_;  // --for: of the last packet that is wanted
  uint64_t read_ = 0;
  uint64_t filtered_out_ = 0;
  uint64_t lost_before_ = 0;  // as the packets that are wanted say
};

/// tcpdump's line for a file it opens.
void FileRun::introduce(const source::CaptureInterface& interface) {
  if (!introduced_.insert(interface.file).second) return;
  const std::string link = link_name(interface.link_type);
  const uint32_t snap = interface.snap_bytes == 0 ? config::kLongestSnap : interface.snap_bytes;
  std::fprintf(stderr, "reading from file %s, link-type %s, snapshot length %u\n",
               interface.file == "stdin" ? "-" : interface.file.c_str(), link.c_str(), snap);
}

base::Result<> FileRun::learn() {
  const auto& found = reader_->interfaces();
  if (announced_ == found.size()) return {};
  const auto& interfaces = records_.interfaces(found);
  for (; announced_ < found.size(); ++announced_) {
    introduce(found[announced_]);
    output_->announce(static_cast<uint32_t>(announced_), interfaces[announced_]);
  }
  return filter_.learn(found);
}

PacketOutput::Step FileRun::pass_on(std::span<const source::CapturedPacket> packets) {
  for (const source::CapturedPacket& packet : packets) {
    if (options_.duration && !last_time_ns_) last_time_ns_ = packet.time_ns + options_.duration->count();
    if (last_time_ns_ && packet.time_ns > *last_time_ns_) return PacketOutput::Step::stop;
    ++read_;
    if (!filter_.wants(packet)) {
      ++filtered_out_;
      continue;
    }
    records_.fill(packet, reader_->interfaces(), record_);
    lost_before_ += record_.dropped_before.value_or(0);
    if (output_->write(record_) == PacketOutput::Step::stop) return PacketOutput::Step::stop;
  }
  return PacketOutput::Step::go_on;
}

std::string FileRun::summary(bool complete, bool written) {
  const PacketOutputCounts counts = output_->counts();
  sink::PacketSummary summary;
  summary.read = read_;
  summary.written = counts.written;
  summary.complete = complete;
  summary.output_failed = !written;
  if (!options_.write.empty()) summary.target = options_.write == "-" ? "to stdout" : "to " + options_.write;
  summary.left_out = {
      {"the filter does not match", filtered_out_},
      {"not in the direction of -Q", counts.other_direction},
      {"no direction in the file, which -Q asks for", counts.no_direction},
      {"other owners, or nobody known", counts.other_owner},
  };
  summary.notes = {
      {"with options that end early or have wrong lengths", records_.malformed_options()},
      {"written without what has no place in the file's format", counts.cut},
  };
  summary.lost = counts.file_lost;
  summary.lost_before = lost_before_;
  return sink::packet_summary_text(summary);
}

int FileRun::run() {
  std::array<source::CapturedPacket, kBatchPackets> packets;
  std::optional<base::Error> problem;
  auto step = PacketOutput::Step::go_on;
  while (!stop_.requested() && step == PacketOutput::Step::go_on) {
    const size_t read = reader_->read(packets);
    if (auto learned = learn(); !learned) {
      problem = learned.error();
      break;
    }
    if (read == 0) {
      problem = reader_->error();
      break;
    }
    step = pass_on(std::span(packets.data(), read));
    // A pipe that has no more for now: what is known goes out before we wait.
    if (read < kBatchPackets && step == PacketOutput::Step::go_on) step = output_->idle();
    if (stop_.take_report_request()) std::fputs(summary(true, true).c_str(), stderr);
  }
  const auto written = output_->finish({});
  if (output_->reader_has_gone()) return 0;  // he has what he wanted
  std::fputs(summary(!problem, written.has_value()).c_str(), stderr);
  if (!written) return tell(written.error());
  if (problem) return tell(*problem);
  return options_.fail_on_loss && lost_before_ != 0 ? kLostExitCode : 0;
}

}  // namespace

int packets_file(const config::PacketsOptions& options) {
  if (auto apart = refuse_own_input(options); !apart) return tell(apart.error());
  auto stop = StopSignal::create();
  if (!stop) return tell(stop.error());
  auto filter = PacketFilter::create(options.expression, options.classic_file);
  if (!filter) return tell(filter.error());
  auto reader = source::open_captures(options.captures, stop->fd());
  if (!reader) return tell(reader.error());
  if (auto compiled = filter->learn((*reader)->interfaces()); !compiled) return tell(compiled.error());
  auto output = PacketOutput::open(options, {});
  if (!output && output.error().system_errno == EPIPE) return 0;  // -w - and its reader has gone already
  if (!output) return tell(output.error());
  return FileRun(options, *stop, std::move(*filter), std::move(*reader), std::move(*output)).run();
}

}  // namespace weir::app

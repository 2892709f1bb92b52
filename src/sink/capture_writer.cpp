// SPDX-License-Identifier: Apache-2.0
#include "sink/capture_writer.h"

#include <utility>

namespace weir::sink {
namespace {

std::unique_ptr<CaptureFormatWriter> make_format(const CaptureWriterOptions& options) {
  if (options.pcap)
    return std::make_unique<CapturePcapWriter>(PcapOptions{options.nanoseconds, options.snap});
  return std::make_unique<CapturePcapngWriter>(
      PcapngOptions{options.application, options.filter, options.snap});
}

}  // namespace

bool is_pcap_name(const std::string& path) {
  return path.ends_with(".pcap");
}

base::Result<std::unique_ptr<CaptureWriter>> CaptureWriter::open(CaptureWriterOptions options) {
  const bool rotates = options.rotation.most_bytes != 0 || options.rotation.seconds != 0;
  if (options.path == "-" && rotates)
    return base::fail(base::ErrorKind::bad_input, "-C and -G need files: stdout (-w -) is one stream");
  if (options.rotation.files != 0 && !rotates)
    return base::fail(base::ErrorKind::bad_input, "-W counts the files of -C or -G: neither is given");
  auto format = make_format(options);
  const int64_t now_ns = options.now_ns();
  std::unique_ptr<CaptureWriter> writer(new CaptureWriter(std::move(options), std::move(format), now_ns));
  if (auto begun = writer->begin_file(); !begun) return tl::unexpected<base::Error>(std::move(begun.error()));
  return writer;
}

CaptureWriter::CaptureWriter(CaptureWriterOptions options, std::unique_ptr<CaptureFormatWriter> format,
                             int64_t now_ns)
    : options_(std::move(options)),
      format_(std::move(format)),
      rotation_(options_.path, options_.rotation, now_ns),
      command_(options_.rotation_command) {}

base::Result<> CaptureWriter::begin_file() {
  const auto name = rotation_.name();
  if (!name) return tl::unexpected<base::Error>(name.error());
  auto file = CaptureFileWriter::create(*name);
  if (!file) return tl::unexpected<base::Error>(std::move(file.error()));
  leave_file();
  file_.emplace(std::move(*file));
  file_name_ = *name;
  if (options_.each_packet) file_->write_each_packet();
  ++ended_.files;
  // The header goes out at once: a file that was killed in its first second can be read too.
  if (!format_->begin(*file_) || !file_->flush()) return tl::unexpected<base::Error>(*file_->error());
  return {};
}

void CaptureWriter::leave_file() {
  if (!file_) return;
  ended_.packets += file_->packets();
  ended_.kept += file_->packets_kept();
  ended_.bytes += file_->bytes();
  file_.reset();
}

bool CaptureWriter::fail() {
  if (error_) return false;
  if (format_->error()) {
    error_ = format_->error();
    // What came before is whole.
    file_->flush();
    error_->message += " (" + file_name_ + " keeps " + std::to_string(file_->packets_kept()) + " packets)";
  } else {
    error_ = file_->error();
  }
  return false;
}

bool CaptureWriter::next_file() {
  const std::string finished = file_name_;
  if (!format_->end(*file_, {}) || !file_->flush()) return fail();
  if (auto begun = begin_file(); !begun) {
    error_ = std::move(begun.error());
    return false;
  }
  command_.run(finished);  // after the new file has begun: it may be the same (-W 1)
  return true;
}

bool CaptureWriter::announce(uint32_t interface_index, const decode::PacketInterface& interface) {
  if (error_ || finished_) return false;
  if (!format_->add_interface(*file_, interface_index, interface) || !file_->flush()) return fail();
  return true;
}

bool CaptureWriter::write(const decode::PacketRecord& record) {
  if (error_ || full_ || finished_) [[unlikely]] {
    if (!full_) ++refused_;
    return false;
  }
  if (rotation_.rotates()) {
    const auto step = rotation_.before_packet(file_->bytes(), rotation_.by_time() ? options_.now_ns() : 0);
    if (step == CaptureRotation::Step::over) {
      full_ = true;
      return false;
    }
    if (step == CaptureRotation::Step::next && !next_file()) {
      ++refused_;
      return false;
    }
  }
  if (format_->write(*file_, record)) return true;
  if (format_->error()) ++refused_;
  return fail();
}

bool CaptureWriter::flush() {
  command_.reap();
  if (error_ || finished_) return !error_;
  return file_->flush() || fail();
}

base::Result<> CaptureWriter::finish(const CaptureEnd& end) {
  if (!finished_) {
    finished_ = true;
    if (!error_ && (!format_->end(*file_, end) || !file_->flush())) fail();
    leave_file();
    if (full_) command_.run(file_name_);  // as tcpdump does for the last of -W files
    command_.reap();
  }
  if (error_) return tl::unexpected<base::Error>(*error_);
  return {};
}

CaptureCounters CaptureWriter::counters() const {
  CaptureCounters counters = ended_;
  if (file_) {
    counters.packets += file_->packets();
    counters.kept += file_->packets_kept();
    counters.bytes += file_->bytes();
  }
  if (error_) {
    counters.lost = counters.packets - counters.kept + refused_;
    counters.packets = counters.kept;
  }
  counters.cut = format_->cut();
  counters.commands = command_.started();
  counters.commands_failed = command_.failed();
  return counters;
}

}  // namespace weir::sink

// SPDX-License-Identifier: Apache-2.0
#include "source/capture_reader.h"

#include <algorithm>

#include "source/capture_format.h"
#include "source/capture_gzip.h"
#include "source/capture_kind.h"
#include "source/capture_pcap.h"
#include "source/capture_pcapng.h"
#include "source/capture_window.h"

namespace weir::source {
namespace {

class StreamReader : public CaptureReader {
 public:
  StreamReader(std::string name, std::unique_ptr<ByteWindow> window, std::unique_ptr<CaptureFormat> format)
      : name_(std::move(name)), window_(std::move(window)), format_(std::move(format)) {}

  size_t read(std::span<CapturedPacket> packets) override;
  const std::optional<base::Error>& error() const override { return error_; }
  const std::vector<CaptureInterface>& interfaces() const override { return format_->interfaces(); }

 private:
  size_t end();
  size_t tear(const std::string& expected);

  std::string name_;
  std::unique_ptr<ByteWindow> window_;
  std::unique_ptr<CaptureFormat> format_;
  bool ended_ = false;
  std::optional<base::Error> error_;
};

size_t StreamReader::read(std::span<CapturedPacket> packets) {
  if (packets.empty()) return 0;
  while (!ended_) {
    // The window is filled only while no packet points into it.
    if (const size_t taken = format_->take(*window_, packets); taken > 0) return taken;
    if (format_->fault()) return tear(*format_->fault());
    if (!window_->fill(format_->needed().bytes)) return end();
  }
  return 0;
}

size_t StreamReader::end() {
  const CaptureFormat::Need& need = format_->needed();
  if (window_->stopped() || (!window_->error() && window_->size() == 0 && need.between)) {
    ended_ = true;
    return 0;
  }
  if (window_->error()) {
    ended_ = true;
    error_ = base::Error(*window_->error()).within(name_);
    error_->kind = base::ErrorKind::bad_input;
    return 0;
  }
  return tear(std::string(need.what) + " of " + std::to_string(need.bytes) +
              " bytes expected, found the end after " + std::to_string(window_->size()));
}

size_t StreamReader::tear(const std::string& expected) {
  ended_ = true;
  error_ = base::Error{base::ErrorKind::bad_input, 0,
                       name_ + ": byte " + std::to_string(window_->offset()) + ": " + expected};
  return 0;
}

/// Stopped before there was a header.
class NothingReader : public CaptureReader {
 public:
  size_t read(std::span<CapturedPacket>) override { return 0; }
  const std::optional<base::Error>& error() const override { return error_; }
  const std::vector<CaptureInterface>& interfaces() const override { return interfaces_; }

 private:
  std::optional<base::Error> error_;
  std::vector<CaptureInterface> interfaces_;
};

template <class Format>
base::Result<std::unique_ptr<CaptureReader>> open_as(std::unique_ptr<ByteWindow> window,
                                                     const std::string& name, const std::string& shown) {
  auto format = Format::open(*window, name);
  if (!format) {
    if (window->stopped()) return std::make_unique<NothingReader>();
    return base::fail_within(std::move(format.error()), shown);
  }
  return std::make_unique<StreamReader>(shown, std::move(window), std::move(*format));
}

}  // namespace

base::Result<std::unique_ptr<CaptureReader>> read_capture(std::unique_ptr<ByteSource> bytes, std::string name,
                                                          size_t chunk_bytes) {
  auto window = std::make_unique<ByteWindow>(std::move(bytes), chunk_bytes);
  bool unpacked = false;
  (void)window->fill(4);
  if (window->size() >= 3 && window->begin()[0] == 0x1f && window->begin()[1] == 0x8b &&
      window->begin()[2] == 8) {
    auto gzip = GzipBytes::open(window->take_source(), window->bytes());
    if (!gzip) return base::fail_within(std::move(gzip.error()), name);
    window = std::make_unique<ByteWindow>(std::move(*gzip), chunk_bytes);
    unpacked = true;
    (void)window->fill(4);
  }
  const std::string shown = unpacked ? name + " (unpacked)" : name;
  if (PcapFormat::recognises(window->bytes())) return open_as<PcapFormat>(std::move(window), name, shown);
  if (PcapngFormat::recognises(window->bytes())) return open_as<PcapngFormat>(std::move(window), name, shown);

  if (window->stopped()) return std::make_unique<NothingReader>();
  if (window->error()) {
    base::Error error = *window->error();
    return base::fail_within(std::move(error), name);
  }
  const auto first = window->bytes();
  return base::fail(base::ErrorKind::bad_input,
                    name + (unpacked ? ": the gzip holds no capture: byte 0: " : ": no capture: byte 0: ") +
                        "a pcap or pcapng header expected, found " +
                        describe_bytes(first.first(std::min(first.size(), kDescribedBytes))));
}

}  // namespace weir::source

// SPDX-License-Identifier: Apache-2.0
#include "source/capture_merge.h"

#include <algorithm>
#include <utility>

namespace weir::source {
namespace {

constexpr size_t kBatchPackets = 256;

struct File {
  MergedCapture capture;
  std::unique_ptr<CaptureReader> reader;  // null: not open yet or again, or at its end
  std::vector<CapturedPacket> batch;
  size_t next = 0;                   // in batch
  size_t count = 0;                  // of batch
  int64_t head_ns = 0;               // of the next packet
  std::vector<uint32_t> interfaces;  // the file's -> the merged reader's
  size_t learned = 0;                // interfaces looked at since it was opened
};

class MergedReader : public CaptureReader {
 public:
  explicit MergedReader(std::vector<MergedCapture> captures) {
    files_.resize(captures.size());
    for (size_t i = 0; i < captures.size(); ++i) files_[i].capture = std::move(captures[i]);
  }
  base::Result<> open();

  size_t read(std::span<CapturedPacket> packets) override;
  const std::optional<base::Error>& error() const override { return error_; }
  const std::vector<CaptureInterface>& interfaces() const override { return interfaces_; }

 private:
  /// Next batch of a file whose last one nobody looks at any more; false: it ended.
  bool refill(File& file);
  bool reopen(File& file);
  void learn_interfaces(File& file);
  void note(const base::Error& error);
  void push(size_t file);
  size_t pop();

  bool later(size_t a, size_t b) const {
    return std::pair(files_[a].head_ns, a) > std::pair(files_[b].head_ns, b);
  }

  static constexpr size_t kNone = SIZE_MAX;

  std::vector<File> files_;
  std::vector<size_t> heap_;  // of those that have a next packet, the earliest in front
  size_t starved_ = kNone;    // the file whose batch the last `read` used up
  std::vector<CaptureInterface> interfaces_;
  std::optional<base::Error> error_;
  std::string first_message_;
  size_t torn_ = 0;
};

base::Result<> MergedReader::open() {
  for (size_t i = 0; i < files_.size(); ++i) {
    File& file = files_[i];
    auto reader = file.capture.open();
    if (!reader) return tl::unexpected<base::Error>(reader.error());
    file.reader = std::move(*reader);
    learn_interfaces(file);
    if (!refill(file)) continue;
    if (file.capture.reopens) {
      file.reader.reset();
      file.batch = {};
    }
    push(i);
  }
  return {};
}

void MergedReader::learn_interfaces(File& file) {
  const auto& found = file.reader->interfaces();
  for (; file.learned < found.size(); ++file.learned) {
    const CaptureInterface& interface = found[file.learned];
    const bool known = file.learned < file.interfaces.size();  // from when the file was open before
    if (known && interfaces_[file.interfaces[file.learned]].link_type == interface.link_type) continue;
    const auto index = static_cast<uint32_t>(interfaces_.size());
    interfaces_.push_back(interface);
    if (known) {
      file.interfaces[file.learned] = index;
    } else {
      file.interfaces.push_back(index);
    }
  }
}

void MergedReader::note(const base::Error& error) {
  if (torn_++ == 0) {
    error_ = error;
    first_message_ = error.message;
  } else {
    error_->message = first_message_ + " (and " + std::to_string(torn_ - 1) + " more of the files are torn)";
  }
}

void MergedReader::push(size_t file) {
  heap_.push_back(file);
  std::push_heap(heap_.begin(), heap_.end(), [this](size_t a, size_t b) { return later(a, b); });
}

size_t MergedReader::pop() {
  std::pop_heap(heap_.begin(), heap_.end(), [this](size_t a, size_t b) { return later(a, b); });
  const size_t file = heap_.back();
  heap_.pop_back();
  return file;
}

bool MergedReader::refill(File& file) {
  file.batch.resize(kBatchPackets);
  file.next = 0;
  file.count = file.reader->read(file.batch);
  learn_interfaces(file);
  if (file.count > 0) {
    file.head_ns = file.batch[0].time_ns;
    return true;
  }
  if (file.reader->error()) note(*file.reader->error());
  file.reader.reset();
  file.batch = {};
  return false;
}

bool MergedReader::reopen(File& file) {
  auto reader = file.capture.open();
  if (!reader) {
    note(reader.error());
    return false;
  }
  file.reader = std::move(*reader);
  file.learned = 0;
  learn_interfaces(file);
  return refill(file);
}

size_t MergedReader::read(std::span<CapturedPacket> packets) {
  if (packets.empty()) return 0;
  if (starved_ != kNone) {
    const size_t file = std::exchange(starved_, kNone);
    if (refill(files_[file])) push(file);
  }
  size_t given = 0;
  while (given < packets.size() && !heap_.empty()) {
    const size_t earliest = pop();
    File& file = files_[earliest];
    if (!file.reader && !reopen(file)) continue;
    do {
      packets[given] = file.batch[file.next++];
      packets[given].interface = file.interfaces[packets[given].interface];
      ++given;
      if (file.next == file.count) break;
      file.head_ns = file.batch[file.next].time_ns;
    } while (given < packets.size() && (heap_.empty() || !later(earliest, heap_.front())));
    if (file.next == file.count) {
      starved_ = earliest;  // its packets are in the caller's hands: refilled by the next call
      break;
    }
    push(earliest);
  }
  return given;
}

}  // namespace

base::Result<std::unique_ptr<CaptureReader>> merge_captures(std::vector<MergedCapture> captures) {
  auto merged = std::make_unique<MergedReader>(std::move(captures));
  if (auto opened = merged->open(); !opened) return tl::unexpected<base::Error>(std::move(opened.error()));
  return merged;
}

}  // namespace weir::source

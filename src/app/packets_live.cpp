// SPDX-License-Identifier: Apache-2.0
#include "app/packets_live.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "app/held_packets.h"
#include "app/live_records.h"
#include "app/packet_content.h"
#include "app/packet_hops.h"
#include "app/packet_output.h"
#include "app/packet_taps.h"
#include "app/packet_trail.h"
#include "app/stop_signal.h"
#include "app/watched_command.h"
#include "base/clock.h"
#include "kernel/network_namespace.h"
#include "kernel/socket_lister.h"
#include "source/packet_ring.h"

namespace weir::app {
namespace {

constexpr int kLostExitCode = 5;
constexpr size_t kMostAtOnce = 4096;  // records between two looks at signals
constexpr int64_t kShortestWaitNs = 1'000'000;
constexpr int64_t kLongestWaitNs = 8'000'000;
constexpr int64_t kLastPacketsNs = 50'000'000;  // for what a command's end sends
constexpr int64_t kFlushEveryNs = 1'000'000'000;

int tell(const base::Error& error) {
  std::fprintf(stderr, "weir packets: %s\n", error.message.c_str());
  return base::exit_code(error.kind);
}

/// The run's parts in one place, in order of acquisition.
class Capture {
 public:
  Capture(const config::PacketsOptions& options, StopSignal& stop) : options_(options), stop_(stop) {}

  base::Result<> begin();
  /// The command, once everything is attached.
  base::Result<> start();
  /// Until something ends it.
  void run();
  /// Takes the hooks away, reads what is left, closes the output; the exit code.
  int end();

 private:
  enum class Way { on, out };
  bool take(std::span<const std::byte> record);
  void put(const decode::PacketRecord& packet);
  /// Those of --once that were held long enough at CLOCK_BOOTTIME `now_ns`.
  void release(uint64_t now_ns);
  Way look();
  void wait();
  void announce();
  void tell_losses();
  std::string report() const;
  uint64_t lost() const;

  const config::PacketsOptions& options_;
  StopSignal& stop_;
  base::Result<kernel::CgroupMount> cgroup_ = kernel::open_cgroup2();
  std::unique_ptr<WatchedCommand> command_;  // null: none
  std::optional<kernel::SocketLister> lister_;
  std::unique_ptr<PacketTaps> taps_;
  std::optional<source::PacketRing> ring_;
  std::unique_ptr<PacketOutput> output_;
  std::optional<LiveRecords> records_;
  std::optional<PacketHops> hops_;    // empty: a packet is seen once only
  std::optional<PacketTrail> trail_;  // of one interface (loopback), whose records have no numbers
  std::optional<HeldPackets> held_;   // empty: not --once
  bool follows_ = false;              // hops are told
  decode::PacketRecord sight_;
  int64_t end_ns_ = INT64_MAX;
  int64_t next_flush_ns_ = 0;
  int64_t wait_ns_ = kShortestWaitNs;
  int64_t begin_wall_ns_ = 0;
  size_t announced_ = 0;
  size_t told_notes_ = 0;
  uint64_t told_lost_ = 0;
  uint64_t refused_ = 0;  // records of an unknown form
  uint64_t others_ = 0;   // packets that are not the command's
  bool done_ = false;     // no record is written any more
};

base::Result<> Capture::begin() {
  if (!options_.command.empty()) {
    if (!cgroup_) return base::fail_within(cgroup_.error(), "-- COMMAND");
    auto command = WatchedCommand::prepare(options_.command, cgroup_->root.get());
    if (!command) return base::fail_within(command.error(), "-- COMMAND");
    command_ = std::move(*command);
  }
  lister_.emplace(kernel::SocketLister::load(options_.verbosity > 2));
  // Owners of sockets that are open already; those made between this and the attachment are listed below.
  if (auto listed = lister_->list(); !listed) return tl::unexpected(listed.error());
  auto taps = PacketTaps::attach(options_, cgroup_, lister_->owners_fd());
  if (!taps) return tl::unexpected(taps.error());
  taps_ = std::move(*taps);
  if (auto listed = lister_->list(); !listed) return tl::unexpected(listed.error());
  auto ring = source::PacketRing::open(taps_->object().ring_fd(), taps_->object().ring_bytes());
  if (!ring) return tl::unexpected(ring.error());
  ring_.emplace(std::move(*ring));
  const size_t named = taps_->interfaces().size();
  auto output = PacketOutput::open(options_, {.live = true, .show_interfaces = named > 1});
  if (!output) return tl::unexpected(output.error());
  output_ = std::move(*output);
  records_.emplace(*taps_, cgroup_ ? cgroup_->root.get() : -1);
  if (taps_->has_several_points() || options_.once) {
    hops_.emplace();
    // A capture file has no place for hops, but for those of --once.
    follows_ = options_.once || options_.output != config::PacketsOutput::none;
    if (!taps_->has_several_points()) trail_.emplace();
  }
  if (options_.once) held_.emplace();
  announce();
  std::string text = "weir: " + taps_->description() + '\n';
  if (lister_->shortcoming())
    text += "weir: without " + lister_->shortcoming()->what + ": " + lister_->shortcoming()->why + '\n';
  for (const kernel::Shortcoming& shortcoming : taps_->object().shortcomings())
    text += "weir: without " + shortcoming.what + ": " + shortcoming.why + '\n';
  std::fputs(text.c_str(), stderr);
  begin_wall_ns_ = base::now_ns(CLOCK_REALTIME);
  return {};
}

base::Result<> Capture::start() {
  return command_ ? command_->start() : base::Result<>();
}

/// Interfaces and notes that are new.
void Capture::announce() {
  for (; announced_ < taps_->interfaces().size(); announced_++) {
    const PacketTaps::Known& known = *taps_->interfaces()[announced_];
    output_->announce(known.index, known.interface);
  }
  for (; told_notes_ < taps_->notes().size(); told_notes_++)
    std::fprintf(stderr, "weir: %s\n", taps_->notes()[told_notes_].c_str());
}

bool Capture::take(std::span<const std::byte> record) {
  const auto event = decode::decode_packet_event(record);
  if (!event) {
    refused_++;
    return true;
  }
  if (done_) {
    records_->count(*event);
    return true;
  }
  const decode::PacketRecord& packet = records_->record_of(*event);
  if (hops_) hops_->look_for_break(*event, packet);
  if (!follows_) {
    put(packet);
    return !done_;
  }
  sight_ = packet;
  if (trail_) sight_.packet_id = trail_->number_of(*event, link_header_bytes(packet.interface->link_type));
  hops_->follow(*event, sight_);
  if (held_) {
    held_->take(sight_, event->head.time_ns);
    release(event->head.time_ns);
  } else {
    put(sight_);
  }
  return !done_;
}

void Capture::release(uint64_t now_ns) {
  while (!done_) {
    const decode::PacketRecord* packet = held_->release(now_ns);
    if (packet == nullptr) return;
    put(*packet);
  }
}

void Capture::put(const decode::PacketRecord& packet) {
  const auto owns = [this](const decode::ProcessPtr& process) { return process && command_->owns(*process); };
  if (command_ && !owns(packet.process) && !owns(packet.other_end))
    ++others_;
  else if (output_->write(packet) == PacketOutput::Step::stop)
    done_ = true;
}

/// One look at the ring.
Capture::Way Capture::look() {
  records_->refresh();
  const uint64_t waiting = ring_->waiting_bytes();
  const auto begin_ns = static_cast<uint64_t>(base::now_ns(CLOCK_BOOTTIME));
  const size_t records = ring_->drain(kMostAtOnce, [this](auto record) { return take(record); });
  // All that happened until then has been read.
  if (held_ && records < kMostAtOnce) release(begin_ns);
  announce();
  tell_losses();
  if (done_) return Way::out;
  const int64_t now = base::now_ns(CLOCK_MONOTONIC);
  if (now >= end_ns_) return Way::out;
  if (command_ && end_ns_ > now + kLastPacketsNs && command_->ended()) end_ns_ = now + kLastPacketsNs;
  if (records < kMostAtOnce || now >= next_flush_ns_) {
    next_flush_ns_ = now + kFlushEveryNs;
    if (output_->idle() == PacketOutput::Step::stop) return Way::out;
  }
  if (records == kMostAtOnce) return Way::on;
  // Few wake-ups, and never more than a fraction of the ring filled meanwhile.
  if (waiting > ring_->size_bytes() / 16)
    wait_ns_ = kShortestWaitNs;
  else if (waiting < ring_->size_bytes() / 256)
    wait_ns_ = std::min(kLongestWaitNs, wait_ns_ * 2);
  wait();
  return Way::on;
}

void Capture::wait() {
  const int64_t left = end_ns_ == INT64_MAX ? wait_ns_ : end_ns_ - base::now_ns(CLOCK_MONOTONIC);
  const timespec timeout{0, std::clamp<int64_t>(left, 0, wait_ns_)};
  pollfd wishes[3] = {{stop_.fd(), POLLIN, 0}, {STDOUT_FILENO, 0, 0}, {taps_->changes_fd(), POLLIN, 0}};
  if (ppoll(wishes, 3, &timeout, nullptr) <= 0) return;
  if (wishes[1].revents & POLLERR) done_ = options_.output != config::PacketsOutput::none;
  if (wishes[2].revents & POLLIN) taps_->follow_interfaces();
}

void Capture::run() {
  const int64_t begin = base::now_ns(CLOCK_MONOTONIC);
  if (options_.duration) end_ns_ = begin + options_.duration->count();
  while (!stop_.requested() && !done_) {
    if (stop_.take_report_request()) std::fputs(report().c_str(), stderr);
    if (look() == Way::out) break;
  }
}

uint64_t Capture::lost() const {
  const packets_lost lost = taps_->object().lost();
  return lost.ring_full + lost.unreadable;
}

void Capture::tell_losses() {
  const uint64_t total = lost();
  if (total == told_lost_) return;
  output_->write(
      flow::LossRecord{"ring full", "packets", total - told_lost_, total, base::now_ns(CLOCK_REALTIME)});
  told_lost_ = total;
}

/// tcpdump's three lines, and what it has no line for.
std::string Capture::report() const {
  const PacketOutputCounts counts = output_->counts();
  const auto line = [](uint64_t count, const char* what) {
    return std::to_string(count) + (count == 1 ? " packet " : " packets ") + what + '\n';
  };
  std::string text = line(counts.written, "captured") +
                     line(records_->received() + lost(), "received by filter") +
                     line(lost(), "dropped by kernel");
  if (counts.other_owner + others_) text += line(counts.other_owner + others_, "of other owners left out");
  if (counts.file_lost) text += line(counts.file_lost, "not kept: the file could not be written");
  if (counts.cut) text += line(counts.cut, "cut: no place in the file's format");
  if (refused_) text += line(refused_, "in an unknown form");
  if (hops_ && hops_->broken())
    text +=
        line(hops_->broken(), "with a new number on the way: copied there, or changed beyond recognition");
  if (held_ && held_->early()) text += line(held_->early(), "told early, as too many were held");
  if (held_ && held_->late())
    text += std::to_string(held_->late()) + " later sights of packets that were told already\n";
  return text;
}

int Capture::end() {
  taps_->object().detach();
  records_->refresh();
  while (ring_->drain(kMostAtOnce, [this](auto record) {
    take(record);
    return true;
  }) > 0) {
  }
  if (held_) release(UINT64_MAX);
  announce();
  tell_losses();
  const auto finished =
      output_->finish({begin_wall_ns_, base::now_ns(CLOCK_REALTIME), records_->interface_counts(), {}});
  std::fputs(report().c_str(), stderr);
  if (command_) command_->wait(stop_.fd());
  if (!finished) return tell(finished.error());
  if (command_ && command_->exit_code() != 0) return command_->exit_code();
  return options_.fail_on_loss && (lost() || output_->counts().file_lost) ? kLostExitCode : 0;
}

}  // namespace

int packets_live(const config::PacketsOptions& options) {
  if (!options.netns.empty())
    if (auto entered = kernel::enter_network_namespace(options.netns); !entered) return tell(entered.error());
  auto stop = StopSignal::create();
  if (!stop) return tell(stop.error());
  Capture capture(options, *stop);
  if (auto begun = capture.begin(); !begun) return tell(begun.error());
  if (auto started = capture.start(); !started) return tell(started.error());
  capture.run();
  return capture.end();
}

}  // namespace weir::app

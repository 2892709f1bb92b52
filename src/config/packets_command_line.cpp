// SPDX-License-Identifier: Apache-2.0
#include "config/packets_command_line.h"

#include <algorithm>
#include <array>
#include <utility>

#include "config/option_parser.h"
#include "config/option_values.h"

namespace weir::config {
namespace {

using base::ErrorKind;
using base::Result;

/// tcpdump's options that Weir does not take, and what to do instead.
struct Foreign {
  const char* names;
  bool takes_word;
  const char* reason;
};
constexpr std::array kForeign = {
    Foreign{"-b", false, "AS numbers are printed in plain notation only"},
    Foreign{"-E", true,
            "nothing is decrypted; write a capture with -w and give it to tcpdump -E or Wireshark"},
    Foreign{"-g", false, "-v puts the IP header's line break where tcpdump does"},
    Foreign{"-H", false, "wireless meshes are not decoded"},
    Foreign{"-I,--monitor-mode", false, "Weir does not change an interface; set monitor mode with iw first"},
    Foreign{"-j,--time-stamp-type", true, "times are the kernel's, in nanoseconds"},
    Foreign{"-J,--list-time-stamp-types", false, "times are the kernel's, in nanoseconds"},
    Foreign{"-L,--list-data-link-types", false,
            "a live packet begins with its interface's own link header, at --hook cgroup with the IP header"},
    Foreign{"-m", true, "no SMI modules are read"},
    Foreign{"-M", true, "TCP-MD5 digests are shown but not checked"},
    Foreign{"-O,--no-optimize", false, "filters are always optimised"},
    Foreign{"-T", true, "packets are read by their ports and contents; try tshark -d for others"},
    Foreign{"-u", false, "NFS handles are not decoded"},
    Foreign{"-V", true, "name each file with -r; several are merged by time"},
    Foreign{"-y,--linktype", true,
            "a live packet begins with its interface's own link header, at --hook cgroup with the IP header"},
    Foreign{"-Z,--relinquish-privileges", true,
            "Weir stays who started it; use setpriv or a capability for less"},
    Foreign{"--count", false,
            "the number of packets stands on stderr at the end; -w /dev/null for nothing else"},
};

/// What was said: options that are their words, and words that are still to be read.
struct Words {
  PacketsOptions options;
  std::vector<std::string> hooks, pid, comm, uid, cgroup, container;
  std::string direction, count, duration, snap, buffer, output, rotate_size, rotate_seconds, rotate_files,
      precision;
  bool no_checksums = false, print = false, ebpf = false, no_effect = false;
  int time = 0, hex = 0, hex_ascii = 0, ascii = 0, listing = 0, numeric = 0;
  std::array<std::string, kForeign.size()> foreign_words;
  std::array<bool, kForeign.size()> foreign_flags{};
};

void add_sources(OptionParser& parser, Words& words) {
  parser.group("WHERE PACKETS COME FROM");
  parser.words("-r", words.options.captures, "FILE",
               "read this capture, - for stdin; several are merged by time");
  parser.words("-i,--interface", words.options.interfaces, "IFACE",
               "capture here, or on any; can be repeated");
  parser.list("--hook", words.hooks, "LIST",
              "where on its way: tc (default, both ways), xdp, socket, cgroup (the whole node); several with "
              "commas");
  parser.word("--netns", words.options.netns, "NAME|PID", "in this network namespace");
  parser.word("-Q,--direction", words.direction, "in|out|inout", "only what comes in, or goes out");
  parser.flag("-D,--list-interfaces", words.options.list_interfaces, "list the interfaces, and end");
}

void add_choices(OptionParser& parser, Words& words) {
  parser.group("WHICH PACKETS");
  parser.word("-F", words.options.expression_file, "FILE", "read the expression from this file");
  parser.word("--classic", words.options.classic_file, "FILE", "the filter is this hand-written classic BPF");
  parser.flag("--vlan-transparent", words.options.vlan_transparent,
              "filter without VLAN tags that the card stripped, as tcpdump does");
  parser.flag("--once", words.options.once, "show a packet that passes several points once, with its path");
  parser.words("--pid", words.pid, "LIST", "process ids of owners");
  parser.words("--comm", words.comm, "LIST", "command names of owners, as the kernel cut them (15 bytes)");
  parser.words("--uid", words.uid, "LIST", "user ids of owners");
  parser.words("--cgroup", words.cgroup, "LIST", "cgroup paths below the mount, with all beneath them");
  parser.words("--container", words.container, "LIST", "container ids, or their first digits");

  parser.group("HOW MUCH");
  parser.word("-c", words.count, "N", "stop after N packets");
  parser.word("--for", words.duration, "TIME", "stop after this time; with -r in the capture's own time");
  parser.word("-s,--snapshot-length", words.snap, "N", "take N bytes of each packet (default 262144)");
  parser.flag("--headers", words.options.headers_only, "take each packet up to its payload");
  parser.word("-B,--buffer-size", words.buffer, "KIB",
              "the kernel's buffer for packets not read yet (default 65536: 64 MB)");
  parser.flag("--fail-on-loss", words.options.fail_on_loss, "exit status 5 when anything was lost");
}

void add_text(OptionParser& parser, Words& words) {
  parser.group("HOW PACKETS ARE SHOWN");
  parser.count("-v", words.options.verbosity,
               "more of each packet, -vv and -vvv still more; checks checksums");
  parser.flag("-q", words.options.quiet, "less");
  parser.flag("-e", words.options.link_header, "the link header too");
  parser.count("-t", words.time,
               "no time; -tt seconds since 1970, -ttt since the packet before, -tttt with the date, -ttttt "
               "since the first packet");
  parser.flag("--nano", words.options.nanoseconds, "times in nanoseconds");
  parser.flag("--micro", words.options.microseconds, "times in microseconds, also in a plain pcap file");
  parser.flag("-#,--number", words.options.number, "number the packets");
  parser.flag("-S,--absolute-tcp-sequence-numbers", words.options.absolute_sequences,
              "TCP sequence numbers as they are, not relative");
  parser.flag("-K,--dont-verify-checksums", words.no_checksums, "do not check checksums");
  parser.count("-x", words.hex, "the bytes in hex; -xx with the link header");
  parser.count("-X", words.hex_ascii, "in hex and ASCII; -XX with the link header");
  parser.count("-A", words.ascii, "in ASCII; -AA with the link header");
  parser.flag("-l", words.options.line_buffered, "write each line at once");
  parser.count("-n", words.numeric, "no names for addresses and ports: it is so without -N");
  parser.flag("-N", words.options.names, "names for addresses, looked up beside the stream");
  parser.word("-o", words.output, "FORM", "text (default) or json");
}

void add_file(OptionParser& parser, Words& words) {
  parser.group("INTO A CAPTURE FILE");
  parser.word(
      "-w", words.options.write, "FILE",
      "write the packets here, - for stdout: pcapng with owners, or plain pcap when the name ends in .pcap");
  parser.flag("--pcap", words.options.pcap, "plain pcap, whatever the name");
  parser.flag("--print", words.print, "show the packets too");
  parser.flag("-U,--packet-buffered", words.options.packet_buffered, "write each packet at once");
  parser.word("-C", words.rotate_size, "SIZE",
              "a new file after SIZE million bytes, or with K, M or G behind it that many of 1024");
  parser.word("-G", words.rotate_seconds, "SECONDS", "a new file each time, named by strftime(3)");
  parser.word("-W", words.rotate_files, "N", "with -C go around in N files, with -G end after N");
  parser.word("-z", words.options.rotate_command, "COMMAND",
              "run COMMAND FILE for each file that is finished");

  parser.group("THE FILTER'S PROGRAM");
  parser.count("-d", words.listing, "print the filter as classic BPF, and end; -dd in C, -ddd as numbers");
  parser.flag("--ebpf", words.ebpf, "print the eBPF that runs in the kernel, and end");
}

void add_foreign(OptionParser& parser, Words& words) {
  parser.group("");
  parser.flag("-p,--no-promiscuous-mode", words.no_effect, "");
  parser.flag("-f", words.no_effect, "");
  parser.flag("--immediate-mode", words.no_effect, "");
  parser.word("--time-stamp-precision", words.precision, "WORD", "");
  for (size_t i = 0; i < kForeign.size(); ++i) {
    if (kForeign[i].takes_word)
      parser.word(kForeign[i].names, words.foreign_words[i], "WORD", "");
    else
      parser.flag(kForeign[i].names, words.foreign_flags[i], "");
  }
}

Result<> refuse_foreign(const Words& words) {
  for (size_t i = 0; i < kForeign.size(); ++i) {
    if (!words.foreign_flags[i] && words.foreign_words[i].empty()) continue;
    const std::string names = kForeign[i].names;
    return base::fail(ErrorKind::bad_input, "tcpdump's " + names.substr(0, names.find(',')) +
                                                " is not taken: " + kForeign[i].reason);
  }
  return {};
}

PacketsTime time_of(int letters) {
  constexpr PacketsTime kTimes[] = {PacketsTime::clock,      PacketsTime::none, PacketsTime::epoch,
                                    PacketsTime::since_last, PacketsTime::date, PacketsTime::since_first};
  return kTimes[std::min(letters, 5)];
}

/// As in tcpdump -X goes before -x, and both before -A.
PacketsDump dump_of(const Words& words) {
  if (words.hex_ascii > 0)
    return words.hex_ascii > 1 ? PacketsDump::hex_ascii_with_link : PacketsDump::hex_ascii;
  if (words.hex > 0) return words.hex > 1 ? PacketsDump::hex_with_link : PacketsDump::hex;
  if (words.ascii > 0) return words.ascii > 1 ? PacketsDump::ascii_with_link : PacketsDump::ascii;
  return PacketsDump::none;
}

Result<> read_listing(const Words& words, PacketsListing& to) {
  constexpr PacketsListing kForms[] = {PacketsListing::none, PacketsListing::classic, PacketsListing::c_array,
                                       PacketsListing::numbers};
  to = kForms[std::min(words.listing, 3)];
  if (!words.ebpf) return {};
  if (words.listing > 1)
    return base::fail(ErrorKind::bad_input, "--ebpf and -dd ask for two forms of the program; give one");
  to = PacketsListing::ebpf;
  return {};
}

Result<> read_precision(const Words& words, PacketsOptions& options) {
  Result<> result = choose<bool>(words.precision, "--time-stamp-precision",
                                 {{"micro", false}, {"nano", true}}, options.nanoseconds);
  if (words.precision == "micro") options.microseconds = true;
  if (result && options.nanoseconds && options.microseconds)
    return base::fail(ErrorKind::bad_input, "--nano and --micro contradict each other; give one");
  return result;
}

Result<> read_snap(const std::string& word, uint32_t& to) {
  if (word.empty()) return {};
  auto number = whole_number(word, "-s", 0, kLongestSnap);
  if (!number) return tl::unexpected<base::Error>(std::move(number.error()));
  to = *number == 0 ? kLongestSnap : static_cast<uint32_t>(*number);  // 0: all, as in tcpdump
  return {};
}

Result<> read_output(const Words& words, PacketsOutput& to) {
  if (!words.options.write.empty() && !words.print) {
    to = PacketsOutput::none;
    if (!words.output.empty())
      return base::fail(ErrorKind::bad_input,
                        "-o is for stdout, and -w writes a capture file; with both add --print");
    return {};
  }
  return choose<PacketsOutput>(words.output, "-o",
                               {{"text", PacketsOutput::text}, {"json", PacketsOutput::json}}, to);
}

Result<> read_hooks(const std::vector<std::string>& words, std::vector<Hook>& to) {
  for (const std::string& word : words) {
    Hook hook = Hook::automatic;
    if (word.empty()) return base::fail(ErrorKind::bad_input, "--hook: an empty name in the list");
    if (auto chosen = choose<Hook>(
            word, "--hook",
            {{"tc", Hook::tc}, {"xdp", Hook::xdp}, {"socket", Hook::socket}, {"cgroup", Hook::cgroup}}, hook);
        !chosen)
      return chosen;
    if (std::find(to.begin(), to.end(), hook) == to.end()) to.push_back(hook);
  }
  return {};
}

Result<PacketsOptions> settle(const Words& words, std::string expression, std::vector<std::string> command) {
  PacketsOptions options = words.options;
  options.expression = std::move(expression);
  options.command = std::move(command);
  options.time = time_of(words.time);
  options.dump = dump_of(words);
  options.verify_checksums = !words.no_checksums;
  options.names &= words.numeric == 0;
  options.line_buffered |= options.packet_buffered;
  options.pcap |= options.write.ends_with(".pcap");

  Result<> result;
  const auto failed = [&result](Result<> next) {
    result = std::move(next);
    return !result;
  };
  constexpr uint64_t kMostBufferKib = 2'097'151;  // a ring buffer's size is a power of two below 4 GiB
  uint64_t buffer_kib = 0;
  if (failed(refuse_foreign(words)) || failed(read_listing(words, options.listing)) ||
      failed(read_precision(words, options)) || failed(read_snap(words.snap, options.snap_bytes)) ||
      failed(read_output(words, options.output)) || failed(read_hooks(words.hooks, options.hooks)) ||
      failed(choose<PacketsDirection>(
          words.direction, "-Q",
          {{"in", PacketsDirection::in}, {"out", PacketsDirection::out}, {"inout", PacketsDirection::both}},
          options.direction)) ||
      failed(read_names(words.pid, "--pid", kPids, options.pid)) ||
      failed(read_names(words.comm, "--comm", {}, options.comm)) ||
      failed(read_names(words.uid, "--uid", kUids, options.uid)) ||
      failed(read_names(words.cgroup, "--cgroup", {}, options.cgroup)) ||
      failed(read_names(words.container, "--container", {}, options.container)) ||
      failed(read_number(words.count, "-c", UINT64_MAX, options.count)) ||
      failed(read_duration(words.duration, "--for", options.duration)) ||
      failed(read_number(words.buffer, "-B", kMostBufferKib, buffer_kib)) ||
      failed(read_file_size(words.rotate_size, "-C", options.rotate_bytes)) ||
      failed(read_number(words.rotate_seconds, "-G", 10 * 366 * 86'400, options.rotate_seconds)) ||
      failed(read_number(words.rotate_files, "-W", 1'000'000, options.rotate_files)))
    return tl::unexpected<base::Error>(std::move(result.error()));
  options.buffer_bytes = buffer_kib * 1024;
  if (failed(check(options))) return tl::unexpected<base::Error>(std::move(result.error()));
  return options;
}

}  // namespace

Result<Command> parse_packets(std::vector<std::string> arguments) {
  std::vector<std::string> command;
  const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  const bool has_command = dashes != arguments.end();
  if (has_command) {
    command.assign(dashes + 1, arguments.end());
    arguments.erase(dashes, arguments.end());
  }
  Words words;
  OptionParser parser("packets");
  add_foreign(parser, words);
  add_sources(parser, words);
  add_choices(parser, words);
  add_text(parser, words);
  add_file(parser, words);
  parser.group("OTHER");
  auto parsed = parser.parse(std::move(arguments));
  if (!parsed) return tl::unexpected<base::Error>(std::move(parsed.error()));
  if (parsed->help) return Command(HelpText{parser.help_text()});
  if (has_command && command.empty())
    return base::fail(ErrorKind::bad_input, parser.name() + ": -- is followed by the command to run");

  std::string expression;
  for (const std::string& word : parsed->others) expression += (expression.empty() ? "" : " ") + word;
  auto options = settle(words, std::move(expression), std::move(command));
  if (!options) return base::fail_within(std::move(options.error()), parser.name());
  return Result<Command>(tl::in_place, std::in_place_type<PacketsOptions>, std::move(*options));
}

}  // namespace weir::config

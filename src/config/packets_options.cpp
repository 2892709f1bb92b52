// SPDX-License-Identifier: Apache-2.0
#include "config/packets_options.h"

#include <algorithm>

namespace weir::config {
namespace {

base::Result<> refuse(std::string sentence) {
  return base::fail(base::ErrorKind::bad_input, std::move(sentence));
}

bool has_hook(const PacketsOptions& options, Hook hook) {
  return std::find(options.hooks.begin(), options.hooks.end(), hook) != options.hooks.end();
}

base::Result<> check_filter(const PacketsOptions& options) {
  if (!options.expression_file.empty() && !options.expression.empty())
    return refuse("-F reads the expression from a file, and '" + options.expression +
                  "' is another; give one of the two");
  if (!options.classic_file.empty() && (!options.expression.empty() || !options.expression_file.empty()))
    return refuse("--classic is the filter by itself; leave out the expression");
  return {};
}

base::Result<> check_file_run(const PacketsOptions& options) {
  if (!options.interfaces.empty())
    return refuse("-r reads a capture and -i captures on an interface; give one of the two");
  if (!options.command.empty())
    return refuse("-- COMMAND shows a command's packets live; leave it out with -r");
  if (!options.netns.empty()) return refuse("--netns is for live runs; leave it out with -r");
  if (options.once) return refuse("--once follows packets through the node live; leave it out with -r");
  if (options.vlan_transparent)
    return refuse("--vlan-transparent is for live runs; a capture holds frames as they were");
  if (std::count(options.captures.begin(), options.captures.end(), "-") > 1)
    return refuse("-r - can be given once only, there is one standard input");
  if (options.expression_file == "-" && !options.captures.empty() &&
      std::count(options.captures.begin(), options.captures.end(), "-") != 0)
    return refuse("-r - and -F - both read standard input; one of the two needs a file");
  if (!options.hooks.empty() && options.listing == PacketsListing::none)
    return refuse("--hook is for live runs; leave it out with -r, a capture passes no hook");
  return {};
}

base::Result<> check_live_run(const PacketsOptions& options) {
  if (options.hooks.size() == 1 && has_hook(options, Hook::cgroup) && !options.interfaces.empty())
    return refuse("--hook cgroup sees the packets of all sockets; leave out -i, or take --hook tc or xdp");
  if (has_hook(options, Hook::xdp) && options.direction == PacketsDirection::out)
    return refuse("--hook xdp sees what comes in; leave out -Q out, or take --hook tc");
  if (options.once && has_hook(options, Hook::socket))
    return refuse(
        "--once follows a packet by its buffer, which --hook socket does not tell; take tc, xdp or cgroup");
  return {};
}

base::Result<> check_file(const PacketsOptions& options) {
  const bool rotates = options.rotate_bytes != 0 || options.rotate_seconds;
  if (options.write.empty()) {
    if (rotates || options.rotate_files != 0) return refuse("-C, -G and -W are about the file that -w names");
    if (!options.rotate_command.empty()) return refuse("-z is about the files that -w names");
    if (options.pcap) return refuse("--pcap is about the file that -w names");
    return {};
  }
  if (options.write == "-" && options.output != PacketsOutput::none)
    return refuse("-w - and --print both write to stdout; give -w a file");
  if (options.write == "-" && rotates) return refuse("-C and -G need files; -w - is one stream");
  if (options.rotate_files != 0 && !rotates)
    return refuse("-W counts the files of -C or -G; add one of them");
  if (!options.rotate_command.empty() && !rotates)
    return refuse("-z runs for the files of -C or -G; add one of them");
  return {};
}

}  // namespace

base::Result<> check(const PacketsOptions& options) {
  if (auto filter = check_filter(options); !filter) return filter;
  if (auto run = options.captures.empty() ? check_live_run(options) : check_file_run(options); !run)
    return run;
  if (options.listing != PacketsListing::none && !options.write.empty())
    return refuse("-d and --ebpf print the filter and take no packets; leave out -w");
  return check_file(options);
}

}  // namespace weir::config

// SPDX-License-Identifier: Apache-2.0
// The verbs, and what is settled once for all of them.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <new>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "app/doctor.h"
#include "app/flows_file.h"
#include "app/flows_live.h"
#include "app/interface_list.h"
#include "app/lab.h"
#include "app/lab_check.h"
#include "app/lab_run.h"
#include "app/packets_file.h"
#include "app/packets_listing.h"
#include "app/packets_live.h"
#include "app/printed_text.h"
#include "app/small_file.h"
#include "config/command_line.h"
#include "flow/packet_flows.h"

namespace weir::app {
namespace {

int run(const config::HelpText& help) {
  return print_text(help.text, "weir") ? 0 : 1;
}

/// Captures need no capability: what is not permitted there is to read the file.
int file_exit_code(int code) {
  return code == base::exit_code(base::ErrorKind::permission) ? base::exit_code(base::ErrorKind::bad_input)
                                                              : code;
}

int run(const config::FlowsOptions& options) {
  return options.captures.empty() ? flows_live(options) : file_exit_code(flows_file(options));
}

int refuse_packets(const std::string& sentence) {
  std::fprintf(stderr, "weir packets: %s\n", sentence.c_str());
  return base::exit_code(base::ErrorKind::bad_input);
}

/// As tcpdump's -F: from # to the line's end nothing counts.
std::string without_comments(std::string text) {
  for (size_t at = 0; (at = text.find('#', at)) != std::string::npos;)
    text.erase(at, text.find('\n', at) - at);
  return text;
}

int run(config::PacketsOptions options) {
  if (!options.expression_file.empty()) {
    auto text = read_small_file(options.expression_file);
    if (!text) return refuse_packets(text.error().message);
    options.expression = without_comments(std::move(*text));
  }
  if (options.list_interfaces) return list_interfaces();
  for (std::string& interface : options.interfaces) {
    auto named = interface_named(interface);
    if (!named) return refuse_packets(named.error().message);
    interface = std::move(*named);
  }
  if (options.listing != config::PacketsListing::none) return file_exit_code(packets_listing(options));
  if (!options.captures.empty()) return file_exit_code(packets_file(options));
  return packets_live(options);
}

int run(const config::DoctorOptions& options) {
  return doctor(options);
}

int run(const config::LabOptions& options) {
  return lab(options);
}

int run(const config::LabCheckOptions& options) {
  return lab_check(options);
}

int run(const config::LabRunOptions& options) {
  return lab_run(options);
}

int main_of_verbs(const std::vector<std::string>& words) {
  const auto memory =
      static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  const config::HelpFacts facts{.bytes_per_flow = flow::PacketFlows::memory_bytes(1 << 20) >> 20,
                                .live_max_flows = config::default_live_flows(memory)};
  const auto command = config::parse_command_line(words, facts);
  if (!command) {
    std::fprintf(stderr, "%s\n", command.error().message.c_str());
    return base::exit_code(command.error().kind);
  }
  return std::visit([](const auto& chosen) { return run(chosen); }, *command);
}

}  // namespace
}  // namespace weir::app

/// A descriptor that the caller closed becomes one that refuses: else the next file opened would take its
/// number.
void refuse_closed_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(fd, F_GETFD) < 0 && errno == EBADF)
      static_cast<void>(::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY));
}

int main(int argc, char** argv) {
  refuse_closed_descriptors();
  std::signal(SIGPIPE, SIG_IGN);  // writing says EPIPE
  try {
    return weir::app::main_of_verbs(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const std::bad_alloc&) {
    std::fputs("weir: out of memory; --max-flows takes less\n", stderr);
    return 1;
  }
}

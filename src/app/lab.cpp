// SPDX-License-Identifier: Apache-2.0
#include "app/lab.h"

#include <array>
#include <cerrno>
#include <cstdio>

#include "app/lab_commands.h"
#include "config/lab_help.h"
#include "kernel/load_log.h"

namespace weir::app {
namespace {

base::Result<> run(const config::LabOptions& options) {
  switch (options.command) {
    case config::LabCommand::list:
      return options.watch ? lab_watch(options) : lab_list(options);
    case config::LabCommand::map:
      return options.action == config::LabMapAction::top || options.action == config::LabMapAction::watch
                 ? lab_map_changes(options)
                 : lab_map(options);
    case config::LabCommand::show:
      return lab_show(options);
    case config::LabCommand::dump:
      return lab_dump(options);
    case config::LabCommand::btf:
      return lab_btf(options);
    case config::LabCommand::log:
      return lab_log(options);
    case config::LabCommand::features:
      return lab_features(options);
  }
  return base::fail(base::ErrorKind::internal, "no such command");
}

}  // namespace

int lab(const config::LabOptions& options) {
  const kernel::LoadLog words_of_libbpf(options.verbosity > 1);
  const auto done = run(options);
  if (done || done.error().system_errno == EPIPE) return 0;
  const std::string_view command = config::kLabCommands[static_cast<size_t>(options.command)];
  std::fprintf(stderr, "weir lab %.*s: %s\n", static_cast<int>(command.size()), command.data(),
               done.error().message.c_str());
  return base::exit_code(done.error().kind);
}

}  // namespace weir::app

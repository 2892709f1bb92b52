// SPDX-License-Identifier: Apache-2.0
// Runs the built program as a user would.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/packet_builder.h"

namespace weir::tests {

struct RunResult {
  int status = -1;  // exit status; 128 + signal
  std::string out;
  std::string err;
  std::vector<std::string> lines() const;  // of out
};

/// A folder for one test, removed with it; others may read and enter it.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  /// Writes the file and returns its path.
  std::string file(const std::string& name, const Bytes& bytes) const;
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

 private:
  std::filesystem::path folder_;
};

/// Runs `command` by the shell; the word WEIR in it is the program. Neither output is a terminal.
RunResult run_shell(const TestFolder& folder, std::string command);

}  // namespace weir::tests

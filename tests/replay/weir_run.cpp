// SPDX-License-Identifier: Apache-2.0
#include "weir_run.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

namespace weir::tests {
namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

std::vector<std::string> RunResult::lines() const {
  std::vector<std::string> all;
  std::istringstream stream(out);
  for (std::string line; std::getline(stream, line);) all.push_back(line);
  return all;
}

TestFolder::TestFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "weir-replay-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  ::chmod(name.c_str(), 0755);
  folder_ = name;
}

TestFolder::~TestFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string TestFolder::file(const std::string& name, const Bytes& bytes) const {
  std::ofstream file(path(name), std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return path(name);
}

RunResult run_shell(const TestFolder& folder, std::string command) {
  const std::string out = folder.path("stdout");
  const std::string err = folder.path("stderr");
  for (size_t place = 0; (place = command.find("WEIR", place)) != std::string::npos;) {
    command.replace(place, 4, WEIR_PROGRAM);
    place += sizeof WEIR_PROGRAM - 1;
  }
  const int status = std::system(("{ " + command + "; } > " + out + " 2> " + err).c_str());
  RunResult result;
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.out = contents(out);
  result.err = contents(err);
  return result;
}

}  // namespace weir::tests

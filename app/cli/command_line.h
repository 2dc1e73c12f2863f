// SPDX-License-Identifier: MIT
// What all commands share: the options that each of them has, running one, and reporting how it ended.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>

#include "app/cli/interrupt.h"
#include "app/cli/output.h"
#include "base/progress.h"
#include "base/result.h"
#include "base/thread_pool.h"

namespace ww::cli {

/// Exit codes of the program; a signal that cancels gives 128 + its number.
enum ExitCode : int { kSuccess = 0, kFailure = 1, kUsage = 2 };

/// What a running command works with.
struct Session {
    Output& out;
    bool json = false;  ///< one object on standard output and nothing else
    ThreadPool& pool;
    Progress& progress;
    std::stop_token stop;

    [[nodiscard]] JobContext context() const { return {pool, stop, &progress}; }
    /// "warning: …" on standard error.
    static void warn(std::string_view sentence);
};
using RunCommand = std::function<Result<void>(Session&)>;

/// The commands of the program. parse() chooses one, run() does it.
class CommandLine {
public:
    CommandLine();

    /// A new command with the general options. `check` looks for contradictions between options; it throws
    /// CLI::ValidationError. What the callbacks refer to must be owned by them.
    CLI::App& add(const std::string& name, const std::string& summary, RunCommand run, std::function<void()> check = {});
    /// The whole program: exit code.
    int run(int argc, const char* const* argv);

private:
    void addGeneralOptions(CLI::App& command);
    int parse(int argc, const char* const* argv, bool json);
    int runSelected();

    CLI::App m_app;
    RunCommand m_selected;
    bool m_json = false;
    unsigned m_threads = 0;
};

/// Options that several commands have, with the same words.
CLI::Option* addModel(CLI::App& command, std::string& path);
[[noreturn]] void usageError(const std::string& option, const std::string& sentence);
/// What stands in a file of a text option, or on standard input when the path is empty or "-"; the latter ends when the
/// session is stopped.
Result<std::string> readText(const std::string& path, const Session& session);

// One function per file of this folder: adds its command.
void addInfoCommand(CommandLine& commands);
void addQuantizeCommand(CommandLine& commands);
void addConvertCommand(CommandLine& commands);
void addPerplexityCommand(CommandLine& commands);
void addTensorErrorCommand(CommandLine& commands);
void addTokenizeCommand(CommandLine& commands);
void addLogitsCommand(CommandLine& commands);
void addGenerateCommand(CommandLine& commands);
void addImatrixCommands(CommandLine& commands);
void addListCommands(CommandLine& commands);
void addMethodsCommand(CommandLine& commands);
void addSplitCommand(CommandLine& commands);
void addMergeCommand(CommandLine& commands);
void addMetadataCommand(CommandLine& commands);
void addCardCommand(CommandLine& commands);
void addBenchMethodsCommand(CommandLine& commands);
void addTransformCommand(CommandLine& commands);

}  // namespace ww::cli

// SPDX-License-Identifier: MIT
#include "app/cli/written_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <vector>

#include "base/atomic_file.h"

namespace ww::cli {
namespace {

constexpr std::string_view kOverwrites = "The output would overwrite a file that is being read; choose another name.";

bool writes(const CLI::Option& option) { return option.check_lname("output") || option.check_lname("csv"); }

/// Options whose values are names of files or folders.
bool reads(const CLI::Option& option)
{
    static constexpr std::array<std::string_view, 6> kPositionals{"MODEL", "BASE", "QUANT", "VARIANT", "FILES", "FILE"};
    if (option.get_positional()) return std::ranges::find(kPositionals, option.get_name()) != kPositionals.end();
    const std::string type = option.get_type_name();
    return !writes(option) && (type == "FILE" || type == "GGUF" || type == "MODEL");
}

/// The files that values such as KEY=FILE name, where a command has such.
void addValueFiles(const CLI::App& command, std::vector<std::string>& files)
{
    const CLI::Option* const fromFile = command.get_option_no_throw("--from-file");
    if (fromFile == nullptr || fromFile->count() == 0) return;
    for (const std::string& item : command.get_option("ITEMS")->results())
        if (const std::size_t at = item.find('='); at != std::string::npos) files.push_back(item.substr(at + 1));
}

}  // namespace

Result<void> checkWrittenFiles(const CLI::App& command)
{
    std::vector<std::string> inputs;
    std::vector<std::string> outputs;
    for (const CLI::Option* option : command.get_options()) {
        if (option->count() == 0) continue;
        if (writes(*option)) std::ranges::copy(option->results(), std::back_inserter(outputs));
        if (reads(*option)) std::ranges::copy(option->results(), std::back_inserter(inputs));
    }
    addValueFiles(command, inputs);
    for (const std::string& output : outputs)
        for (const std::string& input : inputs) {
            std::error_code error;
            if (std::filesystem::is_directory(input, error) || !std::filesystem::equivalent(output, input, error) || error) continue;
            if (output == input) return fail(ErrorCode::Unwritable, std::string(kOverwrites), output);
            return fail(ErrorCode::Unwritable,
                        fmt::format("The output would overwrite a file that is being read: this name and {} mean the same file. Choose "
                                    "another name.",
                                    input),
                        output);
        }
    return {};
}

Result<void> checkOutput(const std::string& output, const ModelFile& model)
{
    if (model.isSameFile(output)) return fail(ErrorCode::Unwritable, std::string(kOverwrites), output);
    WW_TRY(const AtomicFile attempt, AtomicFile::create(output));
    return {};
}

}  // namespace ww::cli

// SPDX-License-Identifier: MIT
#include "app/cli/command_line.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <new>
#include <sstream>
#include <string_view>

#include "app/cli/calibrate.h"
#include "app/cli/kld.h"
#include "app/cli/sensitivity.h"
#include "app/cli/progress_line.h"
#include "app/cli/table.h"
#include "app/cli/written_files.h"
#include "base/atomic_file.h"
#include "base/blas.h"

namespace ww::cli {
namespace {

constexpr std::size_t kHelpWidth = 100;
constexpr std::size_t kOptionColumn = 34;
constexpr std::uint64_t kMaximumTextBytes = std::uint64_t{1} << 30;

/// CLI11's help with lines broken at words.
class HelpFormatter : public CLI::Formatter {
public:
    HelpFormatter() { column_width(kOptionColumn); }
    std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override
    {
        std::string help = CLI::Formatter::make_help(app, std::move(name), mode);
        for (std::size_t at = help.find("\n\n\n"); at != std::string::npos; at = help.find("\n\n\n", at)) help.erase(at, 1);
        return help;
    }
    std::string make_description(const CLI::App* app) const override
    {
        return wrapped(CLI::Formatter::make_description(app), kHelpWidth) + "\n";
    }
    std::string make_footer(const CLI::App* app) const override { return wrapped(CLI::Formatter::make_footer(app), kHelpWidth); }
    std::string make_option_desc(const CLI::Option* option) const override
    {
        return wrapped(option->get_description(), kHelpWidth - kOptionColumn);
    }
    std::string make_option_opts(const CLI::Option* option) const override
    {
        return option->get_type_size() == 0 ? std::string() : " " + option->get_type_name();
    }
    std::string make_subcommand(const CLI::App* sub) const override
    {
        // The first sentence; the rest belongs to the command's own help.
        std::string text = sub->get_description();
        text = text.substr(0, text.find('\n'));
        std::stringstream out;
        CLI::detail::format_help(out, sub->get_name(), wrapped(text, kHelpWidth - kOptionColumn), kOptionColumn);
        return out.str();
    }
};

void printError(std::string_view text)
{
    const std::string line = fmt::format("error: {}\n", plainText(text));
    std::fwrite(line.data(), 1, line.size(), stderr);
}

Json errorObject(std::string_view code, const Error& error)
{
    Json object;
    object["code"] = code;
    object["message"] = error.message;
    object["path"] = error.path.empty() ? Json(nullptr) : Json(error.path.string());
    object["tensor"] = error.tensor.empty() ? Json(nullptr) : Json(error.tensor);
    if (error.offset) object["offset"] = *error.offset;
    return Json{{"error", std::move(object)}};
}

void printJsonError(std::string_view code, const Error& error)
{
    Output out;
    out.writeJson(errorObject(code, error));
    (void)out.flush();  // nothing is left to say when even this fails
}

int report(const Error& error, bool json, int signal)
{
    if (error.message.empty()) return kFailure;
    if (json) printJsonError(errorCodeName(error.code), error);
    if (error.code == ErrorCode::Cancelled) {
        std::fputs("Cancelled.\n", stderr);
        return signal != 0 ? 128 + signal : kFailure;
    }
    printError(error.describe());
    return kFailure;
}

/// CLI11 only says that a command is missing, also when there is a wrong word in its place.
std::string unknownCommand(int argc, const char* const* argv)
{
    const auto* word = std::find_if(argv + 1, argv + std::max(argc, 1), [](const char* a) { return *a != '-'; });
    return word == argv + std::max(argc, 1) ? "Name a command." : fmt::format("There is no command \"{}\".", *word);
}

/// CLI11's words for values out of range and for missing ones, as sentences.
std::string understandable(std::string what)
{
    constexpr std::string_view kValue = ": Value ";
    constexpr std::string_view kRange = " not in range ";
    constexpr std::string_view kMissing = ": 1 required ";
    const std::size_t value = what.find(kValue);
    const std::size_t range = what.find(kRange);
    if (value != std::string::npos && range != std::string::npos && value < range) {
        const std::string given = what.substr(value + kValue.size(), range - value - kValue.size());
        std::string limits = what.substr(range + kRange.size());
        for (std::size_t zeros = limits.find(".000000"); zeros != std::string::npos; zeros = limits.find(".000000")) limits.erase(zeros, 7);
        return fmt::format("{}: \"{}\" is no number from {}{}.", what.substr(0, value), given, limits,
                           given.find(',') == std::string::npos ? "" : ", with a point for decimals");
    }
    if (const std::size_t missing = what.find(kMissing); missing != std::string::npos && what.ends_with(" missing"))
        return fmt::format("{}: A value is missing.", what.substr(0, missing));
    return what;
}

Result<void> guarded(const RunCommand& run, Session& session)
{
    try {
        return run(session);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory for this. Close other programs and try again.");
    } catch (const std::exception& e) {
        return fail(ErrorCode::Internal,
                    fmt::format("Something went wrong inside Weightwright ({}). This is a bug; a report helps.", e.what()));
    }
}

}  // namespace

void Session::warn(std::string_view sentence)
{
    const std::string line = fmt::format("warning: {}\n", plainText(sentence));
    std::fwrite(line.data(), 1, line.size(), stderr);
}

CommandLine::CommandLine()
    : m_app(
          "Weightwright on the command line: looks into language models, quantizes them to GGUF files for llama.cpp, and measures "
          "what that costs.",
          "weightwright-cli")
{
    m_app.formatter(std::make_shared<HelpFormatter>());
    m_app.set_help_flag("-h,--help", "Show this help. After the name of a command: its options and examples.");
    m_app.set_version_flag(
        "--version", [] { return fmt::format("weightwright-cli {}\nLinear algebra: {}", WW_VERSION, blas::description()); },
        "Show the version.");
    m_app.require_subcommand(1);
    m_app.get_formatter()->label("SUBCOMMAND", "COMMAND");
    m_app.get_formatter()->label("Subcommands", "Commands");
    m_app.footer(
        "Exit codes: 0 done, 1 failed, 2 wrong use of the command line, 128 + N cancelled by signal N (Ctrl+C: 130). Errors are "
        "printed on standard error as \"error: …\".\n\nweightwright-cli COMMAND --help explains a command.");

    addInfoCommand(*this);
    addQuantizeCommand(*this);
    addConvertCommand(*this);
    addSplitCommand(*this);
    addMergeCommand(*this);
    addMetadataCommand(*this);
    addCardCommand(*this);
    addPerplexityCommand(*this);
    addTensorErrorCommand(*this);
    addTokenizeCommand(*this);
    addLogitsCommand(*this);
    addGenerateCommand(*this);
    addImatrixCommands(*this);
    addDivergenceCommands(*this);
    addSensitivityCommands(*this);
    addCalibrateCommand(*this);
    addListCommands(*this);
    addMethodsCommand(*this);
    addBenchMethodsCommand(*this);
    addTransformCommand(*this);
    for (CLI::App* command : m_app.get_subcommands({})) addGeneralOptions(*command);
}

CLI::App& CommandLine::add(const std::string& name, const std::string& summary, RunCommand run, std::function<void()> check)
{
    CLI::App& command = *m_app.add_subcommand(name, summary);
    command.group("Commands");
    command.set_help_flag();  // comes last, with the other general options
    command.callback([this, run = std::move(run), check = std::move(check)] {
        if (check) check();
        m_selected = run;
    });
    return command;
}

void CommandLine::addGeneralOptions(CLI::App& command)
{
    command.set_help_flag("-h,--help", "Show this help.")->group("General options");
    command
        .add_flag("--json", m_json,
                  "Print one JSON object on standard output and nothing else there. A failure is an object too: "
                  "{\"error\": {\"code\", \"message\", \"path\", \"tensor\"}}.")
        ->group("General options");
    command
        .add_option("--threads", m_threads,
                    "Number of threads; 0, the default, means one per processor. Results do not depend on it.")
        ->type_name("N")
        ->check(CLI::Range(0, 1024).description(""))
        ->group("General options");
}

int CommandLine::run(int argc, const char* const* argv)
{
    const bool json =
        std::any_of(argv + 1, argv + std::max(argc, 1), [](const char* a) { return std::string_view(a) == "--json"; });
    const int code = parse(argc, argv, json);
    return m_selected && code == kSuccess ? runSelected() : code;
}

int CommandLine::parse(int argc, const char* const* argv, bool json)
{
    try {
        m_app.parse(argc, argv);
        return kSuccess;
    } catch (const CLI::Success& request) {  // --help, --version
        std::stringstream text;
        m_app.exit(request, text, text);
        m_selected = nullptr;
        Output out;
        out.write(text.str());
        const auto written = out.flush();
        return written ? kSuccess : report(written.error(), false, 0);
    } catch (const CLI::ParseError& e) {
        m_selected = nullptr;
        const CLI::App* command = m_app.get_subcommands().empty() ? &m_app : m_app.get_subcommands().front();
        const std::string name = command == &m_app ? "" : " " + command->get_name();
        const std::string what =
            command == &m_app && dynamic_cast<const CLI::RequiredError*>(&e) ? unknownCommand(argc, argv) : understandable(e.what());
        const std::string hint = fmt::format("\"weightwright-cli{} --help\" explains the options.", name);
        if (json) printJsonError("usage", {ErrorCode::InvalidArgument, what, {}, {}, {}});
        printError(fmt::format("{}{} {}", what, what.ends_with('.') ? "" : ".", hint));
        return kUsage;
    }
}

int CommandLine::runSelected()
{
    const Interrupt interrupt;  // first, so that no other thread receives the signals
    Result<void> result;
    try {
        ThreadPool pool(m_threads);
        Progress progress;
        Output out;
        Session session{out, m_json, pool, progress, interrupt.token()};
        {
            const ProgressLine line(progress);
            result = checkWrittenFiles(*m_app.get_subcommands().front());
            if (result) result = guarded(m_selected, session);
        }
        if (result) result = out.flush();
    } catch (const std::exception& e) {  // no threads to be had
        result =
            fail(ErrorCode::OutOfMemory, fmt::format("The system has no room for the work ({}); try fewer --threads.", e.what()));
    }
    return result ? kSuccess : report(result.error(), m_json, interrupt.signal());
}

CLI::Option* addModel(CLI::App& command, std::string& path)
{
    return command.add_option("MODEL", path, "The model: a GGUF file, any part of a split one, or a folder from Hugging Face.")->required()->type_name("");
}

void usageError(const std::string& option, const std::string& sentence)
{
    throw CLI::ValidationError(option.empty() ? sentence : option + ": " + sentence, CLI::ExitCodes::ValidationError);
}

Result<std::string> readText(const std::string& path, const Session& session)
{
    if (!path.empty() && path != "-") return readTextFile(path, kMaximumTextBytes);
    std::string text;
    std::array<char, 1 << 16> buffer;
    for (;;) {
        if (session.stop.stop_requested()) return cancelled();
        pollfd input{STDIN_FILENO, POLLIN, 0};
        const int ready = ::poll(&input, 1, 50);
        if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
        const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (count < 0)
            return fail(ErrorCode::Unreadable, fmt::format("Standard input could not be read ({}); give a file with --text.",
                                                           std::generic_category().message(errno)));
        if (count == 0) return text;
        if (text.size() + static_cast<std::size_t>(count) > kMaximumTextBytes)
            return fail(ErrorCode::Unsupported, "The text on standard input is larger than 1 GiB; cut it.");
        text.append(buffer.data(), static_cast<std::size_t>(count));
    }
}

}  // namespace ww::cli

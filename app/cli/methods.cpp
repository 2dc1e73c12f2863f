// SPDX-License-Identifier: MIT
#include <algorithm>
#include <memory>
#include <string>

#include "app/cli/command_line.h"
#include "app/cli/table.h"
#include "methods/quantizer.h"
#include "transform/transform_step.h"

namespace ww::cli {
namespace {

constexpr std::size_t kTextWidth = 96;

const char* dataWord(MethodData data)
{
    switch (data) {
    case MethodData::None: return "none";
    case MethodData::Importance: return "importance";
    case MethodData::Inputs: return "statistics of the inputs";
    case MethodData::Gram: return "Gram matrices";
    }
    return "";
}

/// With the way to get them.
std::string dataText(MethodData data)
{
    switch (data) {
    case MethodData::None: return "none (zero-shot)";
    case MethodData::Importance: return fmt::format("{} (--imatrix FILE or a calibration)", dataWord(data));
    case MethodData::Inputs: return fmt::format("{} (--calibration-text FILE, or --calibration FILE of \"weightwright-cli calibrate\")", dataWord(data));
    case MethodData::Gram:
        return fmt::format("{}, products of all pairs of input columns (--calibration-text FILE, or --calibration FILE of "
                           "\"weightwright-cli calibrate --gram\")", dataWord(data));
    }
    return {};
}

std::string rangeText(const MethodOption& option)
{
    if (option.kind != MethodOption::Kind::Choice) return fmt::format("{:g} to {:g}", option.minimum, option.maximum);
    std::string text;
    for (const std::string_view choice : option.choices) text += fmt::format("{}{}", text.empty() ? "" : ", ", choice);
    return text;
}

/// "scale=group and activation-bits<16"; empty for options that always change something.
std::string needsText(const MethodOption& option)
{
    std::string text;
    for (const auto& any : conditionsOf(option)) {
        std::string alternatives;
        for (std::size_t i = 0; i < any.size(); ++i)
            alternatives += fmt::format("{}{}{}{}", i == 0 ? "" : i + 1 < any.size() ? ", " : " or ", any[i].option, any[i].relation, any[i].value);
        text += fmt::format("{}{}", text.empty() ? "" : " and ", alternatives);
    }
    return text;
}

/// What the option does, when it does, and what its choices are called for people where that says more than their names.
std::string meaningText(const MethodOption& option)
{
    std::string choices;
    for (std::size_t i = 0; i < option.choiceTitles.size(); ++i)
        choices += fmt::format("{}{}: {}", choices.empty() ? "" : "; ", option.choices[i], option.choiceTitles[i]);
    std::string text = choices.empty() ? std::string(option.description) : fmt::format("{} ({})", option.description, choices);
    if (!option.needs.empty()) text += fmt::format(" Only with {}.", needsText(option));
    return text;
}

Json optionJson(const MethodOption& option)
{
    Json json;
    json["name"] = option.name;
    json["title"] = option.title;
    json["description"] = option.description;
    json["default"] = option.defaultValue;
    if (!option.needs.empty()) json["needs"] = option.needs;
    switch (option.kind) {
    case MethodOption::Kind::Choice:
        json["type"] = "choice";
        json["choices"] = Json::array();
        for (const std::string_view choice : option.choices) json["choices"].push_back(choice);
        for (const std::string_view title : option.choiceTitles) json["choiceTitles"].push_back(title);
        return json;
    case MethodOption::Kind::Integer: json["type"] = "integer"; break;
    case MethodOption::Kind::Number: json["type"] = "number"; break;
    }
    json["minimum"] = option.minimum;
    json["maximum"] = option.maximum;
    return json;
}

std::vector<std::string_view> formatsOf(const Quantizer& method)
{
    std::vector<std::string_view> names;
    for (const TensorTypeTraits& t : allTensorTypes())
        if (t.target && method.supports(t.type)) names.push_back(t.name);
    return names;
}

Json methodJson(const Quantizer& method)
{
    Json json;
    json["name"] = method.name();
    json["title"] = method.title();
    json["description"] = method.description();
    json["dataNeeded"] = dataWord(method.dataNeeded());
    json["exportable"] = method.exportable();
    json["formats"] = Json::array();
    for (const std::string_view format : formatsOf(method)) json["formats"].push_back(format);
    json["options"] = Json::array();
    for (const MethodOption& option : method.options()) json["options"].push_back(optionJson(option));
    return json;
}

void printText(Output& out, std::string_view text)
{
    const std::string lines = wrapped(text, kTextWidth);
    for (std::size_t first = 0; first < lines.size();) {
        const std::size_t end = std::min(lines.find('\n', first), lines.size());
        out.print("  {}\n", std::string_view(lines).substr(first, end - first));
        first = end + 1;
    }
}

void printMethod(Output& out, const Quantizer& method)
{
    std::string formats;
    for (const std::string_view format : formatsOf(method)) formats += fmt::format("{}{}", formats.empty() ? "" : ", ", format);
    out.print("{} – {}\n", method.name(), method.title());
    printText(out, method.description());
    printText(out, fmt::format("Data needed: {}. Result: {}.", dataText(method.dataNeeded()),
                               method.exportable() ? "an ordinary GGUF file"
                                                   : "analysis; the values are then stored in the format chosen, which adds its own loss"));
    printText(out, fmt::format("Formats: {}.", formats));
    if (!method.options().empty()) {
        Table table({{"option"}, {"default"}, {"allowed"}, {"meaning"}});
        for (const MethodOption& o : method.options())
            table.addRow({std::string(o.name), std::string(o.defaultValue), rangeText(o), meaningText(o)});
        out.write(table.text(2));
    }
    out.write("\n");
}

/// Steps change the model before any method; they belong to the list because a person looks for "awq" here.
void listSteps(Session& session, Json& json, const std::string& only)
{
    json["steps"] = Json::array();
    if (!session.json && only.empty()) session.out.write("Steps, which change the model before: --transform STEP, to be repeated; then any method in any format.\n\n");
    for (const TransformStepInfo& step : transformSteps()) {
        if (!only.empty() && only != step.name) continue;
        if (session.json) {
            json["steps"].push_back({{"name", step.name},
                                     {"form", step.form},
                                     {"description", step.description},
                                     {"dataNeeded", step.readsText ? "a calibration text" : "none"},
                                     {"exportable", true}});
            continue;
        }
        session.out.print("{}\n", step.form);
        printText(session.out, step.description);
        printText(session.out, fmt::format("Data needed: {}. Result: an ordinary GGUF file.",
                                           step.readsText ? "a calibration text (--calibration-text FILE)" : "none"));
        session.out.write("\n");
    }
}

bool isKnown(const std::string& name)
{
    return findQuantizer(name) != nullptr || std::ranges::any_of(transformSteps(), [&](const TransformStepInfo& step) { return step.name == name; });
}

/// All, or the method or step of that name.
Result<void> listMethods(Session& session, const std::string& only)
{
    Json json;
    json["methods"] = Json::array();
    for (const Quantizer* method : quantizers()) {
        if (!only.empty() && methodName(only) != method->name()) continue;
        if (session.json)
            json["methods"].push_back(methodJson(*method));
        else
            printMethod(session.out, *method);
    }
    listSteps(session, json, only);
    if (session.json) session.out.writeJson(json);
    return {};
}

}  // namespace

void addMethodsCommand(CommandLine& commands)
{
    const auto only = std::make_shared<std::string>();
    CLI::App& command = commands.add("methods",
                 "List the methods that --method and --set take, with their options, and the steps that --transform takes.\nA format says how numbers are stored, a method "
                 "how they are chosen. Options follow the name: NAME:OPTION=VALUE,OPTION=VALUE.",
                 [only](Session& session) { return listMethods(session, *only); },
                 [only] {
                     if (!only->empty() && !isKnown(*only))
                         usageError("", fmt::format("There is no method and no step \"{}\"; \"weightwright-cli methods\" lists them.", *only));
                 });
    command.add_option("NAME", *only, "Only this method or step; all if not given.")->type_name("");
}

}  // namespace ww::cli

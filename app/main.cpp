// SPDX-License-Identifier: GPL-3.0-or-later
#include <QApplication>
#include <QCommandLineParser>
#include <QDeadlineTimer>
#include <QElapsedTimer>
#include <QStringDecoder>
#include <QTemporaryDir>
#include <QTextStream>
#include <QWindow>

#include <cstdlib>
#include <cstring>

#include "app/application.h"
#include "app/languages.h"
#include "app/main_window.h"
#include "app/plot_command.h"
#include "app/settings.h"
#include "app/workbench.h"
#include "base/heap.h"
#include "plan/preset.h"

namespace {

bool hasArgument(int argc, char** argv, const char* name)
{
    for (int i = 1; i < argc; ++i)
        if (std::strncmp(argv[i], name, std::strlen(name)) == 0) return true;
    return false;
}

bool isSet(const char* variable)
{
    const char* value = std::getenv(variable);
    return value && *value;
}

int usageError(const QString& text)
{
    QTextStream(stderr) << text << Qt::endl;
    return ww::ExitUsage;
}

/// What Qt says about a session without a desktop is no news to somebody who draws plots in a terminal.
void quietMessages(QtMsgType type, const QMessageLogContext& context, const QString& text)
{
    if (text.contains(QLatin1String("XDG_RUNTIME_DIR")) || text.startsWith(QLatin1String("This plugin does not support"))) return;
    QTextStream(stderr) << qFormatLogMessage(type, context, text) << Qt::endl;
}

struct Main {
    Q_DECLARE_TR_FUNCTIONS(Main)
};

/// Waits until nothing happens any more.
void settle(ww::Application& application, int quietMs)
{
    QDeadlineTimer limit(600000);
    QElapsedTimer quiet;
    quiet.start();
    while (!limit.hasExpired() && quiet.elapsed() < quietMs) {
        QCoreApplication::processEvents(QEventLoop::AllEvents, 50);
        if (application.workbench().jobs.activeCount() > 0) quiet.restart();
    }
}

/// Writes the report of a model under a preset, or of a project with everything that was measured. Touches no settings.
int writeReport(const QString& file, const QString& model, const QString& preset)
{
    const QTemporaryDir scratch;
    {
        ww::Settings settings(scratch.filePath(QStringLiteral("settings.ini")));
        settings.setTheme(ww::ThemeChoice::Light);
    }
    ww::Application application(scratch.filePath(QStringLiteral("settings.ini")));
    ww::Workbench& bench = application.workbench();
    application.start(model);
    settle(application, 300);
    if (bench.document.isOpen()) {
        if (!preset.isEmpty()) bench.document.setPreset(preset);
        (void)bench.reports.measureAllErrors();
        bench.budget.prepare();
        settle(application, 300);
        bench.messages.dismissAll();
        application.window().writeReport(file);
        settle(application, 300);
    }
    bool written = false;
    for (const ww::UserMessage& message : bench.messages.messages()) {
        written = written || message.severity == ww::Severity::Success;
        if (message.severity != ww::Severity::Success)
            QTextStream(stderr) << message.title << QLatin1Char(' ') << message.text << Qt::endl;
    }
    return written ? ww::ExitOk : ww::ExitFailed;
}

/// Opens a model in a window of the given size, waits until everything is drawn, and saves a picture. Touches no settings.
int takeScreenshot(const QString& file, const QString& model, QSize size, bool dark)
{
    const QTemporaryDir scratch;
    {
        ww::Settings settings(scratch.filePath(QStringLiteral("settings.ini")));
        settings.setTheme(dark ? ww::ThemeChoice::Dark : ww::ThemeChoice::Light);
    }
    ww::Application application(scratch.filePath(QStringLiteral("settings.ini")));
    ww::MainWindow& window = application.window();
    window.resize(size);
    application.start(model);
    settle(application, 600);
    const bool opened = model.isEmpty() || application.workbench().document.isOpen();
    if (!opened) {
        for (const ww::UserMessage& message : application.workbench().messages.messages())
            QTextStream(stderr) << message.title << QLatin1Char(' ') << message.text << Qt::endl;
        return ww::ExitFailed;
    }
    if (!window.grab().save(file)) {
        QTextStream(stderr) << Main::tr("%1 could not be written.").arg(file) << Qt::endl;
        return ww::ExitFailed;
    }
    return ww::ExitOk;
}

/// The first argument that Qt cannot take as it is: file names here are UTF-8. Empty: all can be.
QString unreadableArgument(int argc, char** argv)
{
    for (int i = 1; i < argc; ++i) {
        QStringDecoder decoder(QStringDecoder::Utf8);
        const QString text = decoder(QByteArrayView(argv[i]));
        if (decoder.hasError()) return text;
    }
    return {};
}

}  // namespace

int main(int argc, char** argv)
{
    ww::returnLargeBlocks();
    // Without a display everything but the window itself still works.
    const bool hasDisplay =
        isSet("QT_QPA_PLATFORM") || isSet("DISPLAY") || isSet("WAYLAND_DISPLAY") || hasArgument(argc, argv, "-platform");
    const bool needsNoDisplay = hasArgument(argc, argv, "--plot") || hasArgument(argc, argv, "--screenshot") ||
                                hasArgument(argc, argv, "--report");
    if (!isSet("QT_QPA_PLATFORM") && (!hasDisplay || needsNoDisplay)) qputenv("QT_QPA_PLATFORM", "offscreen");
    if (needsNoDisplay || qgetenv("QT_QPA_PLATFORM").startsWith("offscreen")) qInstallMessageHandler(quietMessages);
    QCoreApplication::setApplicationName(QStringLiteral("weightwright"));
    QCoreApplication::setOrganizationName(QStringLiteral("weightwright"));
    QCoreApplication::setApplicationVersion(QStringLiteral(WW_VERSION));
    QGuiApplication::setApplicationDisplayName(QString());
    QGuiApplication::setDesktopFileName(QStringLiteral("weightwright"));
    QApplication qtApplication(argc, argv);
    ww::installLanguage({});

    if (const QString name = unreadableArgument(argc, argv); !name.isEmpty()) {
        QTextStream(stderr) << Main::tr("The name %1 is not written in UTF-8. Rename the file, or use weightwright-cli, which takes any name.").arg(name)
                            << Qt::endl;
        return ww::ExitFailed;
    }
    QCommandLineParser parser;
    parser.setApplicationDescription(Main::tr("A workbench for quantizing language models."));
    const QCommandLineOption helpOption = parser.addHelpOption();
    const QCommandLineOption versionOption = parser.addVersionOption();
    parser.addPositionalArgument(QStringLiteral("MODEL"), Main::tr("A GGUF file or a project (.wwproj) to open."),
                                 QStringLiteral("[MODEL]"));
    const QCommandLineOption plot(QStringLiteral("plot"),
                                  Main::tr("Draw a plot without a window: %1.").arg(ww::plotKinds().join(QStringLiteral(", "))),
                                  QStringLiteral("KIND"));
    const QCommandLineOption screenshot(QStringLiteral("screenshot"), Main::tr("Save a picture of the window."),
                                        QStringLiteral("FILE"));
    const QCommandLineOption report(QStringLiteral("report"),
                                    Main::tr("Write a page with plots and tables of a model or a project, without a window."),
                                    QStringLiteral("FILE"));
    const QCommandLineOption output({QStringLiteral("o"), QStringLiteral("output")},
                                    Main::tr("File to write: .png, .svg, .pdf or .csv."), QStringLiteral("FILE"));
    const QCommandLineOption preset(QStringLiteral("preset"), Main::tr("Preset to draw."), QStringLiteral("PRESET"),
                                    QStringLiteral("Q4_K_M"));
    const QCommandLineOption tensor(QStringLiteral("tensor"), Main::tr("Tensor to draw."), QStringLiteral("NAME"));
    const QCommandLineOption text(QStringLiteral("text"), Main::tr("Text to measure perplexity on; the sample text if left out."),
                                  QStringLiteral("FILE"));
    const QCommandLineOption context(QStringLiteral("ctx"), Main::tr("Context length for measuring."), QStringLiteral("N"));
    const QCommandLineOption chunks(QStringLiteral("chunks"), Main::tr("Windows to measure; all if left out."),
                                    QStringLiteral("N"));
    const QCommandLineOption threads(QStringLiteral("threads"), Main::tr("Threads for plots; one per processor if left out."),
                                     QStringLiteral("N"));
    const QCommandLineOption size(QStringLiteral("size"), Main::tr("Size of the picture."), QStringLiteral("WxH"),
                                  QStringLiteral("1280x800"));
    const QCommandLineOption dark(QStringLiteral("dark"), Main::tr("Light text on dark ground."));
    parser.addOptions({plot, screenshot, report, output, preset, tensor, text, context, chunks, threads, size, dark});
    if (!parser.parse(QCoreApplication::arguments())) return usageError(parser.errorText());
    if (parser.isSet(versionOption)) parser.showVersion();
    if (parser.isSet(helpOption)) parser.showHelp(ww::ExitOk);
    const QStringList files = parser.positionalArguments();
    if (files.size() > 1) return usageError(Main::tr("Only one model can be opened at a time."));
    const QString model = files.value(0);
    const QSize pictureSize = ww::parseSize(parser.value(size));
    if (!pictureSize.isValid()) return usageError(Main::tr("%1 is no size; write 1280x800.").arg(parser.value(size)));

    if (parser.isSet(plot)) {
        ww::PlotRequest request;
        request.kind = parser.value(plot);
        request.model = model;
        request.output = parser.value(output);
        request.preset = parser.value(preset);
        request.tensor = parser.value(tensor);
        request.text = parser.value(text);
        request.size = pictureSize;
        request.dark = parser.isSet(dark);
        bool numbers = true;
        const auto number = [&](const QCommandLineOption& option) -> std::uint32_t {
            if (!parser.isSet(option)) return 0;
            bool ok = false;
            const auto value = parser.value(option).toUInt(&ok);
            numbers = numbers && ok && value > 0;
            return value;
        };
        request.contextLength = number(context);
        request.maxWindows = number(chunks);
        request.threads = number(threads);
        if (!numbers) return usageError(Main::tr("--ctx, --chunks and --threads take whole numbers above 0."));
        if (request.model.isEmpty()) return usageError(Main::tr("--plot needs a model."));
        if (request.output.isEmpty()) return usageError(Main::tr("--plot needs a file to write: -o FILE."));
        ww::Theme theme;
        theme.setMode(request.dark ? ww::Theme::Mode::Dark : ww::Theme::Mode::Light);
        return ww::runPlot(request);
    }
    if (parser.isSet(screenshot)) return takeScreenshot(parser.value(screenshot), model, pictureSize, parser.isSet(dark));

    if (parser.isSet(report)) {
        if (model.isEmpty()) return usageError(Main::tr("--report needs a model or a project."));
        if (parser.isSet(preset) && !ww::findPreset(parser.value(preset).toStdString()))
            return usageError(Main::tr("There is no preset %1.").arg(parser.value(preset)));
        return writeReport(parser.value(report), model, parser.isSet(preset) ? parser.value(preset) : QString());
    }

    if (!hasDisplay) {
        QTextStream(stderr) << Main::tr(
                                   "There is no display for the window. Without one use weightwright-cli, or weightwright --plot.")
                            << Qt::endl;
        return ww::ExitFailed;
    }
    ww::Application application;
    application.start(model);
    return QApplication::exec();
}

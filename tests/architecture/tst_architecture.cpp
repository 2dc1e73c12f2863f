// SPDX-License-Identifier: MIT
// The house rules that a reader relies on: includes go one way, core has no Qt, every file carries its licence.
#include <QtTest>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include "tests/support/paths.h"

namespace fs = std::filesystem;

class TestArchitecture : public QObject {
    Q_OBJECT

    static std::vector<fs::path> sourcesBelow(const fs::path& folder)
    {
        std::vector<fs::path> files;
        if (!fs::exists(folder)) return files;
        for (const auto& entry : fs::recursive_directory_iterator(folder)) {
            const auto extension = entry.path().extension();
            if (entry.is_regular_file() && (extension == ".cpp" || extension == ".h")) files.push_back(entry.path());
        }
        return files;
    }
    static std::vector<std::string> includesOf(const fs::path& file)
    {
        static const std::regex kInclude("^\\s*#\\s*include\\s*[<\"]([^>\"]+)[>\"]");
        std::vector<std::string> includes;
        std::ifstream in(file);
        std::smatch match;
        for (std::string line; std::getline(in, line);)
            if (std::regex_search(line, match, kInclude)) includes.push_back(match[1]);
        return includes;
    }
    static QByteArray shown(const fs::path& file) { return QByteArray::fromStdString(fs::relative(file, ww::test::sourceDir()).string()); }

private slots:
    void coreFoldersIncludeOnlyEarlierOnes()
    {
        // In the order in which a model passes through the library; the same list stands in core/README.md.
        const std::vector<std::string> order = {"base", "tensor", "io", "formats", "methods", "text", "model", "import", "calibration", "transform", "eval", "plan", "jobs"};
        std::map<std::string, std::size_t> rank;
        for (std::size_t i = 0; i < order.size(); ++i) rank[order[i]] = i;
        const fs::path core = ww::test::sourceDir() / "core";
        std::size_t checked = 0;
        for (const auto& file : sourcesBelow(core)) {
            const std::string folder = fs::relative(file, core).begin()->string();
            QVERIFY2(rank.contains(folder), shown(file) + " is in a folder of core that the order does not name");
            for (const auto& include : includesOf(file)) {
                const std::string first = fs::path(include).begin()->string();
                if (!rank.contains(first) || !fs::exists(core / include)) continue;
                ++checked;
                QVERIFY2(rank[first] <= rank[folder], shown(file) + " includes the later folder " + QByteArray::fromStdString(include));
            }
        }
        QVERIFY(checked > 20);
    }

    void coreAndCommandLineHaveNoQt()
    {
        std::vector<fs::path> files = sourcesBelow(ww::test::sourceDir() / "core");
        for (const auto& f : sourcesBelow(ww::test::sourceDir() / "app/cli")) files.push_back(f);
        static const std::regex kQt("^(Q[A-Z]|Qt|qcustomplot)");
        for (const auto& file : files)
            for (const auto& include : includesOf(file)) {
                QVERIFY2(!std::regex_search(include, kQt), shown(file) + " includes Qt: " + QByteArray::fromStdString(include));
                QVERIFY2(!include.starts_with("widgets/") && !include.starts_with("../"),
                         shown(file) + " reaches out of its layer: " + QByteArray::fromStdString(include));
                if (fs::relative(file, ww::test::sourceDir()).begin()->string() == "core")
                    QVERIFY2(!include.starts_with("app/"), shown(file) + " includes the application");
            }
    }

    void widgetsDoNotKnowTheApplication()
    {
        for (const auto& file : sourcesBelow(ww::test::sourceDir() / "widgets"))
            for (const auto& include : includesOf(file))
                QVERIFY2(!include.starts_with("app/"), shown(file) + " includes the application: " + QByteArray::fromStdString(include));
    }

    void everySourceNamesItsLicence()
    {
        for (const char* folder : {"core", "app", "widgets", "tests"}) {
            for (const auto& file : sourcesBelow(ww::test::sourceDir() / folder)) {
                std::ifstream in(file);
                std::string line;
                std::getline(in, line);
                QVERIFY2(line.starts_with("// SPDX-License-Identifier: "), shown(file) + " does not begin with an SPDX line");
                const bool gpl = line.find("GPL-3.0-or-later") != std::string::npos;
                const auto relative = fs::relative(file, ww::test::sourceDir()).string();
                if (relative.starts_with("core/") || relative.starts_with("app/cli/")) QVERIFY2(!gpl, shown(file) + " must be MIT");
                if (relative.starts_with("widgets/") || (relative.starts_with("app/") && !relative.starts_with("app/cli/")))
                    QVERIFY2(gpl, shown(file) + " links QCustomPlot, so it must be GPL-3.0-or-later");
            }
        }
    }
};

QTEST_APPLESS_MAIN(TestArchitecture)
#include "tst_architecture.moc"

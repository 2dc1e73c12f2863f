// SPDX-License-Identifier: MIT
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <array>
#include <vector>

#include "eval/text_overlap.h"
#include "eval/window_journal.h"

using namespace ww;

class TestWindowJournal : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    [[nodiscard]] std::filesystem::path path(const char* name) const { return m_folder.filePath(name).toStdString(); }

private slots:
    void goesOn()
    {
        const Hash identity{1, 2};
        const std::vector<double> values{1, 2, 3, 4, 5, 6};
        {
            WindowJournal journal(path("a"), identity, 2);
            QCOMPARE(journal.finishedWindows(), std::size_t{0});
            journal.append(std::span(values).first(4));
            journal.append(std::span(values).subspan(4));
        }
        WindowJournal again(path("a"), identity, 2);
        QCOMPARE(std::vector<double>(again.finished().begin(), again.finished().end()), values);
        QCOMPARE(WindowJournal(path("a"), identity, 3).finishedWindows(), std::size_t{0});
    }

    // What was cut off, changed, or belongs to another run is dropped, and the next run writes on behind the rest.
    void damaged()
    {
        const Hash identity{3, 4};
        const std::array values{1.0, 2.0, 3.0};
        WindowJournal(path("b"), identity, 1).append(values);
        QFile file(m_folder.filePath("b"));
        QVERIFY(file.open(QIODevice::ReadWrite));
        QVERIFY(file.resize(file.size() - 5));
        file.close();
        {
            WindowJournal cut(path("b"), identity, 1);
            QCOMPARE(cut.finishedWindows(), std::size_t{2});
            cut.append(std::array{7.0});
        }
        WindowJournal mended(path("b"), identity, 1);
        QCOMPARE(mended.finishedWindows(), std::size_t{3});
        QCOMPARE(mended.finished()[2], 7.0);
        QVERIFY(file.open(QIODevice::ReadWrite));
        QVERIFY(file.seek(file.size() - 38));
        file.write("x");
        file.close();
        QCOMPARE(WindowJournal(path("b"), identity, 1).finishedWindows(), std::size_t{2});
        QCOMPARE(WindowJournal(path("b"), Hash{9, 9}, 1).finishedWindows(), std::size_t{0});
    }

    void nowhere()
    {
        WindowJournal none({}, {}, 4);
        none.append(std::array{1.0, 2.0, 3.0, 4.0});
        QCOMPARE(none.finishedWindows(), std::size_t{0});
        WindowJournal impossible("/proc/nothing/here", {}, 1);
        impossible.append(std::array{1.0});
    }

    void overlap()
    {
        std::string a;
        std::string b;
        for (int i = 0; i < 2000; ++i) {
            a += "number " + std::to_string(i * i) + " of the first, ";
            b += "and " + std::to_string(i * 7919) + " is in the second; ";
        }
        QCOMPARE(textOverlap(a, a), 1.0);
        QVERIFY(textOverlap(a, b) < 0.01);
        const double half = textOverlap(a + b, a);
        QVERIFY(half > 0.3 && half < 0.7);
        QCOMPARE(textOverlap("short", "short"), 0.0);
        QFile file(m_folder.filePath("calibration.txt"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(a.c_str());
        file.close();
        const std::vector<std::string> datasets{m_folder.filePath("calibration.txt").toStdString()};
        QVERIFY(!overlapWarning(a, "other.txt", datasets).empty());
        QVERIFY(overlapWarning(b, "calibration.txt", datasets).empty());
        QVERIFY(!overlapWarning(b, "wiki.txt", std::vector<std::string>{"/gone/wiki.txt"}).empty());
    }
};

QTEST_APPLESS_MAIN(TestWindowJournal)
#include "tst_window_journal.moc"

// SPDX-License-Identifier: MIT
#include <QTemporaryDir>
#include <QtTest>

#include <csignal>

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/verify.h"

using namespace ww;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> namesIn(const fs::path& folder)
{
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
    std::ranges::sort(names);
    return names;
}

/// Lowers the limit on file sizes for a while. The signal that comes with it keeps its deadly default on purpose.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes)
    {
        ::getrlimit(RLIMIT_FSIZE, &m_old);
        rlimit limit = m_old;
        limit.rlim_cur = bytes;
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &m_old); }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;

private:
    rlimit m_old = {};
};

/// Runs in a child process: fills a disk of 64 KiB. 0: behaved well, 77: no such disk can be made here, else what failed.
int fillASmallDisk(const fs::path& folder)
{
    const std::string user = std::to_string(::geteuid());
    if (::unshare(CLONE_NEWNS | (user == "0" ? 0 : CLONE_NEWUSER)) != 0) return 77;
    if (user != "0") {
        const std::string group = std::to_string(::getegid());
        if (!test::writeFile("/proc/self/uid_map", "0 " + user + " 1") || !test::writeFile("/proc/self/setgroups", "deny") ||
            !test::writeFile("/proc/self/gid_map", "0 " + group + " 1"))
            return 77;
    }
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return 77;
    if (::mount("none", folder.c_str(), "tmpfs", 0, "size=65536") != 0) return 77;

    const auto tooLarge = AtomicFile::create(folder / "out", 1 << 20);
    if (tooLarge || tooLarge.error().code != ErrorCode::NoSpace) return 1;

    auto file = AtomicFile::create(folder / "out");
    if (!file) return 2;
    const std::string piece(4096, 'x');
    Result<void> result;
    for (int i = 0; i < 100 && result; ++i) result = file->write(piece);
    if (result || result.error().code != ErrorCode::NoSpace) return 3;
    if (result.error().message.find("disk is full") == std::string::npos) return 4;
    if (!namesIn(folder).empty()) return 5;
    if (file->commit()) return 6;

    // Room that was kept for a file is not taken by what others write.
    auto reserved = AtomicFile::create(folder / "reserved", 40960);
    auto greedy = AtomicFile::create(folder / "greedy");
    if (!reserved || !greedy) return 7;
    for (result = {}; result;) result = greedy->write(piece);
    if (result.error().code != ErrorCode::NoSpace || !reserved->write(std::string(40960, 'y')) || !reserved->commit()) return 8;
    // Neither is it kept for ever: a file that became smaller leaves the rest to others.
    auto smaller = AtomicFile::create(folder / "reserved", 16384);
    if (!smaller || !smaller->write("z") || !smaller->commit()) return 9;
    if (!writeTextFile(folder / "other", std::string(49152, 'x'))) return 10;
    return 0;
}

/// Runs in a child process, because an administrator must first become somebody else. 0: behaved well.
int writeWithoutPermission(const fs::path& folder)
{
    if (::geteuid() == 0 && ::setuid(65534) != 0) return 77;
    const auto file = AtomicFile::create(folder / "locked/out");
    if (file || file.error().code != ErrorCode::Unwritable) return 1;
    if (file.error().message.find("permission") == std::string::npos) return 2;
    const auto existing = AtomicFile::create(folder / "protected");
    if (existing || existing.error().code != ErrorCode::Unwritable) return 3;
    if (existing.error().message.find("write-protected") == std::string::npos) return 4;
    if (readTextFile(folder / "secret")) return 5;
    return 0;
}

/// Exit code of `body` in a child process; −1 when it was ended by a signal.
template <class Body>
int exitCodeOf(Body body)
{
    const pid_t child = ::fork();
    if (child == 0) ::_exit(body());
    int status = 0;
    return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

class TestAtomicFile : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    fs::path folder() const { return test::pathOf(*m_folder); }

private slots:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void appearsOnlyWhenComplete()
    {
        auto file = AtomicFile::create(folder() / "out.txt", 10);
        WW_VERIFY(file);
        WW_VERIFY(file->write("hello "));
        WW_VERIFY(file->write(std::as_bytes(std::span("world", 5))));
        WW_VERIFY(file->write(""));
        QCOMPARE(file->bytesWritten(), std::uint64_t{11});
        const auto names = namesIn(folder());
        QCOMPARE(names.size(), std::size_t{1});
        QVERIFY2(names[0].starts_with("out.txt.weightwright-") && names[0].ends_with(".part"), names[0].c_str());
        WW_VERIFY(file->commit());
        QCOMPARE(namesIn(folder()), std::vector<std::string>{"out.txt"});
        QCOMPARE(test::readFile(folder() / "out.txt"), std::string("hello world"));
        WW_VERIFY_FAILS(file->write("more"), ErrorCode::Internal, "already completed");
        WW_VERIFY_FAILS(file->commit(), ErrorCode::Internal, "already completed");
    }
    void leavesNothingWhenGivenUp()
    {
        QVERIFY(test::writeFile(folder() / "out", "old"));
        {
            auto file = AtomicFile::create(folder() / "out");
            WW_VERIFY(file);
            WW_VERIFY(file->write("new"));
            AtomicFile moved = std::move(*file);
            WW_VERIFY(moved.write("er"));
            QCOMPARE(namesIn(folder()).size(), std::size_t{2});
        }
        QCOMPARE(namesIn(folder()), std::vector<std::string>{"out"});
        QCOMPARE(test::readFile(folder() / "out"), std::string("old"));
    }
    void assignmentGivesUpTheFormerFile()
    {
        auto first = AtomicFile::create(folder() / "a");
        auto second = AtomicFile::create(folder() / "b");
        WW_VERIFY(first);
        WW_VERIFY(second);
        WW_VERIFY(second->write("b"));
        *first = std::move(*second);
        WW_VERIFY(first->commit());
        QCOMPARE(namesIn(folder()), std::vector<std::string>{"b"});
    }
    void twoWritersOfOneNameDoNotMix()
    {
        auto first = AtomicFile::create(folder() / "out");
        auto second = AtomicFile::create(folder() / "out");
        WW_VERIFY(first);
        WW_VERIFY(second);
        WW_VERIFY(first->write("first"));
        WW_VERIFY(second->write("second"));
        WW_VERIFY(second->commit());
        WW_VERIFY(first->commit());
        QCOMPARE(test::readFile(folder() / "out"), std::string("first"));
        QCOMPARE(namesIn(folder()), std::vector<std::string>{"out"});
    }

    void leftoversOfKilledProcessesGo()
    {
        const pid_t child = ::fork();
        if (child == 0) {
            auto file = AtomicFile::create(folder() / "out");
            const bool written = file && file->write("half");
            ::kill(::getpid(), written ? SIGKILL : SIGTERM);
        }
        int status = 0;
        QVERIFY(child > 0 && ::waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        QCOMPARE(namesIn(folder()).size(), std::size_t{1});
        WW_VERIFY(writeTextFile(folder() / "other", "x"));
        QCOMPARE(namesIn(folder()).size(), std::size_t{2});
        WW_VERIFY(checkSpaceFor(std::array{PlannedFile{folder() / "out", 1}}));
        QCOMPARE(namesIn(folder()), std::vector<std::string>{"other"});
        QVERIFY(test::writeFile(folder() / "out.weightwright-0123abcd.part", "half"));
        WW_VERIFY(writeTextFile(folder() / "out", "whole"));
        QCOMPARE(namesIn(folder()), (std::vector<std::string>{"other", "out"}));
    }
    void whatIsNoLeftoverStays()
    {
        for (const char* name : {"out.weightwright-0123abcd.part2", "out.weightwright-0123ABCD.part", "out.weightwright-0123abc.part", "out.part",
                                 "2out.weightwright-0123abcd.part", "out.gguf.weightwright-0123abcd.part", "own"})
            QVERIFY(test::writeFile(folder() / name, name));
        fs::create_symlink("own", folder() / "out.weightwright-00000001.part");
        fs::create_hard_link(folder() / "own", folder() / "out.weightwright-00000002.part");
        fs::create_directory(folder() / "out.weightwright-00000003.part");
        QVERIFY(::mkfifo((folder() / "out.weightwright-00000004.part").c_str(), 0600) == 0);
        const auto before = namesIn(folder());
        auto running = AtomicFile::create(folder() / "out");
        WW_VERIFY(running);
        WW_VERIFY(writeTextFile(folder() / "out", "second"));
        QCOMPARE(namesIn(folder()).size(), before.size() + 2);
        WW_VERIFY(running->commit());
        auto expected = before;
        expected.insert(std::ranges::upper_bound(expected, std::string("out")), "out");
        QCOMPARE(namesIn(folder()), expected);
        QCOMPARE(test::readFile(folder() / "own"), std::string("own"));
    }

    void permissions()
    {
        const mode_t oldMask = ::umask(027);
        const auto fresh = writeTextFile(folder() / "fresh", "x");
        QVERIFY(test::writeFile(folder() / "existing", "x"));
        fs::permissions(folder() / "existing", static_cast<fs::perms>(0604));
        const auto replaced = writeTextFile(folder() / "existing", "y");
        ::umask(oldMask);
        WW_VERIFY(fresh);
        WW_VERIFY(replaced);
        QCOMPARE(static_cast<int>(fs::status(folder() / "fresh").permissions()), 0640);
        QCOMPARE(static_cast<int>(fs::status(folder() / "existing").permissions()), 0604);
    }
    void aSymbolicLinkStaysAndItsFileIsReplaced()
    {
        fs::create_directory(folder() / "disk");
        QVERIFY(test::writeFile(folder() / "disk/real", "old"));
        fs::create_symlink("disk/real", folder() / "link");
        fs::create_symlink(folder() / "link", folder() / "link to link");
        auto file = AtomicFile::create(folder() / "link to link");
        WW_VERIFY(file);
        WW_VERIFY(file->write("new"));
        QCOMPARE(namesIn(folder() / "disk").size(), std::size_t{2});
        WW_VERIFY(file->commit());
        QCOMPARE(test::readFile(folder() / "disk/real"), std::string("new"));
        QVERIFY(fs::is_symlink(folder() / "link") && fs::is_symlink(folder() / "link to link"));
        QCOMPARE(namesIn(folder() / "disk"), std::vector<std::string>{"real"});
    }
    void aLinkToNothingCreatesTheFile()
    {
        fs::create_symlink("later", folder() / "link");
        WW_VERIFY(writeTextFile(folder() / "link", "text"));
        QVERIFY(fs::is_symlink(folder() / "link"));
        QCOMPARE(test::readFile(folder() / "later"), std::string("text"));
    }
    void aHardLinkIsCutOff()
    {
        QVERIFY(test::writeFile(folder() / "a", "old"));
        fs::create_hard_link(folder() / "a", folder() / "b");
        WW_VERIFY(writeTextFile(folder() / "b", "new"));
        QCOMPARE(test::readFile(folder() / "a"), std::string("old"));
        QCOMPARE(test::readFile(folder() / "b"), std::string("new"));
    }
    void relativeNames()
    {
        const fs::path old = fs::current_path();
        fs::current_path(folder());
        const auto result = writeTextFile("relative", "x");
        fs::current_path(old);
        WW_VERIFY(result);
        QCOMPARE(test::readFile(folder() / "relative"), std::string("x"));
    }

    void refusesTargets_data()
    {
        QTest::addColumn<std::string>("target");
        QTest::addColumn<ErrorCode>("code");
        QTest::addColumn<std::string>("text");
        const auto row = [](const char* name, std::string target, ErrorCode code, const char* text) {
            QTest::newRow(name) << std::move(target) << code << std::string(text);
        };
        // Names without a slash in front are below the temporary folder.
        row("a folder", "sub", ErrorCode::Unwritable, "name of a folder");
        row("a folder with slash", "sub/", ErrorCode::Unwritable, "name of a folder");
        row("a new name with slash", "new/", ErrorCode::Unwritable, "name of a folder");
        row("a missing folder", "missing/out", ErrorCode::NotFound, "does not exist");
        row("below a file", "file/out", ErrorCode::NotFound, "not a folder");
        row("a circle of links", "circle", ErrorCode::Unwritable, "circle");
        row("a name that is too long", std::string(256, 'n'), ErrorCode::Unwritable, "longer than");
        row("a device", "/dev/null", ErrorCode::Unwritable, "device");
        row("a full device", "/dev/full", ErrorCode::Unwritable, "device");
        row("where nothing can be created", "/proc/weightwright-test", ErrorCode::NotFound, "");
    }
    void refusesTargets()
    {
        QFETCH(std::string, target);
        QFETCH(ErrorCode, code);
        QFETCH(std::string, text);
        fs::create_directory(folder() / "sub");
        fs::create_symlink("circle", folder() / "circle");
        QVERIFY(test::writeFile(folder() / "file", "x"));
        const auto before = namesIn(folder());
        const auto path = folder() / target;
        const auto file = AtomicFile::create(path);
        WW_VERIFY_FAILS(file, code, text);
        QCOMPARE(file.error().path, path);
        QCOMPARE(namesIn(folder()), before);
        QCOMPARE(test::readFile(folder() / "file"), std::string("x"));
    }
    void refusesNoName() { WW_VERIFY_FAILS(AtomicFile::create(""), ErrorCode::InvalidArgument, "file name"); }
    void refusesWithoutPermission()
    {
        fs::permissions(folder(), static_cast<fs::perms>(0777));
        QVERIFY(test::writeFile(folder() / "protected", "x"));
        fs::permissions(folder() / "protected", fs::perms::owner_read);
        QVERIFY(test::writeFile(folder() / "secret", "x"));
        fs::permissions(folder() / "secret", fs::perms::none);
        fs::create_directory(folder() / "locked");
        fs::permissions(folder() / "locked", static_cast<fs::perms>(0555));
        const int code = exitCodeOf([this] { return writeWithoutPermission(folder()); });
        fs::permissions(folder() / "locked", static_cast<fs::perms>(0755));
        if (code == 77) QSKIP("The administrator cannot become another user here.");
        QCOMPARE(code, 0);
    }

    void checksTheFreeSpaceFirst()
    {
        const auto file = AtomicFile::create(folder() / "out", std::uint64_t{1} << 62);
        WW_VERIFY_FAILS(file, ErrorCode::NoSpace, "4294967296.0 GiB");
        QVERIFY(namesIn(folder()).empty());
    }
    void checksTheFreeSpaceOfSeveralFilesTogether()
    {
        const fs::space_info space = fs::space(folder());
        const std::uint64_t half = space.available / 2 + (std::uint64_t{1} << 33);  // room for one, whatever others write meanwhile
        if (half > space.available) QSKIP("The disk has less than 16 GiB free.");
        const PlannedFile one{folder() / "one", half};
        const PlannedFile two{folder() / "two", half};
        WW_VERIFY(checkSpaceFor(std::array{one}));
        const auto both = checkSpaceFor(std::array{one, two});
        WW_VERIFY_FAILS(both, ErrorCode::NoSpace, "The 2 files need");
        QVERIFY(both.error().path == one.target);
        const PlannedFile overflowing{folder() / "three", ~std::uint64_t{0}};
        WW_VERIFY_FAILS(checkSpaceFor(std::array{one, overflowing}), ErrorCode::NoSpace, "free");
        // A folder that is not there is told by who writes into it.
        WW_VERIFY(checkSpaceFor(std::array{PlannedFile{folder() / "none/one", half}, PlannedFile{folder() / "none/two", half}}));
        QVERIFY(namesIn(folder()).empty());
    }
    void survivesALimitOnFileSizes()
    {
        QVERIFY(test::writeFile(folder() / "out", "old"));
        auto file = AtomicFile::create(folder() / "out");
        WW_VERIFY(file);
        Result<void> within;
        Result<void> beyond;
        Result<void> after;
        {
            const FileSizeLimit limit(10000);
            within = file->write(std::string(9000, 'x'));
            beyond = file->write(std::string(1001, 'x'));
            after = file->write("x");
        }
        WW_VERIFY(within);
        WW_VERIFY_FAILS(beyond, ErrorCode::NoSpace, "limit on file sizes");
        WW_VERIFY_FAILS(after, ErrorCode::Internal, "given up");
        QCOMPARE(namesIn(folder()), std::vector<std::string>{"out"});
        QCOMPARE(test::readFile(folder() / "out"), std::string("old"));
    }
    void survivesAFullDisk()
    {
        // In a child, because it takes a private mount table; that is given to the administrator and to most users.
        const int code = exitCodeOf([this] { return fillASmallDisk(folder()); });
        if (code == 77) QSKIP("A small disk cannot be mounted here.");
        QCOMPARE(code, 0);
    }

    void readsTexts()
    {
        const std::string text("one\0two\r\n", 9);
        WW_VERIFY(writeTextFile(folder() / "t", text));
        const auto read = readTextFile(folder() / "t");
        WW_VERIFY(read);
        QCOMPARE(*read, text);
        WW_VERIFY(readTextFile(folder() / "t", 9));
        WW_VERIFY_FAILS(readTextFile(folder() / "t", 8), ErrorCode::Unsupported, "larger than 8 bytes");
        WW_VERIFY_FAILS(readTextFile("/dev/zero", 100000), ErrorCode::Unsupported, "larger than 100000 bytes");
        WW_VERIFY_FAILS(readTextFile(folder()), ErrorCode::Unsupported, "folder");
        WW_VERIFY_FAILS(readTextFile(folder() / "missing"), ErrorCode::NotFound, "no such file");
        WW_VERIFY(writeTextFile(folder() / "empty", ""));
        QCOMPARE(readTextFile(folder() / "empty").value_or("?"), std::string());
        QCOMPARE(readTextFile("/dev/null").value_or("?"), std::string());
    }
};

QTEST_APPLESS_MAIN(TestAtomicFile)
#include "tst_atomic_file.moc"

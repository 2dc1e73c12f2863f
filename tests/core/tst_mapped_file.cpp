// SPDX-License-Identifier: MIT
#include <QTemporaryDir>
#include <QtTest>

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/mapped_file.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/verify.h"

using namespace ww;
namespace fs = std::filesystem;

class TestMappedFile : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    fs::path pathFor(const std::string& name) const { return test::pathOf(m_folder) / name; }
    static std::string textOf(const MappedFile& file)
    {
        return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
    }

private slots:
    void showsTheContent_data()
    {
        QTest::addColumn<std::string>("content");
        QTest::newRow("empty") << std::string();
        QTest::newRow("one byte") << std::string("x");
        QTest::newRow("a page") << std::string(4096, 'p');
        QTest::newRow("a page and a byte") << std::string(4097, 'q');
    }
    void showsTheContent()
    {
        QFETCH(std::string, content);
        QVERIFY(test::writeFile(pathFor("f"), content));
        const auto file = MappedFile::open(pathFor("f"));
        WW_VERIFY(file);
        QCOMPARE(textOf(**file), content);
        QCOMPARE((*file)->path(), pathFor("f"));
        // Hints never change what is read, wherever they point.
        for (const std::size_t offset : {std::size_t{0}, std::size_t{1}, std::size_t{4096}, ~std::size_t{0}})
            for (const std::size_t length : {std::size_t{0}, std::size_t{1}, std::size_t{5000}, ~std::size_t{0}}) {
                (*file)->prefetch(offset, length);
                (*file)->release(offset, length);
            }
        QCOMPARE(textOf(**file), content);
        WW_VERIFY((*file)->checkUnchanged());
    }
    void explainsWhatCannotBeOpened()
    {
        WW_VERIFY_FAILS(MappedFile::open(pathFor("missing")), ErrorCode::NotFound, "no such file");
        WW_VERIFY_FAILS(MappedFile::open(pathFor("")), ErrorCode::Unsupported, "folder");
        WW_VERIFY_FAILS(MappedFile::open("/dev/zero"), ErrorCode::Unsupported, "device");
        WW_VERIFY_FAILS(MappedFile::open(pathFor(std::string(300, 'n'))), ErrorCode::NotFound, "longer than");
        fs::create_symlink("circle", pathFor("circle"));
        WW_VERIFY_FAILS(MappedFile::open(pathFor("circle")), ErrorCode::Unreadable, "circle");
    }
    void explainsAMissingPermission()
    {
        if (::geteuid() == 0) QSKIP("The administrator may read every file, so the missing permission cannot be tried.");
        QVERIFY(test::writeFile(pathFor("secret"), "x"));
        fs::permissions(pathFor("secret"), fs::perms::none);
        WW_VERIFY_FAILS(MappedFile::open(pathFor("secret")), ErrorCode::Unreadable, "permission");
    }
    void explainsTooManyOpenFiles()
    {
        QVERIFY(test::writeFile(pathFor("f"), "x"));
        rlimit old = {};
        QCOMPARE(::getrlimit(RLIMIT_NOFILE, &old), 0);
        rlimit none = old;
        none.rlim_cur = 0;
        QCOMPARE(::setrlimit(RLIMIT_NOFILE, &none), 0);
        const auto file = MappedFile::open(pathFor("f"));
        QCOMPARE(::setrlimit(RLIMIT_NOFILE, &old), 0);
        WW_VERIFY_FAILS(file, ErrorCode::Unreadable, "Too many files");
    }
    void recognisesItselfThroughLinks()
    {
        QVERIFY(test::writeFile(pathFor("f"), "x"));
        QVERIFY(test::writeFile(pathFor("twin"), "x"));
        fs::create_hard_link(pathFor("f"), pathFor("hard"));
        fs::create_symlink("f", pathFor("soft"));
        const auto file = MappedFile::open(pathFor("soft"));
        WW_VERIFY(file);
        for (const char* same : {"f", "hard", "soft", "./f"}) QVERIFY2((*file)->isSameFile(pathFor(same)), same);
        for (const char* other : {"twin", "missing", ""}) QVERIFY2(!(*file)->isSameFile(pathFor(other)), other);
    }
    // Without the guard of the mapping each of these rows ends the test program by SIGBUS.
    void survivesAFileThatIsShortened_data()
    {
        QTest::addColumn<int>("newPages");
        QTest::addColumn<bool>("grownAgain");
        QTest::newRow("to nothing") << 0 << false;
        QTest::newRow("to a part") << 3 << false;
        QTest::newRow("for a while") << 1 << true;
    }
    void survivesAFileThatIsShortened()
    {
        QFETCH(int, newPages);
        QFETCH(bool, grownAgain);
        const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
        QVERIFY(test::writeFile(pathFor("f"), std::string(16 * page, 'x')));
        const auto file = MappedFile::open(pathFor("f"));
        WW_VERIFY(file);
        const std::size_t kept = static_cast<std::size_t>(newPages) * page;
        fs::resize_file(pathFor("f"), kept);
        std::vector<std::thread> readers;
        std::atomic<int> wrong = 0;
        for (int i = 0; i < 4; ++i)
            readers.emplace_back([&] {
                const std::string text = textOf(**file);
                if (text != std::string(kept, 'x') + std::string(16 * page - kept, '\0')) ++wrong;
            });
        for (std::thread& reader : readers) reader.join();
        QCOMPARE(wrong.load(), 0);
        if (grownAgain) fs::resize_file(pathFor("f"), 16 * page);
        WW_VERIFY_FAILS((*file)->checkUnchanged(), ErrorCode::Unreadable, grownAgain ? "shortened" : "while it was open");
        // A new mapping, perhaps with the record of an old one, begins without damage.
        QVERIFY(test::writeFile(pathFor("whole"), std::string(page, 'y')));
        const auto whole = MappedFile::open(pathFor("whole"));
        WW_VERIFY(whole);
        QCOMPARE(textOf(**whole), std::string(page, 'y'));
        WW_VERIFY((*whole)->checkUnchanged());
    }
    void leavesOtherBusErrorsToTheSystem()
    {
        QVERIFY(test::writeFile(pathFor("f"), "x"));
        const auto file = MappedFile::open(pathFor("f"));
        WW_VERIFY(file);
        const pid_t child = ::fork();
        QVERIFY(child >= 0);
        if (child == 0) {
            ::signal(SIGALRM, SIG_DFL);
            ::alarm(10);  // a fault that comes again and again would hang here
            const int fd = ::open(pathFor("f").c_str(), O_RDWR | O_TRUNC);
            const void* foreign = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fd, 0);
            ::_exit(*static_cast<const volatile char*>(foreign));
        }
        int status = 0;
        QCOMPARE(::waitpid(child, &status, 0), child);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        QVERIFY(!WIFEXITED(status) || WEXITSTATUS(status) != 0);  // the sanitizer reports it and exits
#else
        QVERIFY(WIFSIGNALED(status));
        QCOMPARE(WTERMSIG(status), SIGBUS);
#endif
    }
    void noticesChangesOfSizeButNotAReplacement()
    {
        QVERIFY(test::writeFile(pathFor("f"), "12345678"));
        const auto file = MappedFile::open(pathFor("f"));
        WW_VERIFY(file);
        fs::resize_file(pathFor("f"), 4);
        WW_VERIFY_FAILS((*file)->checkUnchanged(), ErrorCode::Unreadable, "from 8 to 4 bytes");
        fs::resize_file(pathFor("f"), 9);
        WW_VERIFY_FAILS((*file)->checkUnchanged(), ErrorCode::Unreadable, "from 8 to 9 bytes");
        fs::resize_file(pathFor("f"), 8);
        WW_VERIFY((*file)->checkUnchanged());
        // Replaced under its name: the mapping keeps the old file.
        QVERIFY(test::writeFile(pathFor("g"), "other"));
        fs::rename(pathFor("g"), pathFor("f"));
        WW_VERIFY((*file)->checkUnchanged());
        QCOMPARE(textOf(**file).substr(0, 4), std::string("1234"));
        QVERIFY(!(*file)->isSameFile(pathFor("f")));
    }
};

QTEST_APPLESS_MAIN(TestMappedFile)
#include "tst_mapped_file.moc"

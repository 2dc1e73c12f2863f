// SPDX-License-Identifier: MIT
#include <QTemporaryDir>
#include <QtTest>

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <string>

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

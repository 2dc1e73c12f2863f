// SPDX-License-Identifier: MIT
#include <QTemporaryDir>
#include <QtTest>

#include "io/gguf_writer.h"
#include "io/model_file.h"
#include "tests/support/paths.h"

using namespace ww;

class TestGgufWriter : public QObject {
    Q_OBJECT
private slots:
    void readingAndWritingTheSampleKeepsEveryByte()
    {
        QTemporaryDir folder;
        const std::filesystem::path target = std::filesystem::path(folder.path().toStdString()) / "copy.gguf";
        const auto model = openModel(test::sampleModel());
        QVERIFY(model);
        const ModelFile& source = **model;
        const std::vector<TensorInfo> tensors(source.tensors().begin(), source.tensors().end());
        const std::filesystem::path sources[] = {source.path()};
        auto writer = GgufWriter::create(target, source.metadata(), tensors, sources);
        QVERIFY2(writer, writer ? "" : writer.error().describe().c_str());
        for (const TensorInfo& tensor : tensors) QVERIFY(writer->write(source.view(tensor).bytes));
        QVERIFY(writer->finish());
        const auto before = MappedFile::open(test::sampleModel());
        const auto after = MappedFile::open(target);
        QVERIFY(before && after);
        QCOMPARE((*after)->bytes().size(), (*before)->bytes().size());
        QVERIFY(std::ranges::equal((*after)->bytes(), (*before)->bytes()));
        QCOMPARE(GgufWriter::fileSizeBytes(source.metadata(), tensors), std::uint64_t{(*after)->bytes().size()});
    }
};

QTEST_APPLESS_MAIN(TestGgufWriter)
#include "tst_gguf_writer.moc"

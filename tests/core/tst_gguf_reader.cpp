// SPDX-License-Identifier: MIT
#include <QtTest>

#include "io/model_file.h"
#include "tests/support/paths.h"

using namespace ww;

class TestGgufReader : public QObject {
    Q_OBJECT
private slots:
    void readsTheSample()
    {
        const auto model = openModel(test::sampleModel());
        QVERIFY2(model, model ? "" : model.error().describe().c_str());
        const ModelFile& file = **model;
        QCOMPARE(file.architecture(), std::string_view("llama"));
        QVERIFY(file.tensors().size() > 10);
        QCOMPARE(file.alignment(), 32U);
        QCOMPARE(file.metadata().entries().front().key, std::string("general.architecture"));
        const TensorInfo* tensor = file.find("blk.0.attn_q.weight");
        QVERIFY(tensor);
        QCOMPARE(tensor->type, TensorType::F16);
        QCOMPARE(file.view(*tensor).bytes.size(), tensor->shape.elements() * 2);
        QVERIFY(!file.find("no.such.tensor"));
        QVERIFY(file.isSameFile(test::sampleModel()));
        QVERIFY(file.checkUnchanged());
    }
};

QTEST_APPLESS_MAIN(TestGgufReader)
#include "tst_gguf_reader.moc"

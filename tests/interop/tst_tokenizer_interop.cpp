// SPDX-License-Identifier: MIT
#include <QtTest>

#include "tests/support/llama_library.h"
#include "tests/support/paths.h"

class TestTokenizerInterop : public QObject {
    Q_OBJECT

private slots:
    void libraryOpensTheSample()
    {
        std::string reason;
        auto* library = ww::test::LlamaLibrary::instance(reason);
        if (!library) QSKIP(reason.c_str());
        const auto model = ww::test::LlamaModel::open(*library, ww::test::sampleModel(), false, reason);
        QVERIFY2(model, reason.c_str());
        QCOMPARE(model->tokenCount(), 4096);
        const auto tokens = model->tokenize("Hello world", true, false);
        QCOMPARE(tokens, (std::vector<std::int32_t>{1, 348, 441, 4001, 1132}));
        QCOMPARE(model->logits(tokens).size(), tokens.size() * 4096);
    }
};

QTEST_APPLESS_MAIN(TestTokenizerInterop)
#include "tst_tokenizer_interop.moc"

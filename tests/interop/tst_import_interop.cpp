// SPDX-License-Identifier: MIT
// Folders from Hugging Face, converted: llama.cpp loads the file, computes the logits that we compute of the folder, and cuts
// text into the same tokens. One random model of every architecture that can be imported.
#include <QtTest>

#include "import/open_model.h"
#include "jobs/export.h"
#include "plan/plan.h"
#include "tests/support/forward.h"
#include "tests/support/hf_folder.h"
#include "tests/support/llama_library.h"
#include "tests/support/paths.h"
#include "tests/support/verify.h"
#include "text/tokenizer.h"

using namespace ww;
Q_DECLARE_METATYPE(ww::test::HfCase)

namespace {

constexpr std::size_t kTokens = 80;
constexpr double kExact = 2e-4;             // of keys and values kept as F32; most of it is llama.cpp's GELU
// As llama.cpp runs by default, with keys and values kept as F16: random queries and keys give a sharper attention than
// trained ones, so this is its own rounding.
constexpr double kDefaultAttention = 2e-3;

Result<ExportSummary> convert(const ModelFile& model, const char* preset, const std::filesystem::path& out)
{
    ThreadPool pool(1);
    Recipe recipe;
    recipe.preset = preset;
    WW_TRY(const Plan plan, resolve(recipe, model));
    return exportGguf(model, plan, out, JobContext{pool});
}

}  // namespace

class TestImportInterop : public QObject {
    Q_OBJECT

    test::LlamaLibrary* m_library = nullptr;

private slots:
    void initTestCase()
    {
        std::string reason;
        m_library = test::LlamaLibrary::instance(reason);
        if (!m_library) QSKIP(reason.c_str());
    }

    void converted_data()
    {
        QTest::addColumn<test::HfCase>("model");
        for (const auto& model : test::hfCases()) QTest::newRow(model.name.c_str()) << model;
    }
    void converted()
    {
        QFETCH(test::HfCase, model);
        QTemporaryDir temporary;
        const auto folder = test::pathOf(temporary);
        QVERIFY(test::writeHfFolder(folder, model));
        const auto opened = openAnyModel(folder);
        WW_VERIFY(opened);
        const auto file = folder / "converted.gguf";
        WW_VERIFY(convert(**opened, "F32", file));
        std::string reason;
        const auto theirs = test::LlamaModel::open(*m_library, file, false, reason);
        QVERIFY2(theirs, reason.c_str());

        const auto ours = test::loadLanguageModel(folder);
        WW_VERIFY(ours);
        const auto tokens = test::randomTokens(kTokens, static_cast<std::size_t>(theirs->tokenCount()), 5);
        ThreadPool pool(1);
        const auto logits = test::logitsOf(**ours, tokens, tokens.size(), JobContext{pool});
        WW_VERIFY(logits);
        const double exact = test::relativeDifference(*logits, theirs->logits(tokens, test::LlamaModel::Attention::Exact));
        const double usual = test::relativeDifference(*logits, theirs->logits(tokens));
        QVERIFY2(exact < kExact, QByteArray::number(exact));
        QVERIFY2(usual < kDefaultAttention, QByteArray::number(usual));

        const auto tokenizer = Tokenizer::create((*opened)->metadata());
        WW_VERIFY(tokenizer);
        std::string text = test::readFile(test::sampleEvaluationText()).substr(0, 4000);
        text += "\n\n  The 12 caf\u00e9s, it's <|endoftext|> \u6f22\u5b57 \U0001F600 </s>\t1234567 don't\r\n";
        for (const bool special : {true, false})
            QVERIFY((*tokenizer)->encode(text, {special, special}) == theirs->tokenize(text, special, special));
    }
};

QTEST_APPLESS_MAIN(TestImportInterop)
#include "tst_import_interop.moc"

// SPDX-License-Identifier: MIT
#include <QTemporaryDir>
#include <QtTest>

#include "import/open_model.h"
#include "plan/runtime_memory.h"
#include "tests/support/random_model.h"
#include "tests/support/verify.h"

using namespace ww;

class TestRuntimeMemory : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    std::shared_ptr<const ModelFile> made(const test::RandomModel& options)
    {
        const auto path = test::pathOf(m_folder) / "model.gguf";
        if (!test::randomModel(options).write(path)) return nullptr;
        return openAnyModel(path).value_or(nullptr);
    }

private slots:
    void cacheHoldsKeysAndValuesOfEveryBlock()
    {
        test::RandomModel options;
        const auto model = made(options);
        QVERIFY(model);
        const auto info = [&](const char* key) { return model->metadata().unsignedInteger(std::string("llama.") + key).value_or(0); };
        const std::uint64_t head = info("embedding_length") / info("attention.head_count");
        const std::uint64_t perToken = info("block_count") * info("attention.head_count_kv") * head * 2;
        const auto half = runtimeMemory(*model, 1000, TensorType::F16);
        WW_VERIFY(half);
        QCOMPARE(half->keyValueCache, 1024 * perToken * 2);  // rounded up to 256
        const auto single = runtimeMemory(*model, 1024, TensorType::F32);
        WW_VERIFY(single);
        QCOMPARE(single->keyValueCache, 2 * half->keyValueCache);
        // Longer contexts cost the mask of a batch, 16 bits per cell, once it outweighs the logits.
        const auto longer = runtimeMemory(*model, 5120, TensorType::F16);
        WW_VERIFY(longer);
        const auto longest = runtimeMemory(*model, 9216, TensorType::F16);
        WW_VERIFY(longest);
        QCOMPARE(longest->computeBuffers - longer->computeBuffers, std::uint64_t{512 * 2 * 4096});
        QVERIFY(half->computeBuffers > 512 * sizeof(float) * info("embedding_length"));
    }
    void typesThatDoNotFitAreNamed()
    {
        test::RandomModel options;
        const auto model = made(options);
        QVERIFY(model);
        const auto wrong = runtimeMemory(*model, 256, TensorType::Q4_K);
        WW_VERIFY_FAILS(wrong, ErrorCode::InvalidArgument, "take f16");
    }
};

QTEST_GUILESS_MAIN(TestRuntimeMemory)
#include "tst_runtime_memory.moc"

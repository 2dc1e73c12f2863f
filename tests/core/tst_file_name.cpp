// SPDX-License-Identifier: MIT
// Names of exported files: by the convention of GGUF files for folders, by the name they have for files.
#include <QtTest>

#include "plan/file_name.h"

using namespace ww;

class TestFileName : public QObject {
    Q_OBJECT

private slots:
    void files_data()
    {
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("encoding");
        QTest::addColumn<QString>("name");
        const auto row = [](const char* path, const char* encoding, const char* name) { QTest::newRow(path) << QString(path) << QString(encoding) << QString(name); };
        row("/m/Model-7B-F16.gguf", "Q4_K_M", "Model-7B-Q4_K_M.gguf");
        row("/m/model.Q8_0.gguf", "Q4_K_M", "model-Q4_K_M.gguf");
        row("/m/model_Q4_K_M.gguf", "Q6_K", "model-Q6_K.gguf");
        row("/m/model-fp16.gguf", "mine", "model-mine.gguf");
        row("/m/Model-1.5B.gguf", "my best/one", "Model-1.5B-my_best_one.gguf");
        row("/m/Model-BF16-00002-of-00003.gguf", "Q4_K_M", "Model-Q4_K_M.gguf");
        row("/m/F16.gguf", "Q4_0", "F16-Q4_0.gguf");
        row("/m/x.gguf", "", "x.gguf");
        row("/m/x.gguf", "../../etc", "x-_.._etc.gguf");
    }
    void files()
    {
        QFETCH(QString, path);
        QFETCH(QString, encoding);
        QFETCH(QString, name);
        QCOMPARE(QString::fromStdString(exportFileName(path.toStdString(), {}, encoding.toStdString())), name);
    }

    void folders_data()
    {
        QTest::addColumn<QString>("path");
        QTest::addColumn<QStringList>("keys");
        QTest::addColumn<QString>("name");
        const auto row = [](const char* path, const QStringList& keys, const char* name) { QTest::newRow(path) << QString(path) << keys << QString(name); };
        row("/m/Qwen3-0.6B", {"Qwen3", "0.6B", "", ""}, "Qwen3-0.6B-Q4_K_M.gguf");
        row("/m/Mixtral-8x7B-Instruct-v0.1/", {"Mixtral", "8x7B", "Instruct", "v0.1"}, "Mixtral-8x7B-Instruct-v0.1-Q4_K_M.gguf");
        row("/c/models--a--Tiny/snapshots/0a1b2c", {"Tiny Model", "1.1B", "chat", ""}, "Tiny-Model-1.1B-chat-Q4_K_M.gguf");
        row("/m/Phi-3.5-mini", {"", "", "", ""}, "Phi-3.5-mini-Q4_K_M.gguf");
        row("/m/bad", {"a/../b", "<1>", "", ""}, "a-..-b-1-Q4_K_M.gguf");
        row("/", {"", "", "", ""}, "model-Q4_K_M.gguf");
    }
    void folders()
    {
        QFETCH(QString, path);
        QFETCH(QStringList, keys);
        QFETCH(QString, name);
        Metadata metadata;
        const char* const names[] = {"general.basename", "general.size_label", "general.finetune", "general.version"};
        for (qsizetype i = 0; i < keys.size(); ++i)
            if (!keys[i].isEmpty()) metadata.append(names[i], keys[i].toStdString());
        QCOMPARE(QString::fromStdString(exportFileName(path.toStdString(), metadata, "Q4_K_M")), name);
    }
};

QTEST_APPLESS_MAIN(TestFileName)
#include "tst_file_name.moc"

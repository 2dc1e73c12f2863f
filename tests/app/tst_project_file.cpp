// SPDX-License-Identifier: GPL-3.0-or-later
#include <QJsonArray>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QtTest>

#include "app/paths.h"
#include "app/project_file.h"

using namespace ww;

class TestProjectFile : public QObject {
    Q_OBJECT

    static Project example()
    {
        Project project;
        project.modelPath = QStringLiteral("/models/some model.gguf");
        project.modelSizeBytes = 123456789012ULL;
        Recipe recipe;
        recipe.name = "mine";
        RecipeRule rule;
        rule.match = RecipeRule::Match::Role;
        rule.role = TensorRole::AttnV;
        rule.format = TensorType::Q6_K;
        recipe.rules.push_back(rule);
        rule = {};
        rule.pattern = "ffn_(up|down) \"quoted\"";
        recipe.rules.push_back(rule);
        project.content.recipes = {recipe, Recipe{}};
        project.content.recipes[1].name = "plain";
        project.content.current = 1;
        Variant variant;
        variant.name = QStringLiteral("Ünïcode");
        variant.recipe = recipe;
        variant.sizeBytes = 5339136;
        variant.bitsPerWeight = 5.0891;
        variant.perplexity = 84.08490001;
        variant.standardError = 1.13;
        variant.deltaError = 0.0421;
        variant.scoredTokens = 46410;
        variant.windows = 182;
        variant.contextLength = 512;
        variant.seconds = 12.5;
        variant.textPath = QStringLiteral("/texts/eval.txt");
        variant.textHash = QStringLiteral("0123456789abcdef");
        variant.measuredAt = QDateTime(QDate(2024, 5, 6), QTime(7, 8, 9, 123), Qt::UTC);
        project.content.variants = {variant};
        variant.activations = Activations::LlamaCpp;
        variant.stepsText = QStringLiteral("/texts/calib.txt");
        project.content.variants.push_back(variant);
        variant.recipe.reset();
        variant.deltaError.reset();
        project.content.variants.push_back(variant);
        project.content.stepsText = StepsText{QStringLiteral("/texts/calib.txt"), 256, 40, true};
        project.view[QStringLiteral("inspectorTab")] = 2;
        return project;
    }

private Q_SLOTS:
    void roundTrip()
    {
        const Project project = example();
        const QString path = QStringLiteral("/projects/p.wwproj");
        const auto read = projectFromJson(projectToJson(project, path), path);
        QVERIFY2(read.has_value(), read ? "" : read.error().message.c_str());
        QCOMPARE(read->modelPath, project.modelPath);
        QCOMPARE(read->modelSizeBytes, project.modelSizeBytes);
        QVERIFY(read->content.recipes == project.content.recipes);
        QCOMPARE(read->content.current, std::size_t{1});
        QVERIFY(read->content.variants == project.content.variants);
        QVERIFY(read->content.stepsText == project.content.stepsText);
        QCOMPARE(read->view, project.view);
    }

    void theTextOfTheStepsIsWholeOrNotThere()
    {
        Project project = example();
        const QString path = QStringLiteral("/projects/p.wwproj");
        QByteArray json = projectToJson(project, path);
        QVERIFY(json.contains("\"contextLength\": 256"));
        QVERIFY(!projectFromJson(QByteArray(json).replace("\"contextLength\": 256", "\"contextLength\": 0"), path));
        QVERIFY(!projectFromJson(QByteArray(json).replace("\"windows\": 40", "\"windows\": -1"), path));
        project.content.stepsText.reset();
        const auto read = projectFromJson(projectToJson(project, path), path);
        QVERIFY(read && !read->content.stepsText);
    }

    void relativeModelComesFirst()
    {
        QTemporaryDir folder;
        Project project = example();
        project.modelPath = folder.filePath(QStringLiteral("old/model.gguf"));
        const QByteArray json = projectToJson(project, folder.filePath(QStringLiteral("old/p.wwproj")));
        // The folder was moved as a whole.
        QVERIFY(QDir(folder.path()).mkpath(QStringLiteral("new")));
        QFile model(folder.filePath(QStringLiteral("new/model.gguf")));
        QVERIFY(model.open(QIODevice::WriteOnly));
        model.close();
        const auto read = projectFromJson(json, folder.filePath(QStringLiteral("new/p.wwproj")));
        QVERIFY(read.has_value());
        QCOMPARE(read->modelPath, folder.filePath(QStringLiteral("new/model.gguf")));
    }

    void fileRoundTrip()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("p.wwproj"));
        const QByteArray json = projectToJson(example(), path);
        QVERIFY(saveProject(json, path).has_value());
        QVERIFY(loadProject(path).has_value());
        QCOMPARE(QDir(folder.path()).entryList(QDir::Files | QDir::Hidden), QStringList{QStringLiteral("p.wwproj")});
        const auto missing = loadProject(folder.filePath(QStringLiteral("none.wwproj")));
        QVERIFY(!missing);
        QCOMPARE(missing.error().code, ErrorCode::NotFound);
        QVERIFY(!saveProject(json, folder.filePath(QStringLiteral("no/such/folder/p.wwproj"))));
    }

    void everyTruncationIsAnError()
    {
        const QString path = QStringLiteral("/p.wwproj");
        const QByteArray json = projectToJson(example(), path);
        for (qsizetype length = 0; length < json.size() - 2; length += 7) {
            const auto read = projectFromJson(json.left(length), path);
            QVERIFY2(!read, qPrintable(QStringLiteral("a project cut at %1 was accepted").arg(length)));
            QVERIFY(!read.error().message.empty());
        }
    }

    void broken_data()
    {
        QTest::addColumn<QByteArray>("json");
        const auto with = [](const std::function<void(QJsonObject&)>& change) {
            QJsonObject root = QJsonDocument::fromJson(projectToJson(example(), QStringLiteral("/p.wwproj"))).object();
            change(root);
            return QJsonDocument(root).toJson();
        };
        QTest::newRow("nothing") << QByteArray();
        QTest::newRow("binary") << QByteArray("\x00\xff\xfeGGUF", 7);
        QTest::newRow("array") << QByteArray("[]");
        QTest::newRow("empty object") << QByteArray("{}");
        QTest::newRow("no version") << with([](QJsonObject& o) { o.remove(QStringLiteral("weightwright-project")); });
        QTest::newRow("newer version") << with([](QJsonObject& o) { o[QStringLiteral("weightwright-project")] = 99; });
        QTest::newRow("no model") << with([](QJsonObject& o) { o.remove(QStringLiteral("model")); });
        QTest::newRow("no recipes") << with([](QJsonObject& o) { o[QStringLiteral("recipes")] = QJsonArray(); });
        QTest::newRow("recipe is a number") << with([](QJsonObject& o) { o[QStringLiteral("recipes")] = QJsonArray{5}; });
        QTest::newRow("negative size") << with([](QJsonObject& o) {
            QJsonArray results = o[QStringLiteral("results")].toArray();
            QJsonObject first = results[0].toObject();
            first[QStringLiteral("sizeBytes")] = -5;
            results[0] = first;
            o[QStringLiteral("results")] = results;
        });
        QTest::newRow("windows out of range") << with([](QJsonObject& o) {
            QJsonArray results = o[QStringLiteral("results")].toArray();
            QJsonObject first = results[0].toObject();
            first[QStringLiteral("windows")] = 1e18;
            results[0] = first;
            o[QStringLiteral("results")] = results;
        });
        QTest::newRow("perplexity is a text") << with([](QJsonObject& o) {
            QJsonArray results = o[QStringLiteral("results")].toArray();
            QJsonObject first = results[0].toObject();
            first[QStringLiteral("perplexity")] = QStringLiteral("84");
            results[0] = first;
            o[QStringLiteral("results")] = results;
        });
    }
    void broken()
    {
        QFETCH(QByteArray, json);
        const auto read = projectFromJson(json, QStringLiteral("/p.wwproj"));
        QVERIFY(!read);
        QVERIFY(read.error().code == ErrorCode::Corrupt || read.error().code == ErrorCode::Unsupported);
        QCOMPARE(read.error().path, std::filesystem::path("/p.wwproj"));
    }

    void oddIndexFallsBack()
    {
        QJsonObject root = QJsonDocument::fromJson(projectToJson(example(), QStringLiteral("/p.wwproj"))).object();
        for (const QJsonValue& value : {QJsonValue(-3), QJsonValue(77), QJsonValue(QStringLiteral("x")), QJsonValue()}) {
            root[QStringLiteral("current")] = value;
            const auto read = projectFromJson(QJsonDocument(root).toJson(), QStringLiteral("/p.wwproj"));
            QVERIFY(read.has_value());
            QCOMPARE(read->content.current, std::size_t{0});
        }
    }
};

QTEST_MAIN(TestProjectFile)
#include "tst_project_file.moc"

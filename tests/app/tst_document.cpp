// SPDX-License-Identifier: GPL-3.0-or-later
#include <QSignalSpy>
#include <QtTest>

#include "app/document.h"
#include "app/selection.h"
#include "tests/support/paths.h"

using namespace ww;

class TestDocument : public QObject {
    Q_OBJECT

    std::shared_ptr<const ModelFile> m_model;

    /// Indices of the tensors with this text in their name.
    TensorSet named(const std::string& part) const
    {
        TensorSet set;
        for (std::size_t i = 0; i < m_model->tensors().size(); ++i)
            if (m_model->tensors()[i].name.find(part) != std::string::npos) set.push_back(i);
        return set;
    }
    static std::string target(const Document& document, std::size_t tensor)
    {
        for (const PlanEntry& entry : document.plan()->entries)
            if (entry.tensorIndex == tensor) return std::string(name(entry.target));
        return {};
    }

private Q_SLOTS:
    void initTestCase()
    {
        auto model = openModel(test::sampleModel());
        QVERIFY2(model.has_value(), model ? "" : model.error().describe().c_str());
        m_model = *model;
    }

    void startsWithOneRecipe()
    {
        Document document;
        QVERIFY(!document.isOpen());
        QVERIFY(!document.current());
        QVERIFY(!document.plan());
        QSignalSpy plans(&document, &Document::planChanged);
        document.open(m_model);
        QCOMPARE(document.recipes().size(), std::size_t{1});
        QCOMPARE(document.current()->recipe.name, std::string("Q4_K_M"));
        QVERIFY(document.plan());
        QCOMPARE(document.plan()->entries.size(), m_model->tensors().size());
        QVERIFY(plans.count() >= 1);
        QVERIFY(!document.isModified());
        QVERIFY(!document.undoStack().canUndo());
        document.close();
        QVERIFY(!document.plan());
        QVERIFY(document.recipes().empty());
    }

    void setFormatIsOneUndoStep()
    {
        Document document;
        document.open(m_model);
        const TensorSet tensors = named("blk.3.ffn_up");
        QCOMPARE(tensors.size(), std::size_t{1});
        const std::uint64_t before = document.plan()->sizeBytes;
        document.choose(tensors, {TensorType::Q8_0, false, {}});
        QCOMPARE(document.undoStack().count(), 1);
        QCOMPARE(target(document, tensors[0]), std::string("Q8_0"));
        QVERIFY(document.plan()->sizeBytes > before);
        QVERIFY2(document.undoStack().undoText().contains(QStringLiteral("Q8_0")), qPrintable(document.undoStack().undoText()));
        QVERIFY(document.isModified());
        document.undoStack().undo();
        QCOMPARE(document.plan()->sizeBytes, before);
        QVERIFY(document.current()->recipe.rules.empty());
        document.undoStack().redo();
        QCOMPARE(target(document, tensors[0]), std::string("Q8_0"));
        // The same choice again changes nothing and so is no step.
        document.choose(tensors, {TensorType::Q8_0, false, {}});
        QCOMPARE(document.undoStack().count(), 1);
    }

    void wholeRoleBecomesOneRule()
    {
        Document document;
        document.open(m_model);
        const TensorSet downs = named("ffn_down.weight");
        QVERIFY(downs.size() > 2);
        document.choose(downs, {TensorType::Q5_K, false, {}});
        QCOMPARE(document.current()->recipe.rules.size(), std::size_t{1});
        QVERIFY(document.current()->recipe.rules[0].match == RecipeRule::Match::Role);
        for (std::size_t tensor : downs) QCOMPARE(target(document, tensor), std::string("Q5_K"));
        // The last gesture wins over the role.
        document.choose({downs[1]}, {TensorType::Q6_K, false, {}});
        QCOMPARE(target(document, downs[1]), std::string("Q6_K"));
        QCOMPARE(target(document, downs[0]), std::string("Q5_K"));
        // And the whole role over the single tensor.
        document.choose(downs, {TensorType::Q4_0, false, {}});
        QCOMPARE(document.current()->recipe.rules.size(), std::size_t{1});
        for (std::size_t tensor : downs) QCOMPARE(target(document, tensor), std::string("Q4_0"));
    }

    void keepSourceCopies()
    {
        Document document;
        document.open(m_model);
        const TensorSet tensors = named("blk.0.attn_q.weight");
        document.choose(tensors, {{}, true, {}});
        QCOMPARE(target(document, tensors[0]), std::string("F16"));
        QVERIFY(!document.current()->recipe.rules[0].format);
    }

    void normsAreNotEdited()
    {
        Document document;
        document.open(m_model);
        document.choose(named("attn_norm.weight"), {TensorType::Q8_0, false, {}});
        QCOMPARE(document.undoStack().count(), 0);
    }

    void resetKeepsTheOthersOfARule()
    {
        Document document;
        document.open(m_model);
        const TensorSet ups = named("ffn_up.weight");
        const std::string preset = target(document, ups[2]);
        document.choose(ups, {TensorType::Q8_0, false, {}});
        document.resetOverrides({ups[2]});
        QCOMPARE(target(document, ups[2]), preset);
        for (std::size_t tensor : ups)
            if (tensor != ups[2]) QCOMPARE(target(document, tensor), std::string("Q8_0"));
        document.resetOverrides(ups);
        QVERIFY(document.current()->recipe.rules.empty());
        QCOMPARE(document.undoStack().count(), 3);
        while (document.undoStack().canUndo()) document.undoStack().undo();
        QVERIFY(document.current()->recipe.rules.empty());
    }

    void methodKeepsTheFormat()
    {
        Document document;
        document.open(m_model);
        const TensorSet tensors = named("blk.1.ffn_gate.weight");
        const std::string before = target(document, tensors[0]);
        document.choose(tensors, {{}, false, std::string("reference")});
        QCOMPARE(target(document, tensors[0]), before);
        QCOMPARE(document.current()->recipe.rules.size(), std::size_t{1});
        QCOMPARE(document.current()->recipe.rules[0].method, std::string("reference"));
    }

    void presetFollowsItsName()
    {
        Document document;
        document.open(m_model);
        document.setPreset(QStringLiteral("Q6_K"));
        QCOMPARE(document.current()->recipe.name, std::string("Q6_K"));
        document.renameRecipe(document.currentId(), QStringLiteral("  mine  "));
        QCOMPARE(document.current()->recipe.name, std::string("mine"));
        document.setPreset(QStringLiteral("Q8_0"));
        QCOMPARE(document.current()->recipe.name, std::string("mine"));
        document.setUniform(TensorType::Q4_0);
        QVERIFY(document.current()->recipe.base == TensorType::Q4_0);
        QCOMPARE(document.undoStack().count(), 4);
        for (int i = 0; i < 4; ++i) document.undoStack().undo();
        QCOMPARE(document.current()->recipe.name, std::string("Q4_K_M"));
        QCOMPARE(document.current()->recipe.preset, std::string("Q4_K_M"));
    }

    void severalRecipes()
    {
        Document document;
        document.open(m_model);
        const int first = document.currentId();
        QSignalSpy lists(&document, &Document::recipesChanged);
        const int second = document.duplicateRecipe(first);
        QCOMPARE(document.currentId(), second);
        QCOMPARE(document.current()->recipe.name, std::string("Q4_K_M 2"));
        QCOMPARE(lists.count(), 1);
        document.choose(named("blk.0.attn_v"), {TensorType::Q8_0, false, {}});
        document.setCurrent(first);
        QVERIFY(document.current()->recipe.rules.empty());
        // Undo brings the changed recipe into view.
        document.undoStack().undo();
        QCOMPARE(document.currentId(), second);
        document.undoStack().undo();
        QCOMPARE(document.recipes().size(), std::size_t{1});
        QCOMPARE(document.currentId(), first);
        document.removeRecipe(first);
        QCOMPARE(document.recipes().size(), std::size_t{1});
        document.undoStack().redo();
        document.removeRecipe(second);
        QCOMPARE(document.currentId(), first);
        document.undoStack().undo();
        QCOMPARE(document.currentId(), second);
        QCOMPARE(document.indexOf(second), std::size_t{1});
    }

    void brokenRecipeGivesAnErrorAndNoPlan()
    {
        Document document;
        document.open(m_model);
        Recipe recipe;
        recipe.name = "broken";
        recipe.preset = "NOPE";
        document.addRecipe(recipe, QStringLiteral("Load"));
        QVERIFY(!document.plan());
        QVERIFY(document.planError());
        document.choose(named("ffn"), {TensorType::Q8_0, false, {}});
        document.undoStack().undo();
        QVERIFY(document.plan());
        QVERIFY(!document.planError());
    }

    void variantsBelongToContent()
    {
        Document document;
        document.open(m_model);
        Variant variant;
        variant.name = QStringLiteral("Q4_K_M");
        variant.recipe = document.current()->recipe;
        variant.perplexity = 80;
        variant.windows = 2;
        variant.contextLength = 256;
        variant.textHash = QStringLiteral("a");
        variant.measuredAt = QDateTime::currentDateTime();
        document.addVariant(variant);
        QVERIFY(document.variantFor(document.current()->recipe));
        QVERIFY(!document.variantFor(std::nullopt));
        document.renameRecipe(document.currentId(), QStringLiteral("other name"));
        QVERIFY(document.variantFor(document.current()->recipe));
        document.setPreset(QStringLiteral("Q8_0"));
        QVERIFY(!document.variantFor(document.current()->recipe));
        document.undoStack().undo();
        QVERIFY(document.variantFor(document.current()->recipe));
        // The same measurement again replaces the old one; another yardstick stands beside it.
        variant.perplexity = 81;
        document.addVariant(variant);
        QCOMPARE(document.variants().size(), std::size_t{1});
        variant.windows = 4;
        document.addVariant(variant);
        QCOMPARE(document.variants().size(), std::size_t{2});
        document.removeVariants({0, 7});
        QCOMPARE(document.variants().size(), std::size_t{1});
        QCOMPARE(document.variants()[0].windows, 4U);
    }

    void selectionKeepsACurrentTensor()
    {
        Selection selection;
        QSignalSpy changes(&selection, &Selection::changed);
        selection.set({5, 3, 5}, 5);
        QCOMPARE(selection.tensors(), (TensorSet{3, 5}));
        QCOMPARE(*selection.current(), std::size_t{5});
        selection.set({3, 5});
        QCOMPARE(changes.count(), 1);
        selection.set({1, 3});
        QCOMPARE(*selection.current(), std::size_t{1});
        selection.set({1}, 9);
        QCOMPARE(*selection.current(), std::size_t{1});
        selection.clear();
        QVERIFY(!selection.current());
    }
};

QTEST_MAIN(TestDocument)
#include "tst_document.moc"

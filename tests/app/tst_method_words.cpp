// SPDX-License-Identifier: GPL-3.0-or-later
// Methods and their options read as words in the window; specs stay what is stored.
#include <QComboBox>
#include <QPushButton>
#include <QTreeView>

#include <algorithm>

#include "app/choices.h"
#include "app/dialogs/method_dialog.h"
#include "app/languages.h"
#include "app/method_title.h"
#include "methods/quantizer.h"
#include "tests/app/window_fixture.h"
#include "widgets/models/tensor_tree_model.h"

using namespace ww;

class TestMethodWords : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { installLanguage(QStringLiteral("en")); }

    void everyChoiceHasWords()
    {
        for (const Quantizer* method : quantizers())
            for (const MethodOption& option : method->options()) {
                const bool isSwitch = std::ranges::all_of(option.choices, [](std::string_view c) { return c == "on" || c == "off"; });
                QVERIFY2(isSwitch || option.choiceTitles.size() == option.choices.size(), qPrintable(QString::fromStdString(std::string(option.name))));
            }
    }

    void titlesNameWhatDiffersFromTheDefaults()
    {
        QCOMPARE(methodTitle("hqq"), QStringLiteral("HQQ"));
        QCOMPARE(methodTitle("absmax:bits=3,group=32,clip=mse"), QStringLiteral("Uniform, symmetric (Bits 3, Clipping: least squared error)"));
        QCOMPARE(methodTitle("nf4:double=off"), QStringLiteral("NF4 (Double quantization: off)"));
        QCOMPARE(methodTitle("absmax:bits=77"), QStringLiteral("absmax:bits=77"));
        installLanguage(QStringLiteral("de"));
        QCOMPARE(methodTitle("nf4:double=off"), QStringLiteral("NF4 (Doppelte Quantisierung: aus)"));
    }

    void theDialogShowsWordsAndKeepsTheSpec()
    {
        MethodDialog dialog(QStringLiteral("absmax:bits=3,clip=mse"));
        auto* clip = dialog.findChild<QComboBox*>(QStringLiteral("option-clip"));
        QVERIFY(clip);
        QCOMPARE(clip->currentText(), QStringLiteral("least squared error"));
        QCOMPARE(dialog.spec(), QStringLiteral("absmax:bits=3,clip=mse"));
        clip->setCurrentIndex(clip->findText(QStringLiteral("without the largest values")));
        QCOMPARE(dialog.spec(), QStringLiteral("absmax:bits=3,clip=percentile"));
        for (QPushButton* button : dialog.findChildren<QPushButton*>())
            if (button->text() == QStringLiteral("&Defaults")) button->click();
        QCOMPARE(clip->currentText(), QStringLiteral("all values"));
        QCOMPARE(dialog.spec(), QStringLiteral("absmax"));
    }

    void optionsWithoutEffectAreDisabledAndSayWhy()
    {
        MethodDialog dialog(QStringLiteral("absmax"));
        const auto editor = [&](const char* name) { return dialog.findChild<QWidget*>(QLatin1String(name)); };
        QVERIFY(!editor("option-percentile")->isEnabled());
        QCOMPARE(editor("option-percentile")->toolTip(), QStringLiteral("Takes effect only with: Clipping: without the largest values"));
        QVERIFY(editor("option-group")->isEnabled() && editor("option-group")->toolTip().isEmpty());
        auto* clip = dialog.findChild<QComboBox*>(QStringLiteral("option-clip"));
        clip->setCurrentIndex(clip->findData(QStringLiteral("percentile")));
        QVERIFY(editor("option-percentile")->isEnabled() && editor("option-percentile")->toolTip().isEmpty());
        auto* scale = dialog.findChild<QComboBox*>(QStringLiteral("option-scale"));
        scale->setCurrentIndex(scale->findData(QStringLiteral("tensor")));
        QVERIFY(!editor("option-group")->isEnabled());

        const auto needs = [](const char* method, std::string_view option) {
            const Quantizer& quantizer = *findQuantizer(method);
            return needsTitle(quantizer, *std::ranges::find(quantizer.options(), option, &MethodOption::name));
        };
        QCOMPARE(needs("w8a8-dynamic", "group"), QStringLiteral("Scale of the inputs: a group within a token and Bits of the inputs below 16"));
        QCOMPARE(needs("fp8-e4m3", "block"), QStringLiteral("Shared scale: a block of a row or a tile of rows and columns or Inputs of the layer: 8 bits, a scale per block of a token"));
        QCOMPARE(needs("llm-int8", "unit"), QStringLiteral("Threshold above 0"));
        QCOMPARE(needs("absmax", "bits"), QString());
        installLanguage(QStringLiteral("de"));
        QCOMPARE(needs("w8a8-dynamic", "scale"), QStringLiteral("Bits der Eingaben unter 16"));
    }

    void theTableShowsWordsAndTheSpecInTheTooltip()
    {
        QTemporaryDir folder;
        test::Program program(folder.path());
        QVERIFY(program.openSample());
        Document& document = program.bench().document;
        Recipe recipe = document.current()->recipe;
        recipe.method = "hqq:p=0.5";
        document.changeContent(recipe, QStringLiteral("method"));
        const auto* model = program.window().findChild<TensorTreeModel*>();
        QVERIFY(model);
        const int row = static_cast<int>(program.tensor("blk.0.ffn_down.weight"));
        const auto text = [&](int role) { return model->indexOfRow(row, TensorTreeModel::Method).data(role).toString(); };
        QTRY_COMPARE(text(Qt::DisplayRole), QStringLiteral("HQQ (Exponent 0.5)"));
        QCOMPARE(text(Qt::EditRole), QStringLiteral("hqq:p=0.5"));
        QVERIFY(text(Qt::ToolTipRole).contains(QStringLiteral("hqq:p=0.5")));
        // The block of equal methods says the same.
        QCOMPARE(model->indexOfRow(row).parent().siblingAtColumn(TensorTreeModel::Method).data().toString(), QStringLiteral("HQQ (Exponent 0.5)"));
    }
};

QTEST_MAIN(TestMethodWords)
#include "tst_method_words.moc"

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

// SPDX-License-Identifier: GPL-3.0-or-later
// Changing the model in the window: steps are chosen, ordered and written, and what is written is opened.
#include <QComboBox>
#include <QFile>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSpinBox>

#include "app/dialogs/transform_dialog.h"
#include "tests/app/window_fixture.h"

using namespace ww;

class TestTransformDialog : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<test::Program> m_program;

    TransformDialog* dialog() { return m_program->openedDialog<TransformDialog>(); }
    static void press(TransformDialog* dialog, const char* name)
    {
        auto* button = dialog->findChild<QPushButton*>(QLatin1String(name));
        QVERIFY2(button && button->isEnabled(), name);
        QTest::mouseClick(button, Qt::LeftButton);
    }
    static QStringList titles(TransformDialog* dialog)
    {
        const auto* list = dialog->findChild<QListWidget*>(QStringLiteral("transformSteps"));
        QStringList all;
        for (int i = 0; i < list->count(); ++i) all << list->item(i)->text();
        return all;
    }

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_program = std::make_unique<test::Program>(m_folder->path());
        QVERIFY(m_program->openSample());
    }
    void cleanup()
    {
        m_program.reset();
        m_folder.reset();
    }

    void stepsAreChosenAndOrdered()
    {
        m_program->actions().changeModel->trigger();
        TransformDialog* d = dialog();
        QVERIFY(d);
        QVERIFY(!d->findChild<QPushButton*>(QStringLiteral("transformStart"))->isEnabled());
        // A rotation reads no text.
        press(d, "transformRotation");
        QVERIFY(!d->findChild<QLineEdit*>(QStringLiteral("transformText"))->isVisible());
        d->findChild<QSpinBox*>(QStringLiteral("transformSeed"))->setValue(7);
        press(d, "transformAwq");
        QVERIFY(d->findChild<QLineEdit*>(QStringLiteral("transformText"))->isVisible());
        auto* format = d->findChild<QComboBox*>(QStringLiteral("transformFormat"));
        format->setCurrentIndex(format->findText(QStringLiteral("Q4_K")));
        press(d, "transformSmoothQuant");
        QCOMPARE(titles(d), QStringList({QStringLiteral("Rotation, seed 7"), QStringLiteral("AWQ for Q4_K"), QStringLiteral("SmoothQuant, strength 0.5")}));
        press(d, "transformUp");
        press(d, "transformUp");
        press(d, "transformRemove");
        press(d, "transformDown");
        QCOMPARE(d->steps().size(), std::size_t{2});
        QCOMPARE(transformStepText(d->steps()[0]), std::string("awq:Q4_K"));
        QCOMPARE(transformStepText(d->steps()[1]), std::string("rotation:7"));
        QTest::keyClick(d, Qt::Key_Escape);
        QTRY_VERIFY(!m_program->window().findChild<TransformDialog*>());
    }

    void theChangedModelIsWrittenAndOpened()
    {
        // A recipe with a step brings its rest along.
        Recipe recipe;
        recipe.name = "Rotated";
        recipe.preset = "Q5_K_M";
        recipe.transform.push_back(*parseTransformStep("rotation:3"));
        m_program->window().showTransform(recipe);
        TransformDialog* d = dialog();
        QVERIFY(d);
        QCOMPARE(titles(d), QStringList({QStringLiteral("Rotation, seed 3")}));
        const QString target = m_folder->filePath(QStringLiteral("changed.gguf"));
        d->findChild<QLineEdit*>(QStringLiteral("transformTarget"))->setText(target);
        press(d, "transformStart");
        const Document& document = m_program->bench().document;
        QTRY_VERIFY_WITH_TIMEOUT(document.model() && document.model()->path().filename() == "changed.gguf", 60000);
        QVERIFY(QFile::exists(target));
        QTRY_COMPARE(document.current()->recipe.name, std::string("Rotated"));
        QVERIFY(document.current()->recipe.transform.empty());
        QCOMPARE(document.current()->recipe.preset, std::string("Q5_K_M"));
        QVERIFY(document.plan());
    }

    void closingTheProgramWhileWritingLeavesNothing()
    {
        m_program->actions().changeModel->trigger();
        TransformDialog* d = dialog();
        QVERIFY(d);
        press(d, "transformRotation");
        const QString target = m_folder->filePath(QStringLiteral("never.gguf"));
        d->findChild<QLineEdit*>(QStringLiteral("transformTarget"))->setText(target);
        press(d, "transformStart");
        m_program->bench().jobs.cancelAll();
        QVERIFY(m_program->idle());
        QVERIFY(!QFile::exists(target));
        QVERIFY(QDir(m_folder->path()).entryList({QStringLiteral("never*")}, QDir::Files).isEmpty());
        QVERIFY(document().current());
    }

private:
    const Document& document() { return m_program->bench().document; }
};

QTEST_MAIN(TestTransformDialog)
#include "tst_transform_dialog.moc"

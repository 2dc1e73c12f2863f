// SPDX-License-Identifier: GPL-3.0-or-later
#include <QTemporaryDir>
#include <QtTest>

#include <cmath>

#include "app/likelihoods.h"

using namespace ww;

class TestLikelihoods : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void twoTokens()
    {
        // o: mean 1, v: mean 2. Terms e²·v − e·o: e²·1 − 0 and e²·3 − 2e; half their difference is e² − e, the population's
        // standard deviation; divided by √(n − 1) = 1.
        const std::vector<double> o{0, 2};
        const std::vector<double> v{1, 3};
        const double e = std::exp(1.0);
        QVERIFY(std::abs(*pairedError(o, v) - (e * e - e)) < 1e-12);
    }
    void equalModelsHaveNoError()
    {
        const std::vector<double> o{1.5, 2.5, 0.25, 7};
        QCOMPARE(*pairedError(o, o), 0.0);
    }
    void whatDoesNotPairHasNone()
    {
        const std::vector<double> o{1, 2, 3};
        const std::vector<double> v{1, 2};
        QVERIFY(!pairedError(o, v));
        QVERIFY(!pairedError({}, {}));
        QVERIFY(!pairedError(std::vector<double>{1}, std::vector<double>{1}));
        QVERIFY(!pairedError(std::vector<double>{1, 1e9}, std::vector<double>{1, 1e9}));
    }
    void fileRoundTrip()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("x.nll"));
        const std::vector<double> nll{0.1, 2.5, 1e-300};
        saveLikelihoods(path, nll);
        QCOMPARE(loadLikelihoods(path), nll);
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadWrite));
        QVERIFY(file.resize(file.size() - 3));
        file.close();
        QVERIFY(loadLikelihoods(path).empty());
        QVERIFY(loadLikelihoods(folder.filePath(QStringLiteral("none"))).empty());
        QVERIFY(loadLikelihoods({}).empty());
        saveLikelihoods(folder.filePath(QStringLiteral("no/such/folder")), nll);
    }
};

QTEST_MAIN(TestLikelihoods)
#include "tst_likelihoods.moc"

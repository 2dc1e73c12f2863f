// SPDX-License-Identifier: MIT
#include <QtTest>

#include <set>
#include <string>

#include "model/tensor_role.h"

using ww::TensorRole;

class TestTensorRole : public QObject {
    Q_OBJECT

private slots:
    void identifiesByName_data()
    {
        QTest::addColumn<QByteArray>("name");
        QTest::addColumn<QByteArray>("role");
        QTest::addColumn<int>("block");
        QTest::addColumn<bool>("matrix");
        const auto row = [](const char* name, const char* role, int block, bool matrix) {
            QTest::newRow(name) << QByteArray(name) << QByteArray(role) << block << matrix;
        };
        row("token_embd.weight", "token_embd", -1, true);
        row("output.weight", "output", -1, true);
        row("output.bias", "bias", -1, false);
        row("output_norm.weight", "output_norm", -1, false);
        row("position_embd.weight", "position_embd", -1, false);
        row("token_types.weight", "other", -1, false);
        row("rope_freqs.weight", "other", -1, false);
        row("rope_factors_long.weight", "other", -1, false);
        row("token_embd_norm.weight", "other", -1, false);
        row("blk.0.attn_norm.weight", "attn_norm", 0, false);
        row("blk.0.attn_norm.bias", "bias", 0, false);
        row("blk.3.attn_qkv.weight", "attn_qkv", 3, true);
        row("blk.10.attn_q.weight", "attn_q", 10, true);
        row("blk.10.attn_k.weight", "attn_k", 10, true);
        row("blk.10.attn_v.weight", "attn_v", 10, true);
        row("blk.10.attn_v.bias", "bias", 10, false);
        row("blk.79.attn_output.weight", "attn_output", 79, true);
        row("blk.0.attn_q_norm.weight", "attn_q_norm", 0, false);
        row("blk.0.attn_k_norm.weight", "attn_k_norm", 0, false);
        row("blk.0.post_attention_norm.weight", "post_attention_norm", 0, false);
        row("blk.0.ffn_norm.weight", "ffn_norm", 0, false);
        row("blk.0.ffn_gate_inp.weight", "ffn_gate_inp", 0, false);
        row("blk.0.ffn_gate.weight", "ffn_gate", 0, true);
        row("blk.0.ffn_up.weight", "ffn_up", 0, true);
        row("blk.0.ffn_down.weight", "ffn_down", 0, true);
        row("blk.5.ffn_gate_exps.weight", "ffn_gate_exps", 5, true);
        row("blk.5.ffn_up_exps.weight", "ffn_up_exps", 5, true);
        row("blk.5.ffn_down_exps.weight", "ffn_down_exps", 5, true);
        row("blk.5.ffn_gate_shexp.weight", "ffn_gate_shexp", 5, true);
        row("blk.5.ffn_up_shexp.weight", "ffn_up_shexp", 5, true);
        row("blk.5.ffn_down_shexp.weight", "ffn_down_shexp", 5, true);
        row("blk.0.post_ffw_norm.weight", "post_ffw_norm", 0, false);
        row("blk.1.ssm_in.weight", "other", 1, true);
        row("blk.1.attn_kv_b.weight", "other", 1, true);
        row("blk.1.ssm_norm.weight", "other", 1, false);
        row("blk.1.ssm_a", "other", 1, false);
        // Names that only look like blocks, or roles in the wrong place.
        row("attn_q.weight", "other", -1, true);
        row("blk.2.token_embd.weight", "other", 2, true);
        row("blk.x.attn_q.weight", "other", -1, true);
        row("blk..attn_q.weight", "other", -1, true);
        row("blk.-1.attn_q.weight", "other", -1, true);
        row("blk.99999999999.attn_q.weight", "other", -1, true);
        row("blk.7", "other", -1, false);
        row("blk.7.", "other", 7, false);
        row("enc.blk.0.attn_q.weight", "other", -1, true);
        row("weight", "other", -1, false);
        row(".weight", "other", -1, true);
        QTest::newRow("empty") << QByteArray() << QByteArray("other") << -1 << false;
    }
    void identifiesByName()
    {
        QFETCH(QByteArray, name);
        QFETCH(QByteArray, role);
        QFETCH(int, block);
        QFETCH(bool, matrix);
        const auto identity = ww::identify({name.constData(), static_cast<std::size_t>(name.size())});
        QCOMPARE(QByteArray::fromStdString(std::string(ww::roleName(identity.role))), role);
        QCOMPARE(identity.block ? static_cast<int>(*identity.block) : -1, block);
        QCOMPARE(identity.isWeightMatrix, matrix);
    }

    void namesAreUniqueAndReversible()
    {
        std::set<std::string> seen;
        for (const TensorRole role : ww::allRoles()) {
            const auto name = ww::roleName(role);
            QVERIFY(seen.emplace(name).second);
            QCOMPARE(ww::roleFromName(name).value_or(TensorRole::Other), role);
        }
        QCOMPARE(seen.size(), static_cast<std::size_t>(TensorRole::Other) + 1);
        QVERIFY(!ww::roleFromName("attn_x"));
        QVERIFY(!ww::roleFromName(""));
        QVERIFY(!ww::roleFromName("ATTN_Q"));
    }
};

QTEST_APPLESS_MAIN(TestTensorRole)
#include "tst_tensor_role.moc"

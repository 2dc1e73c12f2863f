// SPDX-License-Identifier: MIT
// Steps and offsets that fit given codes best, in closed form.
#pragma once

#include <cmath>

namespace ww {

/// Least weighted squares of x − (d·a − dm·b).
class ScaleFit {
public:
    void add(double x, double a, double b, double weight)
    {
        m_aa += weight * a * a;
        m_ab += weight * a * b;
        m_bb += weight * b * b;
        m_ax += weight * a * x;
        m_bx += weight * b * x;
    }
    /// False when the values do not tell. `positive`: dm is at least 0.
    [[nodiscard]] bool solve(bool affine, bool positive, double& d, double& dm) const
    {
        dm = 0;
        if (affine) {
            const double det = m_aa * m_bb - m_ab * m_ab;
            if (det > 1e-12 * m_aa * m_bb) {
                d = (m_ax * m_bb - m_bx * m_ab) / det;
                dm = (m_ax * m_ab - m_bx * m_aa) / det;
                if (!positive || dm >= 0) return std::isfinite(d) && std::isfinite(dm);
                dm = 0;
            }
        }
        d = m_aa > 0 ? m_ax / m_aa : 0;
        return m_aa > 0 && std::isfinite(d);
    }

private:
    double m_aa = 0, m_ab = 0, m_bb = 0, m_ax = 0, m_bx = 0;
};

}  // namespace ww

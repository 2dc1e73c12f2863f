// SPDX-License-Identifier: MIT
#pragma once

namespace ww {

/// For main(), before anything else: large blocks go back to the system as soon as they are freed, always. By itself glibc stops doing
/// so once a program has freed some, and the holes between what is left would take several times a stated budget.
void returnLargeBlocks();

}  // namespace ww

// SPDX-License-Identifier: MIT
#include "base/heap.h"

#include <cstdlib>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace ww {

void returnLargeBlocks()
{
#if defined(__GLIBC__)
    constexpr int kLarge = 4 << 20;
    ::mallopt(M_MMAP_THRESHOLD, kLarge);
#endif
}

}  // namespace ww

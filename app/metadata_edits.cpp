// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/metadata_edits.h"

#include "io/metadata_edit.h"

namespace ww {

Result<void> applyEdits(Metadata& metadata, const MetadataEdits& edits)
{
    for (const auto& [key, text] : edits) {
        if (text) {
            WW_TRY_VOID(editMetadata(metadata, key, *text));
        } else if (metadata.contains(key)) {
            WW_TRY_VOID(removeMetadata(metadata, key));
        }
    }
    return {};
}

}  // namespace ww

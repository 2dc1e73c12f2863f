// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace ww {

/// Makes Qt give every LayerMapCanvas an accessible list with one item per cell: name, place, focus and selection. Call once or
/// more, before the first canvas is asked.
void installLayerMapAccessibility();

}  // namespace ww

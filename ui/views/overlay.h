#pragma once

#include <QPainter>
#include <QPainterPath>

#include "core/array/shape.h"
#include "core/segmentation/object_prompts.h"
#include "ui/views/view_transform.h"

namespace cyto::ui {

/// What is drawn over the tiles, in device pixels of the view. `outline` is in pixels of the plane (mask_outline.h).

/// The object in the making: filled at 35 % with a solid outline in the accent colour.
void paintCurrentObject(QPainter& painter, const QPainterPath& outline, const ViewTransform& transform, double ratio);

/// What a click would give: a dashed outline, light on dark so that it shows on any image.
void paintPreview(QPainter& painter, const QPainterPath& outline, const ViewTransform& transform, double ratio);

/// Positive points are discs with a plus, negative ones with a minus, boxes have handles. `active` is the place of the
/// prompt under the pointer or being dragged: points count first; negative: none.
void paintPrompts(QPainter& painter, const ObjectPrompts& prompts, int active, const ViewTransform& transform,
                  double ratio);

/// A bar of a round length with its unit at the lower left; in pixels when the scale is not stated.
void paintScaleBar(QPainter& painter, const PixelScale& scale, const ViewTransform& transform, double ratio);

/// The thin ring at the pointer while its tile is being embedded; `turn` 0 to 1 goes round.
void paintWaitingRing(QPainter& painter, QPointF at, double turn, double ratio);

/// How far from a prompt the pointer still has it, in device pixels.
double promptReach(double ratio);

}  // namespace cyto::ui

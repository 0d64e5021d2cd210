// Where a face is between the moments at which it was looked for.

import { GAP, lastAtMost } from "./cells.js";

/**
 * Where a face is at a time, between its two nearest sights; the same as box_at in
 * mien/report/drawing.py.
 *
 * @param track {times: [s], boxes: [[x0, y0, x1, y1]]} in pixels of the upright picture
 * @param time presentation time in seconds
 * @returns [x0, y0, x1, y1], or null where the person is out of view: more than GAP from any
 *   sight, or in a longer pause and not within half a GAP of either end
 */
export function boxAt({ times, boxes }, time) {
  if (!times.length) return null;
  const left = Math.max(
    0,
    lastAtMost(times, time, (t) => t),
  );
  const right = Math.min(times[left] >= time ? left : left + 1, times.length - 1);
  const [before, after] = [times[left], times[right]];
  if (before <= time && time <= after && after - before <= GAP) {
    const share = after > before ? (time - before) / (after - before) : 0;
    return boxes[left].map((value, k) => value + share * (boxes[right][k] - value));
  }
  const [toLeft, toRight] = [Math.abs(time - before), Math.abs(time - after)];
  if (Math.min(toLeft, toRight) > GAP / 2) return null;
  return toLeft <= toRight ? boxes[left] : boxes[right];
}

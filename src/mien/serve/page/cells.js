// Overlapping windows as stretches that follow one another; the same as mien/report/cells.py.

/** Seconds between two sights of a person after which the person counts as out of view. */
export const GAP = 0.6;

const ROUNDED = 1e-3; // s; published times have four digits

/**
 * What each window of a timeline stands for: a window tells most about its middle, so where two
 * overlap, the border lies halfway between their middles.
 *
 * @param timeline windows in order of their starts
 * @param branch take this branch's probabilities; null takes the fused ones
 * @returns [{start, end, probabilities}] in seconds; probabilities are null where absent
 */
export function cells(timeline, branch = null) {
  return timeline.map((span, k) => ({
    start: k === 0 ? span.start : border(timeline[k - 1], span)[1],
    end: k === timeline.length - 1 ? span.end : border(span, timeline[k + 1])[0],
    probabilities: branch === null ? span.probabilities : (span.branches[branch] ?? null),
  }));
}

function border(a, b) {
  if (b.start > a.end + 1e-6) return [a.end, b.start];
  const middle = (a.start + a.end + b.start + b.end) / 4;
  return [middle, middle];
}

/**
 * At most `most` cells: neighbours joined, with the mean of the probabilities that are there. Cells
 * on two sides of a gap are not joined.
 */
export function thin(parts, most) {
  const size = Math.ceil(parts.length / most);
  if (size <= 1) return parts;
  const joined = [];
  for (const cell of parts) {
    const last = joined.at(-1);
    if (last && last.length < size && cell.start - last.at(-1).end < 1e-6) last.push(cell);
    else joined.push([cell]);
  }
  return joined.map((group) => ({
    start: group[0].start,
    end: group.at(-1).end,
    probabilities: mean(group),
  }));
}

function mean(group) {
  const rows = group.map((cell) => cell.probabilities).filter(Boolean);
  if (!rows.length) return null;
  const share = (label) => rows.reduce((sum, row) => sum + row[label], 0) / rows.length;
  return Object.fromEntries(Object.keys(rows[0]).map((label) => [label, share(label)]));
}

/** The likeliest label, or null. */
export function likeliest(probabilities) {
  if (!probabilities) return null;
  return Object.entries(probabilities).reduce((best, item) => (item[1] > best[1] ? item : best))[0];
}

/** Stretches of one likeliest label: [{start, end, label, mean}]. */
export function runs(parts) {
  const result = [];
  let sum = 0;
  for (const { start, end, probabilities } of parts) {
    const label = likeliest(probabilities);
    if (label === null) continue;
    const last = result.at(-1);
    if (last && last.label === label && start - last.end < 1e-6) {
      sum += probabilities[label];
      Object.assign(last, { end, count: last.count + 1, mean: sum / (last.count + 1) });
    } else {
      sum = probabilities[label];
      result.push({ start, end, label, mean: sum, count: 1 });
    }
  }
  return result;
}

/**
 * The stretches of an answer, or of one branch of it, with gaps where nothing was there to go by:
 * what a window stands for, cut at the borders of what the branch, or any branch, went by.
 */
export function clipCells(answer, branch = null) {
  const says = branch === null ? Object.values(answer.branches) : [answer.branches[branch]];
  const spans = says.map((say) => say?.spans ?? null);
  const parts = cells(answer.timeline, branch);
  if (spans.includes(null) || !(answer.timeline.at(-1)?.end > 0)) return parts;
  return within(parts, joined(spans.flat()));
}

/** The window of an answer to show at a time; null where there was nothing to go by. */
export function clipWindow(answer, time) {
  const spans = Object.values(answer.branches).map((say) => say.spans ?? null);
  const timed = !spans.includes(null) && answer.timeline.at(-1)?.end > 0;
  if (timed && !spans.flat().some(([start, end]) => start <= time && time <= end)) return null;
  return windowAt(answer.timeline, time);
}

/** What any of some stretches covers, in order, none touching another. */
function joined(spans) {
  const result = [];
  for (const [start, end] of [...spans].sort((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last && start <= last[1] + 1e-6) last[1] = Math.max(last[1], end);
    else result.push([start, end]);
  }
  return result;
}

/**
 * When a person is in view: [[start, end]] in seconds, without a pause above GAP. Each sight stands
 * for half of the usual time between two of them on both of its sides, and one after which no other
 * was to come stands until the end.
 */
export function sights(times, gap = GAP, end = Infinity) {
  const result = [];
  for (const time of times) {
    const last = result.at(-1);
    if (last && time - last[1] <= gap) last[1] = time;
    else result.push([time, time]);
  }
  const steps = times
    .slice(1)
    .map((time, k) => time - times[k])
    .sort((a, b) => a - b);
  const step = Math.min(steps[steps.length >> 1] ?? 0, gap);
  const stop = (last) => (end - last <= step + ROUNDED ? end : last + step / 2);
  return result.map(([a, b]) => [Math.max(0, a - step / 2), Math.max(a, stop(b))]);
}

/** The parts of cells that lie in the given stretches, in order of time. */
export function within(parts, stretches) {
  const result = [];
  let k = 0;
  for (const [start, end] of stretches) {
    while (k < parts.length && parts[k].end <= start) k++;
    for (let at = k; at < parts.length && parts[at].start < end; at++) {
      const cell = parts[at];
      result.push({ ...cell, start: Math.max(cell.start, start), end: Math.min(cell.end, end) });
    }
  }
  return result;
}

/** Index of the last item whose `key` is at most `value`; -1 if there is none. */
export function lastAtMost(items, value, key) {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (key(items[middle]) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The window whose middle is nearest to a time in seconds; null for an empty timeline. */
export function windowAt(timeline, time) {
  const at = lastAtMost(timeline, 2 * time, (span) => span.start + span.end);
  const [a, b] = [timeline[at], timeline[at + 1]];
  if (!a || !b) return a ?? b ?? null;
  return 2 * time - a.start - a.end <= b.start + b.end - 2 * time ? a : b;
}

/** The cell that covers a time, or null. */
export function cellAt(parts, time) {
  const cell = parts[lastAtMost(parts, time, (part) => part.start)];
  return cell && time <= cell.end ? cell : null;
}

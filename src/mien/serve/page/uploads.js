// Files on their way to the server, one after the other; they go on while the view changes.

import { pause, ProblemError, upload } from "./api.js";
import { announce } from "./dom.js";
import { bytes, percent } from "./format.js";

/** What waits, is being sent, or was refused; "change" and "accepted" (with the job) tell. */
export const uploads = Object.assign(new EventTarget(), { list: [] });

let sending = false;

/**
 * Send files.
 *
 * @param files a list of File
 * @param most bytes the server takes
 * @returns the jobs that were accepted
 */
export async function send(files, most) {
  const mine = [...files].map((file) => ({ file, share: 0, error: null, stop: new AbortController() }));
  for (const item of mine) {
    if (item.file.size > most)
      item.error = `${bytes(item.file.size)} is too large; ${bytes(most)} are allowed.`;
    if (item.file.size === 0) item.error = "The file is empty, or a folder.";
  }
  uploads.list.unshift(...mine);
  tell();
  while (sending) await pause(0.2);
  sending = true;
  const jobs = [];
  for (const item of mine.filter(({ error }) => !error)) {
    const job = await sendOne(item);
    if (job) jobs.push(job);
  }
  sending = false;
  return jobs;
}

/** Stop one, or take a refused one off the list. */
export function dismiss(item) {
  item.stop.abort();
  uploads.list = uploads.list.filter((other) => other !== item);
  tell();
}

async function sendOne(item) {
  try {
    const job = await patiently(item);
    dismiss(item);
    announce(`${item.file.name} was sent.`);
    uploads.dispatchEvent(new CustomEvent("accepted", { detail: job }));
    return job;
  } catch (error) {
    if (error.name !== "AbortError") item.error = error.message;
    tell();
    return null;
  }
}

/** A server that is busy says when to come again. */
async function patiently(item) {
  for (;;) {
    if (item.stop.signal.aborted) throw new DOMException("cancelled", "AbortError");
    try {
      return await upload(item.file, (share) => step(item, share), item.stop.signal);
    } catch (error) {
      if (!(error instanceof ProblemError) || error.status !== 429) throw error;
      step(item, 0);
      await pause(error.retryAfter ?? 2);
    }
  }
}

function step(item, share) {
  item.share = share;
  item.words = share < 1 ? `sending, ${percent(share)}` : "sent, the server looks at it";
  tell();
}

function tell() {
  uploads.dispatchEvent(new Event("change"));
}

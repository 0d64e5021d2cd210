// The server's REST interface, as far as the page needs it. Addresses are relative to the page.

const ENDED = new Set(["done", "failed", "cancelled"]);

/** What the server said no to, as problem details (RFC 9457). */
export class ProblemError extends Error {
  constructor(status, detail, retryAfter = null) {
    super(detail);
    Object.assign(this, { status, retryAfter });
  }
}

/** True for a job that will not change by itself any more. */
export function isOver(job) {
  return ENDED.has(job.state);
}

/** True for a job of which nothing changes any more, not even what the page can play. */
export function isSettled(job) {
  return isOver(job) && job.media !== "making";
}

/** Address of a job, or of something of it: "result", "result.csv", "media". */
export function address(id, what = "") {
  return `v1/jobs/${encodeURIComponent(id)}${what && `/${what}`}`;
}

export const getInfo = () => getJson("v1/info");
export const getJob = (id) => getJson(address(id));
export const getResult = (id) => getJson(address(id, "result"));
export const getWaveform = (id) => getJson(address(id, "waveform"));
/** The answer compared with how its people usually are; baseline: "auto" or "START-END" in s. */
export const getRelative = (id, baseline) =>
  getJson(`${address(id, "relative")}?${new URLSearchParams({ baseline })}`);

/** The lines of the last transcript that was given for a clip, or null. */
export async function getLines(id) {
  const response = await ask(address(id, "lines"));
  return response.status === 204 ? null : response.json();
}

/** Give a transcript for a clip; the lines. */
export async function giveLines(id, file) {
  const body = new FormData();
  body.append("file", file, file.name);
  return (await ask(address(id, "lines"), { method: "POST", body })).json();
}

export const cancelJob = (id) => ask(address(id, "cancel"), { method: "POST" });
export const deleteJob = (id) => ask(address(id), { method: "DELETE" });

/** One page of jobs, the newest first: {jobs, next}. */
export function getJobs({ limit = 20, after = null, search = "" }) {
  const query = new URLSearchParams({ limit });
  if (after) query.set("after", after);
  if (search) query.set("search", search);
  return getJson(`v1/jobs?${query}`);
}

/** Trade a key for a cookie. */
export function signIn(key) {
  const headers = { "Content-Type": "application/json" };
  return ask("v1/session", { method: "POST", headers, body: JSON.stringify({ key }) });
}

/** Fetch; what is not a success is thrown as a `ProblemError`. */
export async function ask(url, options = {}) {
  let response;
  try {
    response = await fetch(url, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ProblemError(0, "The server does not answer. Is it still running?");
  }
  if (response.ok) return response;
  throw await problemOf(response);
}

async function getJson(url) {
  return (await ask(url)).json();
}

async function problemOf(response) {
  const body = await response.json().catch(() => ({}));
  const detail = body.detail ?? `${response.status} ${response.statusText}`;
  return new ProblemError(response.status, detail, Number(response.headers.get("Retry-After")) || null);
}

/**
 * Send one file.
 *
 * @param onProgress called with the share that has gone, 0 to 1
 * @param signal an AbortSignal
 * @returns the job
 */
export function upload(file, onProgress, signal) {
  const form = new FormData();
  form.append("file", file, file.name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch does not tell how much has been sent
    request.open("POST", "v1/jobs");
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0);
    request.onload = () => {
      const { status, response } = request;
      if (status === 202 && response?.jobs?.length) return resolve(response.jobs[0]);
      const wait = Number(request.getResponseHeader("Retry-After")) || null;
      const detail = response?.refused?.[0]?.problem.detail ?? response?.detail;
      reject(new ProblemError(status, detail ?? `The server answered ${status}.`, wait));
    };
    request.onerror = () => reject(new ProblemError(0, "The connection broke while sending."));
    request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

/**
 * Follow a job until it is settled.
 *
 * @param onJob called with each change
 * @param onLost called with the error when the job cannot be followed any more
 * @returns a function that ends this
 */
export function follow(id, onJob, onLost) {
  const events = new EventSource(address(id, "events"));
  events.addEventListener("job", (event) => {
    const job = JSON.parse(event.data);
    if (isSettled(job)) events.close();
    onJob(job);
  });
  events.addEventListener("error", () => {
    if (events.readyState === EventSource.CLOSED) getJob(id).then(onJob, onLost);
  });
  return () => events.close();
}

/** Wait. */
export function pause(seconds) {
  return new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
}

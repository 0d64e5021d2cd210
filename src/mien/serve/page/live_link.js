// The WebSocket of a live session: pictures and sound out, answers in.

const [PICTURE, SOUND] = [1, 2];
const HEAD = 9; // bytes: kind, time as float64
const RATE = 16_000; // Hz
const BEHIND = 300_000; // bytes that still wait to be sent; more pictures would only come too late
const DRIFT = 0.25; // s between the clock of the sound and that of the page, at most

export class Link {
  /**
   * @param onAnswer called with {t, span, people, dropped} and the seconds since the session began
   * @param onEnd called with a line for people, or null where the page itself has ended it
   */
  constructor(onAnswer, onEnd) {
    Object.assign(this, { onAnswer, onEnd, heard: 0, soundStart: null, problem: null });
    this.start = performance.now();
    const url = new URL("v1/live", document.baseURI);
    url.protocol = url.protocol.replace("http", "ws");
    this.socket = new WebSocket(url);
    this.socket.addEventListener("message", ({ data }) => this.take(JSON.parse(data)));
    this.socket.addEventListener("open", () => (this.opened = true));
    this.socket.addEventListener("close", () => this.finish());
  }

  /** Seconds since the session began. */
  now(stamp = performance.now()) {
    return (stamp - this.start) / 1000;
  }

  /** Show a picture; passed over while the connection is behind. */
  async sendPicture(blob, taken) {
    const payload = await blob.arrayBuffer();
    if (this.socket.bufferedAmount < BEHIND) this.send(PICTURE, this.now(taken), new Uint8Array(payload));
  }

  /** Let a piece of sound be heard; pieces follow one another without a gap. */
  sendSound(samples) {
    const start = this.now() - samples.length / RATE;
    const counted = this.soundStart + this.heard / RATE;
    if (this.soundStart === null || Math.abs(counted - start) > DRIFT) {
      [this.soundStart, this.heard] = [Math.max(0, start), 0];
    }
    const time = this.soundStart + this.heard / RATE;
    this.heard += samples.length;
    this.send(SOUND, time, new Uint8Array(samples.buffer));
  }

  close() {
    this.closed = true;
    this.socket.close();
  }

  send(kind, time, payload) {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    const message = new Uint8Array(HEAD + payload.length);
    message[0] = kind;
    new DataView(message.buffer).setFloat64(1, time, true);
    message.set(payload, HEAD);
    this.socket.send(message);
  }

  take(answer) {
    if (answer.problem) this.problem = answer.problem.detail;
    else this.onAnswer(answer, this.now());
  }

  async finish() {
    if (this.closed) return this.onEnd(null);
    this.onEnd(this.problem ?? (this.opened ? "The connection to the server broke." : await whyNot()));
  }
}

/** A browser does not say why a WebSocket was refused; the same address over HTTP does. */
async function whyNot() {
  const unknown = "The server did not let a live session begin.";
  const response = await fetch("v1/live").catch(() => null);
  const body = await response?.json().catch(() => null);
  if (!response?.ok) return body?.detail ?? unknown;
  return body.running >= body.allowed
    ? "All live sessions of this server are in use; try again later."
    : unknown;
}

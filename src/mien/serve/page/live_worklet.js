// Runs in the sound thread: any rate in, mono pieces of 16 kHz out.

const RATE = 16_000;
const PIECE = 1600; // samples: a tenth of a second

class Pieces extends AudioWorkletProcessor {
  constructor() {
    super();
    this.piece = new Float32Array(PIECE);
    this.filled = 0;
    this.step = sampleRate / RATE;
    this.at = 0; // position of the next output sample, in input samples of this block
    this.last = 0; // the sample before this block
  }

  process([channels]) {
    if (channels.length) this.take(mixed(channels));
    return true;
  }

  /** Linear interpolation; at 16 kHz it changes nothing. */
  take(block) {
    for (; this.at <= block.length - 1; this.at += this.step) {
      const left = Math.floor(this.at);
      const before = left < 0 ? this.last : block[left];
      const after = block[Math.min(left + 1, block.length - 1)];
      this.push(before + (this.at - left) * (after - before));
    }
    this.at -= block.length;
    this.last = block[block.length - 1];
  }

  push(sample) {
    this.piece[this.filled++] = sample;
    if (this.filled < PIECE) return;
    this.port.postMessage(this.piece, [this.piece.buffer]);
    this.piece = new Float32Array(PIECE);
    this.filled = 0;
  }
}

function mixed(channels) {
  if (channels.length === 1) return channels[0];
  return channels[0].map((_, k) => channels.reduce((sum, channel) => sum + channel[k], 0) / channels.length);
}

registerProcessor("pieces", Pieces);

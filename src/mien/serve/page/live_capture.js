// Camera and microphone as the server wants them: JPEG pictures and 16 kHz sound.

const RATE = 16_000; // Hz
const WIDE = 640; // px
const QUALITY = 0.8;

/**
 * Ask for camera and microphone; either alone will do.
 *
 * @returns {stream, missing}: what there is, and in words what there is not
 */
export async function openDevices() {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new Error("The browser gives camera and microphone only to pages from localhost or over https.");
  }
  const video = { width: { ideal: WIDE }, height: { ideal: 480 }, frameRate: { ideal: 30 } };
  const wishes = [
    [{ video, audio: true }, null],
    [{ video, audio: false }, "There is no microphone, so only the face is read."],
    [{ video: false, audio: true }, "There is no camera, so only the voice is read."],
  ];
  let refusal;
  for (const [wish, missing] of wishes) {
    try {
      return { stream: await navigator.mediaDevices.getUserMedia(wish), missing };
    } catch (error) {
      refusal = error;
    }
  }
  const denied = refusal.name === "NotAllowedError";
  throw new Error(denied ? "Camera and microphone were not allowed." : "No camera or microphone was found.");
}

/**
 * Take pictures of a playing video.
 *
 * @param onPicture called with (Blob of a JPEG picture, its width); the next one is taken only after
 *   this one was encoded
 * @returns a function that ends this
 */
export function takePictures(video, perSecond, onPicture) {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  let busy = false;
  const timer = setInterval(() => {
    if (busy || !video.videoWidth) return;
    const scale = Math.min(1, WIDE / video.videoWidth);
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    const taken = performance.now();
    busy = true;
    const give = (blob) => {
      busy = false;
      if (blob) onPicture(blob, taken);
    };
    canvas.toBlob(give, "image/jpeg", QUALITY);
  }, 1000 / perSecond);
  return () => clearInterval(timer);
}

/**
 * Listen to a stream's sound.
 *
 * @param onPiece called with a Float32Array of mono samples at 16 kHz
 * @returns a function that ends this
 */
export async function listen(stream, onPiece) {
  let context = new AudioContext({ sampleRate: RATE });
  let source;
  try {
    source = context.createMediaStreamSource(stream);
  } catch {
    await context.close(); // a browser that does not resample: the worklet does, behind a filter
    context = new AudioContext();
    source = context.createMediaStreamSource(stream);
  }
  await context.audioWorklet.addModule(new URL("live_worklet.js", import.meta.url));
  const pieces = new AudioWorkletNode(context, "pieces");
  pieces.port.onmessage = ({ data }) => onPiece(data);
  filtered(context, source).connect(pieces).connect(context.destination); // its output is silence
  return () => context.close();
}

/** What is above half of 16 kHz would come back as something else. */
function filtered(context, source) {
  if (context.sampleRate <= RATE) return source;
  return [0.54, 1.31].reduce((node, Q) => {
    const filter = new BiquadFilterNode(context, { type: "lowpass", frequency: 7000, Q });
    return node.connect(filter);
  }, source);
}

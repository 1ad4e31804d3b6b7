/** A short sound of two soft notes, made here: there is no file to fetch. */
const NOTES = [
  { hertz: 659.3, at: 0 },
  { hertz: 987.8, at: 0.11 },
];
const SECONDS = 0.45;
const LOUDNESS = 0.12;

let context = null;

/** Silent where the browser allows no sound yet: nobody has touched the page. */
export async function chime() {
  try {
    context ??= new AudioContext();
    await context.resume();
    for (const { hertz, at } of NOTES) play(hertz, context.currentTime + at);
  } catch {
    // No sound here.
  }
}

function play(hertz, at) {
  const tone = new OscillatorNode(context, { type: "sine", frequency: hertz });
  const volume = new GainNode(context, { gain: 0 });
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(LOUDNESS, at + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.001, at + SECONDS);
  tone.connect(volume).connect(context.destination);
  tone.start(at);
  tone.stop(at + SECONDS);
}

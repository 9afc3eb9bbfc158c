/** A short tone for what happens while nobody looks at the screen. Off until somebody asks for it. */
import { sound } from './settings.ts'
import type { Severity } from './vocabulary.ts'

const APART_MS = 2000 // of many at once, one is heard
const SECONDS = 0.25
const LOUD = 0.06 // of 1
const HERTZ: Readonly<Record<Severity, number>> = { critical: 880, warning: 660, info: 523 }

const player: { context: AudioContext | null; last: number } = { context: null, last: -Infinity }

/** Sounds, unless it is off or just did. A browser that heard no click on the page yet keeps silent. */
export function chime(severity: Severity): void {
  const now = performance.now()
  if (!sound.value || now - player.last < APART_MS) return
  player.last = now
  const context = (player.context ??= new AudioContext())
  if (context.state === 'running') play(context, HERTZ[severity])
  else
    context.resume().then(
      () => play(context, HERTZ[severity]),
      () => undefined,
    )
}

function play(context: AudioContext, hertz: number): void {
  const tone = context.createOscillator()
  const volume = context.createGain()
  const begin = context.currentTime
  tone.frequency.value = hertz
  volume.gain.setValueAtTime(LOUD, begin)
  volume.gain.exponentialRampToValueAtTime(LOUD / 1000, begin + SECONDS)
  tone.connect(volume).connect(context.destination)
  tone.start(begin)
  tone.stop(begin + SECONDS)
}

/**
 * What one browser keeps: theme, zone of times, sound, and when it was last here. Signals, mirrored in
 * localStorage; a browser without storage simply forgets.
 */
import { signal } from '@preact/signals'

export type Zone = 'utc' | 'local'
export type Theme = 'light' | 'dark'

const VISIT_ENDS_MS = 30 * 60_000 // nobody looked for this long: the next look is a new visit

/** The names under which the browser keeps them; theme.ts reads the first before the first paint. */
const KEYS = {
  theme: 'holdfast.theme',
  zone: 'holdfast.zone',
  sound: 'holdfast.sound',
  seen: 'holdfast.seen',
  since: 'holdfast.since',
}

function stored(kind: 'localStorage' | 'sessionStorage', key: string): string | null {
  try {
    return globalThis[kind].getItem(key)
  } catch {
    return null
  }
}

function store(kind: 'localStorage' | 'sessionStorage', key: string, value: string): void {
  try {
    globalThis[kind].setItem(key, value)
  } catch {
    // A browser that keeps nothing: the setting holds until the page is left.
  }
}

export const zone = signal<Zone>(stored('localStorage', KEYS.zone) === 'local' ? 'local' : 'utc')

export function setZone(next: Zone): void {
  zone.value = next
  store('localStorage', KEYS.zone, next)
}

/** Whether what happens is heard on the live page. */
export const sound = signal<boolean>(stored('localStorage', KEYS.sound) === 'on')

export function setSound(next: boolean): void {
  sound.value = next
  store('localStorage', KEYS.sound, next ? 'on' : 'off')
}

/** The theme in force: the stored one, else the system's. */
export function theme(): Theme {
  const set = document.documentElement.dataset['theme']
  if (set === 'light' || set === 'dark') return set
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
}

export function toggleTheme(): void {
  const next = theme() === 'dark' ? 'light' : 'dark'
  document.documentElement.dataset['theme'] = next
  store('localStorage', KEYS.theme, next)
}

/** When the visit before this one ended, ISO 8601; null on the first. Fixed while this tab is open. */
export const lastVisit = signal<string | null>(null)

/** Works out the last visit, and keeps noting that somebody looks. */
export function beginVisit(): void {
  const seen = stored('localStorage', KEYS.seen)
  const since = stored('sessionStorage', KEYS.since)
  const isNew = seen === null || Date.now() - Date.parse(seen) > VISIT_ENDS_MS
  lastVisit.value = since ?? (isNew ? seen : (stored('localStorage', KEYS.since) ?? seen))
  if (lastVisit.value !== null) {
    store('sessionStorage', KEYS.since, lastVisit.value)
    store('localStorage', KEYS.since, lastVisit.value)
  }
  const note = (): void => {
    if (document.visibilityState === 'visible') store('localStorage', KEYS.seen, new Date().toISOString())
  }
  note()
  setInterval(note, 60_000)
  addEventListener('pagehide', note)
}

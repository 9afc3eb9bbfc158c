/**
 * Keys of the application and of the page that is open. They never fire in a field, with a modifier, or
 * while a dialog is open; whatever they do, a button does too. A binding is a key as the browser names it
 * (`j`, `Enter`, `[`), or two in a row (`g o`).
 */
import { useLayoutEffect, useRef } from 'preact/hooks'

export type Bindings = Readonly<Record<string, (event: KeyboardEvent) => void>>

const CHORD_MS = 1500 // the second key of two comes within this time

const layers: { readonly current: Bindings }[] = []
const chord: { first: string; at: number } = { first: '', at: 0 }

/** Binds keys while the component is there; a later component's binding hides an earlier one's. */
export function useKeys(bindings: Bindings): void {
  const current = useRef(bindings)
  current.current = bindings
  // Before the next paint: a key that is shown must work.
  useLayoutEffect(() => {
    layers.push(current)
    return () => void layers.splice(layers.indexOf(current), 1)
  }, [])
}

/** The name under which a binding is looked for: the key, behind the first of two if one waits. */
export function chordName(first: string, at: number, key: string, now: number): string {
  return first !== '' && now - at <= CHORD_MS ? `${first} ${key}` : key
}

function find(name: string): ((event: KeyboardEvent) => void) | undefined {
  return layers
    .map(({ current }) => current[name])
    .filter((binding) => binding !== undefined)
    .at(-1)
}

const isChordStart = (key: string): boolean =>
  layers.some(({ current }) => Object.keys(current).some((name) => name.startsWith(`${key} `)))

function isTaken(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return true
  if (target.closest('input:not([type=checkbox]):not([type=file]), textarea, select, dialog') !== null)
    return true
  // Enter and space belong to the control that has the focus.
  return (event.key === 'Enter' || event.key === ' ') && target.closest('a, button, summary, label') !== null
}

function onKey(event: KeyboardEvent): void {
  if (isTaken(event)) return
  const name = chordName(chord.first, chord.at, event.key, performance.now())
  const binding = find(name) ?? find(event.key)
  chord.first = ''
  if (binding !== undefined) {
    event.preventDefault()
    binding(event)
  } else if (isChordStart(event.key)) {
    chord.first = event.key
    chord.at = performance.now()
  }
}

/** Once, at the start. */
export function startKeys(): void {
  document.addEventListener('keydown', onKey)
}

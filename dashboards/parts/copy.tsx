/** A display filter of Wireshark, and a button that copies it: also on the key c. */
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { useKeys } from '../keys.ts'
import { Key } from './help.tsx'

const SAID_MS = 2500

/** `text` is shown, and selected where the browser lets nobody copy; `children` stand before the button. */
export function CopyFilter({ text, children }: { text: string; children?: JSX.Element }): JSX.Element {
  const [said, setSaid] = useState('')
  const code = useRef<HTMLElement>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  const say = (words: string): void => {
    setSaid(words)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => setSaid(''), SAID_MS)
  }
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text)
      say('copied')
    } catch {
      // No clipboard without a secure origin: what is selected can still be copied by hand.
      if (code.current !== null) getSelection()?.selectAllChildren(code.current)
      say('selected: copy it with your keyboard')
    }
  }
  useKeys({ c: () => void copy() })
  return (
    <>
      <header>
        {children}
        <span class="note" role="status">
          {said}
        </span>
        <button type="button" class="btn sm end" onClick={() => void copy()}>
          copy the filter <Key name="c" />
        </button>
      </header>
      <div class="copy">
        <code ref={code} class="filter-text" tabIndex={0}>
          {text}
        </code>
      </div>
      <p class="note">a display filter of Wireshark</p>
    </>
  )
}

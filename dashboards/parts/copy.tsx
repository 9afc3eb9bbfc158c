/** Copying: a display filter of Wireshark, also on the key c, and texts for a mail or a ticket. */
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { useKeys } from '../keys.ts'
import { Key } from './help.tsx'

const SAID_MS = 2500

/** Whether the text is in the clipboard now. Without a secure origin a browser copies only what is
 * selected. */
async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const field = document.createElement('textarea')
    field.value = text
    field.readOnly = true
    field.className = 'hide'
    document.body.append(field)
    field.select()
    const isDone = document.execCommand('copy')
    field.remove()
    return isDone
  }
}

/** Copies, and says for a moment whether it did. */
function useCopy(): { readonly said: string; readonly copy: (text: string) => Promise<void> } {
  const [said, setSaid] = useState('')
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  const copy = async (text: string): Promise<void> => {
    setSaid((await copied(text)) ? 'copied' : 'this browser lets no page copy')
    clearTimeout(timer.current)
    timer.current = setTimeout(() => setSaid(''), SAID_MS)
  }
  return { said, copy }
}

/** A button that copies `text`, which is made when it is asked for. */
export function CopyButton({ text, children }: { text: () => string; children: string }): JSX.Element {
  const { said, copy } = useCopy()
  return (
    <>
      <button type="button" class="btn" onClick={() => void copy(text())}>
        {children}
      </button>
      <span class="note" role="status">
        {said}
      </span>
    </>
  )
}

/** The filter, and its button; `children` stand before that. */
export function CopyFilter({ text, children }: { text: string; children?: JSX.Element }): JSX.Element {
  const { said, copy } = useCopy()
  useKeys({ c: () => void copy(text) })
  return (
    <>
      <header>
        {children}
        <span class="note" role="status">
          {said}
        </span>
        <button type="button" class="btn sm end" onClick={() => void copy(text)}>
          copy the filter <Key name="c" />
        </button>
      </header>
      <div class="copy">
        <code class="filter-text" tabIndex={0}>
          {text}
        </code>
      </div>
      <p class="note">a display filter of Wireshark</p>
    </>
  )
}

/** A modal dialog that is there as long as its component is. Esc closes it, and so does the backdrop in
 * browsers that know `closedby` (HTML, the dialog element). */
import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'

interface DialogProps {
  readonly title: string
  readonly onClose: () => void
  readonly children: ComponentChildren
}

export function Dialog({ title, onClose, children }: DialogProps): JSX.Element {
  const self = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const dialog = self.current
    if (dialog !== null && !dialog.open) dialog.showModal()
  }, [])
  return (
    <dialog ref={self} aria-labelledby={id} closedby="any" onClose={onClose}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  )
}

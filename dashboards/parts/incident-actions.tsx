/** What a person does with an incident: acknowledge it, resolve it with a note, open it again. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { IncidentRow, IncidentView, StateRequest } from '../../src/api/contract.ts'
import * as api from '../api.ts'
import { useKeys } from '../keys.ts'
import { may } from '../session.ts'
import { Dialog } from './dialog.tsx'
import { Key } from './help.tsx'

interface ActionsProps {
  readonly incident: Pick<IncidentRow, 'id' | 'state' | 'title'>
  /** The incident as it is after the change. */
  readonly onChanged: (incident: IncidentView) => void
}

/** The buttons, and the keys a and r while they are there. A viewer sees neither. */
export function IncidentActions({ incident, onChanged }: ActionsProps): JSX.Element | null {
  const [isResolving, setResolving] = useState(false)
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState<Error | null>(null)
  const change = async (body: StateRequest): Promise<boolean> => {
    setBusy(true)
    setError(null)
    try {
      onChanged(await api.setState(incident.id, body))
      return true
    } catch (failure) {
      setError(failure as Error)
      return false
    } finally {
      setBusy(false)
    }
  }
  const isAllowed = may('operator')
  const canAcknowledge = incident.state === 'open' || incident.state === 'reopened'
  const canResolve = incident.state !== 'resolved'
  useKeys({
    ...(isAllowed && canAcknowledge ? { a: () => void change({ state: 'acknowledged' }) } : {}),
    ...(isAllowed && canResolve ? { r: () => setResolving(true) } : {}),
  })
  if (!isAllowed) return null
  return (
    <>
      {canAcknowledge && (
        <button
          type="button"
          class="btn main"
          disabled={isBusy}
          onClick={() => void change({ state: 'acknowledged' })}
        >
          Acknowledge <Key name="a" />
        </button>
      )}
      {canResolve ? (
        <button type="button" class="btn" disabled={isBusy} onClick={() => setResolving(true)}>
          Resolve with a note <Key name="r" />
        </button>
      ) : (
        <button type="button" class="btn" disabled={isBusy} onClick={() => void change({ state: 'open' })}>
          Open it again
        </button>
      )}
      {error !== null && !isResolving && (
        <span class="warn" role="alert">
          {error.message}
        </span>
      )}
      {isResolving && (
        <ResolveDialog
          incident={incident}
          error={error}
          onClose={() => setResolving(false)}
          onResolve={async (note) => {
            if (await change({ state: 'resolved', ...(note === '' ? {} : { note }) })) setResolving(false)
          }}
        />
      )}
    </>
  )
}

interface ResolveProps {
  readonly incident: Pick<IncidentRow, 'id' | 'title'>
  readonly error: Error | null
  readonly onClose: () => void
  readonly onResolve: (note: string) => Promise<void>
}

function ResolveDialog({ incident, error, onClose, onResolve }: ResolveProps): JSX.Element {
  const [note, setNote] = useState('')
  return (
    <Dialog title={`Resolve ${incident.id}`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void onResolve(note.trim())
        }}
      >
        <p class="mid any">{incident.title}. If traffic shows it again, Holdfast reopens it.</p>
        <label class="gap4">
          <span class="note">What was done about it</span>
          <textarea
            class="field"
            rows={3}
            maxLength={2000}
            value={note}
            onInput={(event) => setNote(event.currentTarget.value)}
          />
        </label>
        {error !== null && (
          <p class="warn" role="alert">
            {error.message}
          </p>
        )}
        <div class="btns">
          <button type="button" class="btn" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="btn main">
            Resolve
          </button>
        </div>
      </form>
    </Dialog>
  )
}

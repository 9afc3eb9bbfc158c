/** Changes of the database as the events that clients are told: the rows as they are now. Of several
 * changes of one row in a batch only the last is told, as all of them would say the same. */
import type { LiveEvent } from '../../model/view.ts'
import type { Change } from '../../store/changes.ts'
import { analysisRow } from '../../store/queries/analyses.ts'
import { captureRow } from '../../store/queries/captures.ts'
import { incidentRow } from '../../store/queries/incidents.ts'
import { incidentName } from '../../store/queries/names.ts'
import { occurrenceRow } from '../../store/queries/occurrences.ts'
import type { Store } from '../../store/store.ts'
import type { Jobs } from '../ports.ts'
import { withTimeLeft } from '../time-left.ts'
import { frameOf } from './frame.ts'

export interface RenderedEvent {
  /** The number of the change, and the event's id. */
  readonly id: number
  readonly frame: Uint8Array
}

export type Render = (changes: readonly Change[]) => RenderedEvent[]

/** A row that cannot be read is told to `onError` and left out: it must not hold up what comes after it. */
export function renderer(store: Store, jobs: Jobs, onError: (error: unknown) => void): Render {
  const rendered = (change: Change): RenderedEvent[] => {
    try {
      const event = eventOf(change, store, jobs)
      return event === null ? [] : [{ id: change.id, frame: frameOf(event, change.id) }]
    } catch (error) {
      onError(error)
      return []
    }
  }
  return (changes) => lastOfEach(changes).flatMap(rendered)
}

/** In order of their numbers. New is what was new in any of them. */
function lastOfEach(changes: readonly Change[]): Change[] {
  const last = new Map<string, Change>()
  for (const change of changes) {
    const key = `${change.kind} ${change.subject}`
    const isNew = change.isNew || last.get(key)?.isNew === true
    last.delete(key)
    last.set(key, { ...change, isNew })
  }
  return [...last.values()]
}

/** Null where an occurrence or an analysis is gone again: nobody lists it without what it belongs to. */
function eventOf({ kind, subject, isNew }: Change, store: Store, jobs: Jobs): LiveEvent | null {
  switch (kind) {
    case 'incident':
      return { kind, incident: incidentRow(store, subject), id: incidentName(subject), isNew }
    case 'occurrence': {
      const occurrence = occurrenceRow(store, subject)
      return occurrence === null ? null : { kind, occurrence }
    }
    case 'analysis': {
      const analysis = analysisRow(store, subject)
      return analysis === null ? null : { kind, analysis: withTimeLeft(analysis, jobs) }
    }
    case 'capture':
      return { kind, capture: captureRow(store, subject), id: subject }
  }
}

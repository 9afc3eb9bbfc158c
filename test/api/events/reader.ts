/** Reads server-sent events from an answer. */
import type { LiveEvent } from '../../../src/model/view.ts'

export interface Told {
  readonly id: string | null
  readonly event: LiveEvent
}

export interface EventReader {
  /** The next event that is no heartbeat; null at the end of the stream. */
  next(): Promise<Told | null>
  /** The next event of any kind. */
  nextOfAny(): Promise<Told | null>
  cancel(): Promise<void>
}

export function eventReader(answer: Pick<Response, 'body'>): EventReader {
  if (answer.body === null) throw new Error('no body')
  const reader = answer.body.getReader()
  const decoder = new TextDecoder()
  let waiting = ''
  const nextOfAny = async (): Promise<Told | null> => {
    for (;;) {
      const end = waiting.indexOf('\n\n')
      if (end >= 0) {
        const block = waiting.slice(0, end)
        waiting = waiting.slice(end + 2)
        const told = parsed(block)
        if (told !== null) return told
        continue
      }
      const { done, value } = await reader.read()
      if (done) return null
      waiting += decoder.decode(value, { stream: true })
    }
  }
  return {
    nextOfAny,
    async next() {
      for (;;) {
        const told = await nextOfAny()
        if (told?.event.kind !== 'heartbeat') return told
      }
    },
    cancel: () => reader.cancel(),
  }
}

function parsed(block: string): Told | null {
  const fields = new Map(
    block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  )
  const data = fields.get('data')
  if (data === undefined) return null
  const event = JSON.parse(data) as LiveEvent
  if (event.kind !== fields.get('event')) throw new Error('the name of an event is its kind')
  return { id: fields.get('id') ?? null, event }
}

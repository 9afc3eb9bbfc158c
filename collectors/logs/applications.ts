/**
 * What logs say of connections beside the log of connections itself: names out of TLS, HTTP and DNS, held by
 * the connection's name until its own record comes.
 */
import type { LoggedAnswer } from '../../src/model/dns.ts'
import type { FlowApplication } from '../../src/model/flow-record.ts'
import { Remembered } from '../../src/model/remembered.ts'

/** Connections of which something is held; of more, the one held for longest is forgotten. */
export const HELD_MAX = 1 << 18

/** Answers of name servers that are held; further ones are not. */
export const ANSWERS_MAX = 1 << 18

export interface Applications {
  /** Adds what is said; what was said first stays. */
  add(uid: string, said: FlowApplication): void
  /** Connections of which something is held. */
  readonly size: number
  /** What is held of a connection, which is then forgotten. */
  take(uid: string): FlowApplication | undefined
  /** Connections that were forgotten because of too many. */
  readonly forgotten: number
  /** What a name server answered. */
  answered(answer: LoggedAnswer): void
  /** In order of time. */
  readonly answers: readonly LoggedAnswer[]
}

export function applications(limit = HELD_MAX): Applications {
  const held = new Remembered<string, FlowApplication>(limit)
  const answers: LoggedAnswer[] = []
  let forgotten = 0
  return {
    add(uid, said) {
      const known = held.get(uid)
      if (held.set(uid, known === undefined ? said : { ...said, ...known })) forgotten++
    },
    get size() {
      return held.size
    },
    take(uid) {
      const said = held.get(uid)
      if (said !== undefined) held.delete(uid)
      return said
    },
    get forgotten() {
      return forgotten
    },
    answered(answer) {
      if (answers.length < ANSWERS_MAX) answers.push(answer)
    },
    get answers() {
      return answers.toSorted((a, b) => a.time - b.time)
    },
  }
}

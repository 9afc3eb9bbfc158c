/**
 * Commands that wait for their replies, which come in the same order (RFC 5321 §4.1.4, RFC 2920 §3.2).
 *
 * After a gap nobody knows how many wait. Clients do not send on after a command that ends a group before it
 * is answered (RFC 2920 §3.1): what follows such a command waits alone, and pairing begins anew with it.
 */
import type { Micros } from '../../model/time.ts'
import { endsGroup } from './command.ts'

/** Commands that wait; with more, pairing begins anew as after a gap. Servers stop reading before that. */
export const PENDING_MAX = 256

export interface Asked {
  readonly command: string
  readonly argument: string | null
  /** A message is whole with it: the end of mail data, or its last chunk (RFC 3030 §2). */
  readonly endsMessage: boolean
  readonly packet: number
  readonly time: Micros
}

export class Pending {
  private queue: Asked[] = []
  private isSure: boolean
  /** A command that ends a group was the last one that came, and nothing was missed since. */
  private isGroupOver = false

  constructor(isSure: boolean) {
    this.isSure = isSure
  }

  /** Which command a reply answers can be told. */
  get pairs(): boolean {
    return this.isSure
  }

  get oldest(): Asked | null {
    return this.isSure ? (this.queue[0] ?? null) : null
  }

  /** A command came. False if there are too many. */
  add(asked: Asked): boolean {
    this.isSure ||= this.isGroupOver
    this.isGroupOver = endsGroup(asked.command)
    if (!this.isSure) return true
    if (this.queue.length < PENDING_MAX) {
      this.queue.push(asked)
      return true
    }
    this.lose()
    return false
  }

  /** The client goes on in another way than with a command: it has had all answers. */
  settle(): void {
    if (!this.isSure && this.isGroupOver) this.isSure = true
  }

  /** A reply came, final or not: the command that it answers. */
  take(): Asked | null {
    return this.isSure ? (this.queue.shift() ?? null) : null
  }

  /** The session begins here: nothing waits. */
  begin(): void {
    this.queue = []
    this.isSure = true
  }

  /** Octets are missing, of either side. */
  lose(): void {
    this.queue = []
    this.isSure = false
    this.isGroupOver = false
  }
}

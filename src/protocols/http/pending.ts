/**
 * Requests that wait for their responses, in order. There is nearly always one at most: it needs no list.
 */
import type { HttpRequest } from '../../model/http.ts'
import type { Micros } from '../../model/time.ts'

interface Waiting {
  readonly request: HttpRequest
  readonly index: number
  readonly isAfterGap: boolean
}

export class Pending {
  first: HttpRequest | null = null
  /** The index that the first was told under. */
  firstIndex = 0
  /** Requests may be missing right before the first. */
  isFirstAfterGap = false
  /** Those behind the first. */
  private others: Waiting[] | null = null

  get count(): number {
    return this.first === null ? 0 : 1 + (this.others?.length ?? 0)
  }

  /** The one that came last; null if none waits. */
  get last(): HttpRequest | null {
    return this.others === null ? this.first : this.others.at(-1)!.request
  }

  /** The one behind the first; null if there is none. */
  get second(): HttpRequest | null {
    return this.others === null ? null : this.others[0]!.request
  }

  add(request: HttpRequest, index: number, isAfterGap: boolean): void {
    if (this.first !== null) return void (this.others ??= []).push({ request, index, isAfterGap })
    this.first = request
    this.firstIndex = index
    this.isFirstAfterGap = isAfterGap
  }

  /** The one that has waited longest; null if none waits. */
  take(): HttpRequest | null {
    const { first, others } = this
    this.first = null
    if (others === null) return first
    const { request, index, isAfterGap } = others.shift()!
    this.first = request
    this.firstIndex = index
    this.isFirstAfterGap = isAfterGap
    if (others.length === 0) this.others = null
    return first
  }

  /** Requests may be missing right before number `at`, from 0. */
  isAfterGap(at: number): boolean {
    return at === 0 ? this.isFirstAfterGap : this.others![at - 1]!.isAfterGap
  }

  /**
   * How many, from the first on, came before a response of `time`: of those that came at the same time, the
   * ones that were read before it, whose index is below `nextIndex`.
   */
  before(time: Micros, nextIndex: number): number {
    const { first, others } = this
    if (first === null || !isBefore(first, this.firstIndex, time, nextIndex)) return 0
    let count = 1
    for (const { request, index } of others ?? []) {
      if (!isBefore(request, index, time, nextIndex)) break
      count++
    }
    return count
  }
}

const isBefore = (request: HttpRequest, index: number, time: Micros, nextIndex: number): boolean =>
  request.time < time || (request.time === time && index < nextIndex)

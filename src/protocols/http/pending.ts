/**
 * Requests that wait for their responses, in order. There is nearly always one at most: it needs no list.
 */
import type { HttpRequest } from '../../model/http.ts'

export class Pending {
  private first: HttpRequest | null = null
  /** Those behind the first. */
  private others: HttpRequest[] | null = null

  get count(): number {
    return this.first === null ? 0 : 1 + (this.others?.length ?? 0)
  }

  add(request: HttpRequest): void {
    if (this.first === null) this.first = request
    else (this.others ??= []).push(request)
  }

  /** The one that has waited longest; null if none waits. */
  take(): HttpRequest | null {
    const { first, others } = this
    this.first = others?.shift() ?? null
    if (others?.length === 0) this.others = null
    return first
  }
}

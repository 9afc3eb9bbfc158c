/** One cell for each requirement, in the order of the verdicts, one row for each service. */
import type { JSX } from 'preact'
import type { RequirementRow } from '../../src/api/contract.ts'
import type { RequirementStatus } from '../vocabulary.ts'
import { STATUS_WORDS } from '../words.data.ts'

/** Worst first. */
export const STATUS_ORDER: readonly RequirementStatus[] = [
  'violated',
  'at-risk',
  'met',
  'not-observed',
  'not-applicable',
]

export const countBy = (rows: readonly RequirementRow[]): Record<RequirementStatus, number> => {
  const counts = { violated: 0, 'at-risk': 0, met: 0, 'not-observed': 0, 'not-applicable': 0 }
  for (const { status } of rows) counts[status]++
  return counts
}

/** Rows by service, the most violated first, of these in the order in which they come; without a service
 * last. */
export function byService(
  rows: readonly RequirementRow[],
): [service: string | null, rows: RequirementRow[]][] {
  const groups = new Map<string | null, RequirementRow[]>()
  for (const row of rows) groups.set(row.service, [...(groups.get(row.service) ?? []), row])
  const rank = (own: readonly RequirementRow[]): number => {
    const { violated, 'at-risk': risk } = countBy(own)
    return -violated * 1000 - risk
  }
  return [...groups].sort(
    ([a, own], [b, other]) => Number(a === null) - Number(b === null) || rank(own) - rank(other),
  )
}

export function ConformanceStrip({ rows }: { rows: readonly RequirementRow[] }): JSX.Element {
  return (
    <div class="strip">
      {byService(rows).map(([service, own]) => {
        const counts = countBy(own)
        const words = STATUS_ORDER.filter((status) => counts[status] > 0).map(
          (status) => `${counts[status]} ${STATUS_WORDS[status]}`,
        )
        const name = service ?? 'any service'
        return (
          <div key={name}>
            <span class="strip-name any">{name}</span>
            <span class="cells" role="img" aria-label={`${name}: ${words.join(', ')}`}>
              {STATUS_ORDER.flatMap((status) =>
                Array.from({ length: counts[status] }, (_, i) => (
                  <span key={`${status}${i}`} class={`cell ${status}`} />
                )),
              )}
            </span>
          </div>
        )
      })}
    </div>
  )
}

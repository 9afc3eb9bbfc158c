/**
 * The conformance table in the text for people: of each service what is violated, at risk and met, and what
 * would show the rest.
 */
import type { IncidentRecord, RequirementRecord, RequirementStatus } from '../../model/record.ts'
import { shortName } from './harmless.ts'
import type { Page } from './page.ts'
import { count } from './quantities.ts'
import { firstFew, listed } from '../../model/listed.ts'
import { STATUS_WORDS } from './words.data.ts'

/** Services whose verdicts are told; further ones are counted. */
const SERVICES_SHOWN = 12
/** Types of incidents that a verdict names: of those that break it. */
const TYPES_NAMED = 4

export function writeConformance(
  sheet: Page,
  requirements: readonly RequirementRecord[],
  incidents: readonly IncidentRecord[],
): void {
  if (requirements.length === 0) return
  const alarms = incidents.filter(({ severity }) => severity !== 'info')
  const types = new Map(alarms.map(({ id, type }) => [id, type]))
  const services = [...Map.groupBy(requirements, ({ service }) => service)]
  sheet.blank()
  sheet.heading('Conformance')
  for (const [service, rows] of services.slice(0, SERVICES_SHOWN)) writeService(sheet, service, rows, types)
  const rest = services.length - SERVICES_SHOWN
  const hint = '--format ndjson --include requirement lists all'
  if (rest > 0) sheet.paragraph(`and ${count(rest)} more services (${hint})`)
}

function writeService(
  sheet: Page,
  service: string | null,
  rows: readonly RequirementRecord[],
  types: ReadonlyMap<string, string>,
): void {
  const by = Map.groupBy(rows, ({ status }) => status)
  const of = (status: RequirementStatus): readonly RequirementRecord[] => by.get(status) ?? []
  const tally = (Object.keys(STATUS_WORDS) as RequirementStatus[])
    .filter((status) => of(status).length > 0)
    .map((status) => `${count(of(status).length)} ${STATUS_WORDS[status]}`)
  sheet.row('service', `${service === null ? 'no service of its own' : shortName(service)}: ${listed(tally)}`)
  for (const status of ['violated', 'at-risk'] as const)
    if (of(status).length > 0)
      sheet.row(
        STATUS_WORDS[status],
        of(status).map((row) => brokenText(row, types)),
      )
  if (of('met').length > 0)
    sheet.row(
      'met',
      of('met')
        .map(({ id }) => id)
        .join(', '),
    )
  const open = [...Map.groupBy(of('not-observed'), ({ needs }) => needs ?? '')]
  if (open.length > 0)
    sheet.row(
      'not seen',
      open.map(([needs, those]) => `${those.map(({ id }) => id).join(', ')}: needs ${needs}`),
    )
}

function brokenText({ id, title, incidents }: RequirementRecord, types: ReadonlyMap<string, string>): string {
  const named = [...new Set(incidents.flatMap((incident) => types.get(incident) ?? []))]
  return `${id}: ${title}${named.length === 0 ? '' : ` (${firstFew(named, TYPES_NAMED)})`}`
}

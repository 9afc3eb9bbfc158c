/** What the page of deliveries says in words. */
import type { AlertOutputRow, DeliveryRow } from '../../src/api/contract.ts'
import { counted, listed } from '../text.ts'

/** How an output fares: it delivers, something waits after a failed attempt, something was given up. */
export type Fare = 'well' | 'waits' | 'gave-up' | 'unused'

export function fareOf({ dead, waiting, failed, delivered }: AlertOutputRow): Fare {
  if (dead > 0) return 'gave-up'
  if (waiting > 0 && failed?.state === 'waiting') return 'waits'
  return delivered === null && waiting === 0 ? 'unused' : 'well'
}

/** `5 alerts could not be delivered to ops and mail.` */
export function deliveryHeadline(outputs: readonly AlertOutputRow[]): string {
  if (outputs.length === 0) return 'Alerts are sent nowhere yet.'
  const broken = outputs.filter((output) => fareOf(output) === 'gave-up')
  const late = outputs.filter((output) => fareOf(output) === 'waits')
  const names = (rows: readonly AlertOutputRow[]): string => listed(rows.map(({ name }) => name))
  if (broken.length > 0) {
    const dead = broken.reduce((sum, output) => sum + output.dead, 0)
    return `${counted(dead, 'alert')} could not be delivered to ${names(broken)}.`
  }
  if (late.length > 0) return `${names(late)} ${late.length === 1 ? 'does' : 'do'} not answer; alerts wait.`
  return outputs.length === 1 ? 'The one output delivers.' : `All ${outputs.length} outputs deliver.`
}

const KINDS: Readonly<Record<string, string>> = {
  opened: 'first alert',
  updated: 'news',
  resolved: 'resolved',
  reopened: 'reopened',
}

export const kindWord = ({ kind }: Pick<DeliveryRow, 'kind'>): string => KINDS[kind] ?? kind

export const TYPE_WORDS: Readonly<Record<AlertOutputRow['type'], string>> = {
  webhook: 'Webhook',
  syslog: 'Syslog',
  email: 'E-mail',
  slack: 'Slack',
  teams: 'Teams',
  file: 'File',
}

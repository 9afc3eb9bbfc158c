/** Connections that ended while their agents waited for an answer, in findings and in words. */
import type { Details, Finding } from '../model/incident.ts'
import type { Sighting } from '../model/party.ts'

/** What a finding says of a connection on which the agent had asked, and had no answer yet. */
export const unansweredDetails = ({ awaitsAnswer }: Sighting): Details =>
  awaitsAnswer ? { unanswered: true } : {}

const isUnanswered = ({ details }: Finding): boolean => details['unanswered'] === true

export const areUnanswered = (findings: readonly Finding[]): boolean => findings.every(isUnanswered)

/** A sentence on those of the findings, or nothing; with a space before it. */
export function unansweredText(findings: readonly Finding[]): string {
  const count = findings.filter(isUnanswered).length
  if (count === 0) return ''
  const whose =
    findings.length === 1 ? '' : count === findings.length ? ' on all of them' : ` on ${count} of them`
  return ` What the agent had asked last was not answered yet${whose}.`
}

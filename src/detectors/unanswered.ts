/** Connections that ended while their agents waited for an answer, in findings and in words. */
import type { Details, Finding } from '../model/incident.ts'
import type { Silence } from '../model/observation.ts'
import type { Sighting } from '../model/party.ts'

/** The agent had asked before the silence, and its end was all that came. */
export function wasUnanswered({ awaitsAnswer }: Sighting, silence: Silence): boolean {
  const { outcome, brokenBy, breaker } = silence
  const isAskedLate = brokenBy === 0 && breaker === 'data'
  return awaitsAnswer && !isAskedLate && (outcome === 'closed' || outcome === 'aborted')
}

/** What a finding says of such a connection. */
export const unansweredDetails = (sighting: Sighting, silence: Silence): Details =>
  wasUnanswered(sighting, silence) ? { unanswered: true } : {}

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

/** The contract's own types of single words, by the names that the dashboards use for them. */
import type { Actor, ConnectionRow, IncidentRow, RequirementStatus as Status } from '../src/api/contract.ts'

export type Severity = IncidentRow['severity']
export type IncidentType = IncidentRow['type']
export type IncidentState = IncidentRow['state']
export type ActorRole = Actor['role']
export type ConnectionEnd = NonNullable<ConnectionRow['endReason']>
export type RequirementStatus = Status
export type Quality = NonNullable<import('../src/api/contract.ts').CaptureRow['quality']>

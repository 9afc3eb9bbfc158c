/**
 * What an operator wants told, to whom and when: the key `alerts` of the configuration, checked and with its
 * defaults. Secrets are not in it, only where they are.
 */
import type { IncidentType, Severity } from '../model/incident.ts'
import type { Micros } from '../model/time.ts'

/** Read when it is needed, never kept: a variable of the environment, or a file. */
export type SecretPlace = { readonly env: string } | { readonly file: string }

/** An address that is a secret itself, as those of Slack and Teams are, or one that is none. */
export type Address = string | SecretPlace

export interface WebhookSettings {
  readonly type: 'webhook'
  readonly url: Address
  /** Signs each request; null: they go unsigned. */
  readonly secret: SecretPlace | null
}

export interface SyslogSettings {
  readonly type: 'syslog'
  readonly host: string
  readonly port: number
  readonly isTls: boolean
  /** PEM file of the authority that vouches for the receiver; null: those that Node knows. */
  readonly ca: string | null
  /** RFC 5424 table 1. */
  readonly facility: number
  /** Names the structured data: `holdfast@32473`. */
  readonly enterprise: number
}

export interface EmailSettings {
  readonly type: 'email'
  readonly host: string
  readonly port: number
  readonly security: 'tls' | 'starttls' | 'none'
  readonly ca: string | null
  readonly user: string | null
  readonly password: SecretPlace | null
  readonly from: string
  readonly to: readonly string[]
}

export interface ChatSettings {
  readonly type: 'slack' | 'teams'
  readonly url: Address
}

export interface FileSettings {
  readonly type: 'file'
  readonly path: string
  /** Octets from which on a new file is begun; null: somebody else sees to it. */
  readonly sizeMax: number | null
  /** Older files that stay. */
  readonly keep: number
}

export type Target = WebhookSettings | SyslogSettings | EmailSettings | ChatSettings | FileSettings

export interface OutputSettings {
  readonly name: string
  readonly target: Target
}

/** Empty lists admit everything. */
export interface Route {
  readonly outputs: readonly string[]
  readonly services: readonly string[]
  readonly types: readonly IncidentType[]
  /** At least as bad. */
  readonly severity: Severity
  readonly updateEvery: Micros
}

/** A span of the day that comes again; one that ends before it begins ends on the next day. */
export interface DailySpan {
  /** Those on which it begins: 0 is Sunday. */
  readonly days: readonly number[]
  /** Minutes of the day. */
  readonly from: number
  readonly to: number
  /** A name of the IANA time zone database. */
  readonly timeZone: string
}

export interface QuietHours extends DailySpan {
  /** Empty: all. */
  readonly outputs: readonly string[]
  readonly criticalPasses: boolean
}

export interface Maintenance {
  readonly name: string
  /** Empty: all. */
  readonly services: readonly string[]
  readonly when: DailySpan | { readonly start: Micros; readonly end: Micros }
}

export interface AlertSettings {
  readonly outputs: readonly OutputSettings[]
  readonly routes: readonly Route[]
  readonly quietHours: readonly QuietHours[]
  readonly maintenance: readonly Maintenance[]
  /** Where the dashboards are, for links; null: none are sent. */
  readonly link: string | null
  /** How long a delivery is tried. */
  readonly retryFor: Micros
}

/** Settings of alerts for tests: one output, one route that lets everything through. */
import type { AlertSettings, Route, Target } from '../../src/alerts/settings.ts'
import { SECOND } from '../../src/model/time.ts'

export const HOUR = 3600 * SECOND

export const route = (changes: Partial<Route> = {}): Route => ({
  outputs: [],
  services: [],
  types: [],
  severity: 'info',
  updateEvery: HOUR,
  ...changes,
})

export const settings = (changes: Partial<AlertSettings> = {}): AlertSettings => ({
  outputs: [],
  routes: [route()],
  quietHours: [],
  maintenance: [],
  link: null,
  retryFor: 24 * HOUR,
  ...changes,
})

export const hookAt = (url: string): Target => ({ type: 'webhook', url, secret: null })

/** Microseconds of a moment: `2026-11-21T02:08:06Z`. */
export const micros = (instant: string): number => Date.parse(instant) * 1000

/** The resources of the API, one file each; all are mounted under /api/v1. */
import type { Routes } from '../environment.ts'
import { agents } from './agents.ts'
import { alerts } from './alerts.ts'
import { analyses } from './analyses.ts'
import { captures } from './captures.ts'
import { conformance } from './conformance.ts'
import { connections } from './connections.ts'
import { events } from './events.ts'
import { incidents } from './incidents.ts'
import { occurrences } from './occurrences.ts'
import { overviewRoutes } from './overview.ts'
import { services } from './services.ts'
import { session } from './session.ts'

export const ROUTES: readonly Routes[] = [
  overviewRoutes,
  incidents,
  occurrences,
  agents,
  services,
  connections,
  captures,
  analyses,
  conformance,
  alerts,
  events,
  session,
]

/** Where each page's code is: loaded when the page is first opened, so that the first load stays small. */
import type { ComponentType } from 'preact'
import type { Route } from './router.ts'

/** A page; those of one thing get its id. */
export type PageComponent = ComponentType<{ id: string }> | ComponentType

const QUIET_MS = 10_000 // the first page and its data have the line for themselves until then

type Loader = () => Promise<PageComponent>

export const PAGES: Readonly<Record<Exclude<Route['page'], 'missing'>, Loader>> = {
  overview: async () => (await import('./pages/overview.tsx')).OverviewPage,
  incidents: async () => (await import('./pages/incidents.tsx')).IncidentsPage,
  incident: async () => (await import('./pages/incident.tsx')).IncidentPage,
  live: async () => (await import('./pages/live.tsx')).LivePage,
  agents: async () => (await import('./pages/agents.tsx')).AgentsPage,
  agent: async () => (await import('./pages/agent.tsx')).AgentPage,
  services: async () => (await import('./pages/services.tsx')).ServicesPage,
  service: async () => (await import('./pages/service.tsx')).ServicePage,
  captures: async () => (await import('./pages/captures.tsx')).CapturesPage,
  connections: async () => (await import('./pages/connections.tsx')).ConnectionsPage,
  connection: async () => (await import('./pages/connection.tsx')).ConnectionPage,
  conformance: async () => (await import('./pages/conformance.tsx')).ConformancePage,
  deliveries: async () => (await import('./pages/deliveries.tsx')).DeliveriesPage,
  login: async () => (await import('./pages/login.tsx')).LoginPage,
}

/** Fetches the code of all pages while nothing else is to do: a page opens at once, even if the server is
 * replaced by a newer one meanwhile. */
export function fetchPagesWhenIdle(): void {
  const fetchAll = (): void => {
    for (const load of Object.values(PAGES)) load().catch(() => undefined)
  }
  setTimeout(() => {
    if ('requestIdleCallback' in globalThis) requestIdleCallback(fetchAll)
    else fetchAll()
  }, QUIET_MS)
}

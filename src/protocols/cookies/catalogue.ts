/** A cookie's place in the catalogue: whose it is, what for, and which server it stands for. */
import type { CookieFacts } from '../../model/cookie.ts'
import { CATALOGUE } from './catalogue.data.ts'
import type { CatalogueRow } from './catalogue.data.ts'

type Catalogued = Pick<CookieFacts, 'vendor' | 'role' | 'backend' | 'backendConfidence' | 'changeMeansHop'>

const UNKNOWN: Catalogued = {
  vendor: null,
  role: null,
  backend: null,
  backendConfidence: null,
  changeMeansHop: false,
}

/** The first row that name and value match: its vendor and role, and the backend if the value tells it. */
export function catalogued(name: string, value: string): Catalogued {
  for (const row of CATALOGUE) {
    if (!row.name.test(name) || row.value?.test(value) === false) continue
    const backend = row.backend?.(value) ?? null
    if (backend !== null || row.onlyWithBackend !== true) return told(row, backend)
  }
  return UNKNOWN
}

const told = (
  { vendor, role, confidence, changeMeansHop }: CatalogueRow,
  backend: string | null,
): Catalogued => ({
  vendor,
  role,
  backend,
  backendConfidence: backend === null ? null : (confidence ?? 'medium'),
  changeMeansHop: backend !== null || changeMeansHop === true,
})

/** A cookie's place in the catalogue: whose it is, what for, and which server it stands for. */
import type { CookieRole } from '../../model/cookie.ts'
import { CATALOGUE } from './catalogue.data.ts'

export interface Catalogued {
  readonly vendor: string | null
  readonly role: CookieRole | null
  readonly backend: string | null
}

const UNKNOWN: Catalogued = { vendor: null, role: null, backend: null }

/** The first row whose name, and value where it asks for one, match. */
export function catalogued(name: string, value: string): Catalogued {
  for (const row of CATALOGUE) {
    if (!row.name.test(name) || row.value?.test(value) === false) continue
    return { vendor: row.vendor, role: row.role, backend: row.backend?.(name, value) ?? null }
  }
  return UNKNOWN
}

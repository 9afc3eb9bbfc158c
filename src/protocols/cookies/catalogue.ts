/** A cookie's place in the catalogue: whose it is, what for, and which server it stands for. */
import type { CookieRole } from '../../model/cookie.ts'
import { CATALOGUE } from './catalogue.data.ts'
import { prefixLabel } from './decoders.ts'

export interface Catalogued {
  readonly vendor: string | null
  readonly role: CookieRole | null
  readonly backend: string | null
}

/** The first row whose name matches; the value is that of the cookie without quotes around it. */
export function catalogued(name: string, value: string): Catalogued {
  const row = CATALOGUE.find((candidate) => candidate.name.test(name))
  // Prefix mode adds to whatever cookie the application has.
  if (row === undefined) return { vendor: null, role: null, backend: prefixLabel(value) }
  return { vendor: row.vendor, role: row.role, backend: row.backend?.(value) ?? null }
}

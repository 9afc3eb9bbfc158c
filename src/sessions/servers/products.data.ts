/**
 * Products by what gives them away on the wire, in the order in which it is tried (vendor articles: DLP
 * 173958, SEP 158445 and 156653, ePO KB66797; request lines from public agent sources). A port alone names a
 * product only where it is the product's own; 80 and 443 name none.
 */
import type { ProfileName } from '../../model/deployment.ts'

export interface Product {
  readonly name: string
  readonly profile: ProfileName
  readonly ports: readonly number[]
  /** Matched against the request target. */
  readonly target: RegExp | null
  /** Matched against User-Agent. */
  readonly userAgent: RegExp | null
}

export const PRODUCTS: readonly Product[] = [
  {
    name: 'symantec-sepm',
    profile: 'symantec-sepm',
    ports: [8014],
    target: /^\/secars\/|^\/secreg\//i,
    userAgent: /^Smc$/,
  },
  { name: 'mcafee-epo', profile: 'mcafee-epo', ports: [], target: /^\/spipe\//i, userAgent: /SPIPE\/\d/ },
  { name: 'symantec-dlp-12.5', profile: 'symantec-dlp-12.5', ports: [10443], target: null, userAgent: null },
]

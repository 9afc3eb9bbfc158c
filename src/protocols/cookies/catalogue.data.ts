/**
 * Cookies that devices between agents and servers set, by name: vendors' documents and samples as named.
 * `recalled` rows were not checked against a document. Order matters: the first match counts, and general
 * names stand last.
 *
 * A value is decoded only where the encoding is published or follows from samples; all others are good for
 * equality at most, and some (AWSALB) change with every response without the server changing.
 */
import type { CookieRole } from '../../model/cookie.ts'
import {
  a10Backend,
  barracudaBackend,
  f5Backend,
  labelBackend,
  netScalerBackend,
  routeSuffix,
} from './decoders.ts'

export interface CatalogueRow {
  readonly vendor: string
  readonly role: CookieRole
  readonly name: RegExp
  /** `address:port` or a label out of the value; null if it does not hold one. */
  readonly backend?: (value: string) => string | null
  readonly source: string
}

export const CATALOGUE: readonly CatalogueRow[] = [
  {
    vendor: 'F5 BIG-IP LTM',
    role: 'persistence',
    name: /^BIGipServer/,
    backend: f5Backend,
    source: 'F5 K6917',
  },
  { vendor: 'F5 BIG-IP ASM', role: 'security', name: /^TS[0-9a-f]{6,}$/, source: 'recalled' },
  {
    vendor: 'F5 BIG-IP APM',
    role: 'security',
    name: /^(MRHSession|LastMRH_Session|F5_ST)$/,
    source: 'recalled',
  },
  {
    vendor: 'Citrix NetScaler AppFW',
    role: 'security',
    name: /^citrix_ns_id/,
    source: 'public signature lists',
  },
  {
    vendor: 'Citrix NetScaler',
    role: 'persistence',
    name: /^NSC_/,
    backend: netScalerBackend,
    source: 'public decoders',
  },
  {
    vendor: 'A10 Thunder',
    role: 'persistence',
    name: /^sto-id-\d+/,
    backend: a10Backend,
    source: 'public samples',
  },
  {
    vendor: 'Barracuda',
    role: 'persistence',
    name: /^BNI_persistence$/,
    backend: barracudaBackend,
    source: 'public samples',
  },
  {
    vendor: 'Barracuda',
    role: 'security',
    name: /^(BNI__BARRACUDA_LB_COOKIE|BNES_.+|x-bni-fpc)$/,
    source: 'public samples',
  },
  { vendor: 'Radware Alteon', role: 'persistence', name: /^AlteonP/, source: 'public samples' },
  {
    vendor: 'AWS Application Load Balancer',
    role: 'persistence',
    name: /^AWSALB(CORS|TG|TGCORS|APP-\d)?$/,
    source: 'docs.aws.amazon.com sticky sessions',
  },
  {
    vendor: 'AWS Classic Load Balancer',
    role: 'persistence',
    name: /^AWSELB(CORS)?$/,
    source: 'docs.aws.amazon.com elb-sticky-sessions',
  },
  {
    vendor: 'Azure App Service (ARR)',
    role: 'persistence',
    name: /^ARRAffinity(SameSite)?$/,
    source: 'public samples',
  },
  {
    vendor: 'Azure Application Gateway',
    role: 'persistence',
    name: /^ApplicationGatewayAffinity(CORS)?$/,
    source: 'recalled',
  },
  {
    vendor: 'Google Cloud load balancer',
    role: 'persistence',
    name: /^(GCLB|GCILB|GAESA)$/,
    source: 'public samples',
  },
  { vendor: 'Cloudflare', role: 'persistence', name: /^__cflb$/, source: 'cloudflare-docs#10031' },
  { vendor: 'Cloudflare', role: 'security', name: /^(__cfruid|__cf_bm)$/, source: 'recalled' },
  { vendor: 'Imperva', role: 'persistence', name: /^nlbi_/, source: 'recalled' },
  { vendor: 'Imperva', role: 'security', name: /^(visid_incap_|incap_ses_)/, source: 'recalled' },
  {
    vendor: 'Cloud Foundry',
    role: 'persistence',
    name: /^__VCAP_ID__$/,
    backend: labelBackend,
    source: 'cloudfoundry/routing-release#529',
  },
  {
    vendor: 'Contour / Envoy',
    role: 'persistence',
    name: /^X-Contour-Session-Affinity$/,
    source: 'projectcontour/contour#1157',
  },
  {
    vendor: 'ingress-nginx',
    role: 'persistence',
    name: /^INGRESSCOOKIE$/,
    source: 'kubernetes/ingress-nginx#1980',
  },
  {
    vendor: 'HAProxy',
    role: 'persistence',
    name: /^(SERVERID|SRVNAME|SRV|WEBSVR)$/,
    backend: labelBackend,
    source: 'haproxy configuration.txt',
  },
  { vendor: 'nginx sticky', role: 'persistence', name: /^(route|srv_id|sticky)$/, source: 'recalled' },
  {
    vendor: 'Java servlet container',
    role: 'application',
    name: /^JSESSIONID$/i,
    backend: routeSuffix,
    source: 'Tomcat jvmRoute, WebLogic',
  },
]

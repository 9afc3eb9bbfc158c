/**
 * Cookies that devices and servers set, by name: vendors' documents, code and samples as named at each row.
 * `recalled` rows were not checked against a document. Order matters: the first match counts, and general
 * patterns stand last. Names compare with case (RFC 6265 §5.3).
 *
 * A value is decoded only where the encoding is published or follows from samples. Not in here, for their
 * names are the operator's choice: VMware NSX, Kemp, HAProxy and F5 under other names than these (F5,
 * NetScaler, and HAProxy under maxlife are known by their values all the same).
 */
import type { CookieRole } from '../../model/cookie.ts'
import {
  a10Backend,
  barracudaBackend,
  f5Backend,
  labelBackend,
  netScalerBackend,
  prefixOf,
  routeSuffix,
  stampedLabel,
  urlBackend,
  webLogicNode,
} from './decoders.ts'

export interface CatalogueRow {
  readonly vendor: string
  readonly role: CookieRole
  readonly name: RegExp
  /** What the value must be; absent: anything. */
  readonly value?: RegExp
  /** `address:port` or a label out of the value; null if it does not hold one. */
  readonly backend?: (value: string) => string | null
  /** How far a backend is to be believed; `medium` if absent. */
  readonly confidence?: 'certain' | 'medium'
  /** The row holds for values only that tell a backend. */
  readonly onlyWithBackend?: true
  /** A value that is not decoded, and is the same as long as the server is: another one means another
   * server. */
  readonly changeMeansHop?: true
  readonly note?: string
  readonly source: string
}

/** Session cookies whose own values never hold a `~`: one there is HAProxy's. */
const APPLICATION_SESSION = /^(JSESSIONID|PHPSESSID|ASP\.NET_SessionId|ASPSESSIONID[A-Z]{8})$/

/** The filler of every NetScaler value that is not encrypted, the same in all public samples. */
const NETSCALER_PLAIN = /^[0-9a-f]{16}45525d5f4f58455e445a4a42[0-9a-f]{4}$/

export const CATALOGUE: readonly CatalogueRow[] = [
  {
    vendor: 'F5 BIG-IP LTM',
    role: 'persistence',
    name: /^BIGipServer/,
    backend: f5Backend,
    confidence: 'certain',
    note: 'The rest of the name is the pool. A value that begins with `!` is encrypted, and not decoded.',
    source: 'F5 K6917; nmap http-bigip-cookie.nse',
  },
  {
    vendor: 'F5 BIG-IP ASM',
    role: 'security',
    name: /^TS([0-9a-f]{6,}(_\d+)?|PD(_\d+)?)$/,
    source: 'support.f5silverline.com 360052537934',
  },
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
    vendor: 'Citrix Gateway',
    role: 'security',
    name: /^NSC_(AAAC|TMAA|TMAP|TMAS|TASS|USER|PERS|CERT|TEMP)$/,
    note: 'They share their prefix with the load balancer, and are not its.',
    source: 'recalled',
  },
  {
    vendor: 'Citrix NetScaler',
    role: 'persistence',
    name: /^NSC_/,
    value: NETSCALER_PLAIN,
    backend: netScalerBackend,
    confidence: 'certain',
    changeMeansHop: true,
    note: 'The name is the virtual server with each letter shifted by one: a hint.',
    source: 'public decoders and samples',
  },
  {
    vendor: 'Citrix NetScaler',
    role: 'persistence',
    name: /^NSC_/,
    backend: netScalerBackend,
    note: 'Encrypted values may look decodable: what comes out is refused unless plausible.',
    source: 'public decoders',
  },
  {
    vendor: 'A10 Thunder',
    role: 'persistence',
    name: /^sto-id-/,
    backend: a10Backend,
    confidence: 'certain',
    note: 'The number in the name is the port of the virtual server, its octets swapped.',
    source: 'public samples',
  },
  {
    vendor: 'Barracuda',
    role: 'persistence',
    name: /^BNI_persistence$/,
    backend: barracudaBackend,
    note: 'The newer form is base64 and opaque.',
    source: 'two public samples',
  },
  {
    vendor: 'Barracuda',
    role: 'persistence',
    name: /^BNI__BARRACUDA_LB_COOKIE$/,
    source: 'public signature lists',
  },
  {
    vendor: 'Barracuda',
    role: 'security',
    name: /^(BN[EI]S_.+|x-bni-fpc)$/,
    note: 'Encrypted copies of application cookies, and a fingerprint.',
    source: 'public signature lists',
  },
  {
    vendor: 'Radware Alteon',
    role: 'persistence',
    name: /^AlteonP/,
    note: '22 characters and `$$`, opaque.',
    source: 'public samples',
  },
  {
    vendor: 'AWS Application Load Balancer',
    role: 'persistence',
    name: /^AWSALB((TG)?(CORS)?|APP-\d)$/,
    note: 'Encrypted with a rotating key: the value changes with every response, and never means a hop.',
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
    changeMeansHop: true,
    note: 'Sent as two lines with one value: the hash of an instance.',
    source: 'public samples',
  },
  {
    vendor: 'Azure Application Gateway',
    role: 'persistence',
    name: /^ApplicationGatewayAffinity(CORS)?$/,
    changeMeansHop: true,
    source: 'learn.microsoft.com application-gateway configuration-http-settings; names recalled',
  },
  {
    vendor: 'Google Cloud load balancer',
    role: 'persistence',
    name: /^(GCLB|GCILB|GAESA)$/,
    note: 'Opaque; two clients of one server have two values.',
    source: 'GCLB from a public sample; others recalled',
  },
  {
    vendor: 'Cloudflare',
    role: 'persistence',
    name: /^__cflb$/,
    changeMeansHop: true,
    source: 'cloudflare-docs#10031',
  },
  { vendor: 'Cloudflare', role: 'security', name: /^(__cfruid|__cf_bm)$/, source: 'recalled' },
  { vendor: 'Imperva', role: 'persistence', name: /^nlbi_/, source: 'recalled' },
  { vendor: 'Imperva', role: 'security', name: /^(visid_incap_|incap_ses_)/, source: 'recalled' },
  {
    vendor: 'Cloud Foundry',
    role: 'persistence',
    name: /^__VCAP_ID__$/,
    backend: labelBackend,
    confidence: 'certain',
    note: "The application instance's identifier; set beside a JSESSIONID.",
    source: 'cloudfoundry/routing-release#529',
  },
  {
    vendor: 'Contour / Envoy',
    role: 'persistence',
    name: /^X-Contour-Session-Affinity$/,
    note: 'What is hashed to choose a server, not what names one.',
    source: 'projectcontour/contour#1157',
  },
  {
    vendor: 'ingress-nginx',
    role: 'persistence',
    name: /^(INGRESSCOOKIE|route)$/,
    value: /\|[0-9a-f]{32}$/,
    note: "First the client's key (a hash, or time and random numbers), then the ingress: no server.",
    source: 'kubernetes/ingress-nginx#7960, #1980',
  },
  {
    vendor: 'ingress-nginx',
    role: 'persistence',
    name: /^INGRESSCOOKIE$/,
    source: 'kubernetes/ingress-nginx#1980',
  },
  {
    vendor: 'Alibaba Cloud SLB',
    role: 'persistence',
    name: /^SERVERID$/,
    value: /^[0-9a-f]{32}\|\d{10}\|\d{10}$/,
    backend: labelBackend,
    note: 'The first field stands for the server, the others are times.',
    source: 'recalled',
  },
  { vendor: 'Alibaba Cloud WAF', role: 'security', name: /^acw_tc$/, source: 'recalled' },
  {
    vendor: 'OVH',
    role: 'persistence',
    name: /^SERVERID\d+$/,
    value: /^\d+\|/,
    backend: labelBackend,
    source: 'recalled',
  },
  {
    vendor: 'HAProxy',
    role: 'persistence',
    name: /^(SERVERID|SRVNAME|SRV|WEBSVR)$/,
    backend: labelBackend,
    note: "The value is the server's `cookie` argument, with stamps behind `|` under maxidle and maxlife.",
    source: 'haproxy doc/configuration.txt; Oracle Linux load balancing guide',
  },
  {
    vendor: 'nginx sticky',
    role: 'persistence',
    name: /^(route|srv_id|sticky)$/,
    value: /^([0-9a-f]{32}|[0-9a-f]{40}|\d{1,4})$/,
    changeMeansHop: true,
    note: 'MD5 or SHA-1 of address and port, or the index of the server.',
    source: 'nginx.org ngx_http_upstream_module sticky; nginx-sticky-module-ng',
  },
  {
    vendor: 'nginx sticky',
    role: 'persistence',
    name: /^srv_id$/,
    backend: labelBackend,
    onlyWithBackend: true,
    note: "The server's `route` parameter, where it has one.",
    source: 'nginx.org ngx_http_upstream_module sticky, server route=',
  },
  {
    vendor: 'Traefik',
    role: 'persistence',
    name: /^(_TRAEFIK_BACKEND|_[0-9a-f]{5})$/,
    backend: urlBackend,
    confidence: 'certain',
    onlyWithBackend: true,
    note: "The server's URL, in early versions.",
    source: 'traefik/traefik#1744; names recalled',
  },
  {
    vendor: 'Traefik',
    role: 'persistence',
    name: /^_[0-9a-f]{5}$/,
    value: /^[0-9a-f]{16}$/,
    changeMeansHop: true,
    note: "A hash of the server's URL.",
    source: 'recalled',
  },
  {
    vendor: 'HAProxy',
    role: 'application',
    name: APPLICATION_SESSION,
    value: /~/,
    backend: (value) => prefixOf(value)?.label ?? null,
    onlyWithBackend: true,
    note: "Prefix mode: the application's cookie, the server's label and `~` before its value.",
    source: 'haproxy doc/configuration.txt',
  },
  {
    vendor: 'Oracle WebLogic',
    role: 'application',
    name: /^JSESSIONID$/,
    backend: webLogicNode,
    confidence: 'certain',
    onlyWithBackend: true,
    source: 'public samples',
  },
  {
    vendor: 'Java servlet container',
    role: 'application',
    name: /^JSESSIONID$/i,
    backend: routeSuffix,
    note: 'jvmRoute, where it is set.',
    source: 'Apache Tomcat; public samples',
  },
  {
    vendor: 'F5 BIG-IP LTM',
    role: 'persistence',
    name: /./,
    value: /^(\d{1,10}\.\d{1,5}\.0000|vi[0-9a-f]{32}\.\d{1,5}|rd\d{1,5}o[0-9a-f]{32}o\d{1,5})$/,
    backend: f5Backend,
    onlyWithBackend: true,
    note: 'Under a name of the operator: known by the form of its value.',
    source: 'F5 K6917',
  },
  {
    vendor: 'HAProxy',
    role: 'persistence',
    name: /./,
    backend: stampedLabel,
    onlyWithBackend: true,
    note: 'Under a name of the operator: known by the two times behind the label, under maxlife.',
    source: 'haproxy src/http_ana.c; HAProxy 2 as observed',
  },
  {
    vendor: 'Citrix NetScaler',
    role: 'persistence',
    name: /./,
    value: NETSCALER_PLAIN,
    backend: netScalerBackend,
    changeMeansHop: true,
    note: 'Under a name of the operator: known by its filler.',
    source: 'public samples',
  },
]

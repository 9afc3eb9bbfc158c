/**
 * Header lines by which devices and services between the two ends give themselves away. Name in lower case ->
 * what in the value names a product; a line without patterns says only that something stands there. Sources:
 * the vendors' manuals; RFC 9110 §7.6.3 (Via), RFC 9211 (Cache-Status).
 */
export interface Trace {
  readonly name: string
  readonly products: readonly (readonly [pattern: RegExp, product: string])[]
  /** What the line means by its mere presence. */
  readonly always: string | null
  /** Only a value that names a product counts: servers send this line as well. */
  readonly onlyNamed: boolean
}

const NAMES: Trace['products'] = [
  [/big-?ip/i, 'f5-bigip'],
  [/netscaler|citrix|^ns-/i, 'citrix-netscaler'],
  [/awselb/i, 'aws-elb'],
  [/cloudfront/i, 'aws-cloudfront'],
  [/cloudflare/i, 'cloudflare'],
  [/akamai|ghost/i, 'akamai'],
  [/varnish/i, 'varnish'],
  [/squid/i, 'squid'],
  [/haproxy/i, 'haproxy'],
  [/envoy/i, 'envoy'],
  [/traefik/i, 'traefik'],
  [/apachetrafficserver|\bATS\b/i, 'apache-traffic-server'],
  [/mcafee web gateway|skyhigh/i, 'mcafee-web-gateway'],
  [/blue ?coat|proxysg/i, 'bluecoat-proxysg'],
  [/zscaler/i, 'zscaler'],
  [/fortigate|fortiweb|fortiadc/i, 'fortinet'],
  [/barracuda/i, 'barracuda'],
  [/alteon|radware/i, 'radware'],
  [/\bgoogle\b|gfe/i, 'google-front-end'],
  [/microsoft-azure-application-gateway/i, 'azure-application-gateway'],
  [/\bISA\b|\bTMG\b|forefront/i, 'microsoft-tmg'],
]

const named = (name: string): Trace => ({ name, products: NAMES, always: null, onlyNamed: false })
const sure = (name: string, product: string): Trace => ({
  name,
  products: [],
  always: product,
  onlyNamed: false,
})
const bare = (name: string): Trace => ({ name, products: [], always: null, onlyNamed: false })

export const TRACES: readonly Trace[] = [
  named('via'),
  { name: 'server', products: NAMES, always: null, onlyNamed: true },
  named('proxy-agent'),
  named('x-served-by'),
  named('x-cache'),
  named('cache-status'),
  bare('x-backend-server'),
  bare('x-server'),
  bare('x-upstream'),
  sure('x-varnish', 'varnish'),
  sure('x-azure-ref', 'azure-front-door'),
  sure('x-amz-cf-id', 'aws-cloudfront'),
  sure('x-amzn-trace-id', 'aws-elb'),
  sure('x-arr-log-id', 'microsoft-arr'),
  sure('cf-ray', 'cloudflare'),
  sure('x-squid-error', 'squid'),
  sure('x-envoy-upstream-service-time', 'envoy'),
  sure('x-bluecoat-via', 'bluecoat-proxysg'),
  sure('x-wa-info', 'f5-bigip'),
  // NetScaler spoils `Connection: close` of servers so, keeping the head's length and checksum.
  sure('cneonction', 'citrix-netscaler'),
  sure('nncoection', 'citrix-netscaler'),
]

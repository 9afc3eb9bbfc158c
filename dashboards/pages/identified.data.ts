/** By what an agent is known, in words. */
const WORDS: Readonly<Record<string, string>> = {
  'http-header': 'a header of its own',
  'url-parameter': 'a parameter in its URLs',
  cookie: 'a cookie',
  'payload-pattern': 'its name in the payload',
  'client-certificate': 'its certificate',
  'tls-session': 'resumed TLS sessions',
  'proxy-header': 'a proxy’s header',
  'forwarded-header': 'an address that a proxy forwards',
  inventory: 'the inventory',
  mac: 'its MAC address',
  'tls-fingerprint': 'its TLS fingerprint',
  address: 'its address alone',
}

/** A kind that is not listed stays as it is. */
export const identifiedWords = (kind: string): string => WORDS[kind] ?? kind

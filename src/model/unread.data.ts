/** Why parts of streams, and datagrams, could not be read, or only so far: the parsers' reasons, and how
 * people read them, with their number behind. */

export const UNREAD_WORDS = {
  'stream-without-room': 'holes in streams given up for lack of room',
  'nested-too-deep': 'streams nested too deep',
  'http-head-too-large': 'HTTP heads too large',
  'http-head-malformed': 'malformed HTTP heads',
  'http-start-line-malformed': 'malformed HTTP start lines',
  'http-start-line-too-long': 'HTTP start lines too long',
  'http-too-many-header-lines': 'HTTP heads with too many lines',
  'http-length-ambiguous': 'HTTP bodies of ambiguous length',
  'http-too-many-interim-responses': 'HTTP responses after too many interim ones',
  'http-pairing-lost': 'HTTP connections on which requests and responses no longer pair',
  'http-place-lost': 'losses of place in HTTP',
  'http2-place-lost': 'losses of place in HTTP/2',
  'http2-table-over-limit': 'HTTP/2 field tables beyond the limit',
  'http2-fields-unknown': 'HTTP/2 heads with fields that the capture does not hold',
  'http2-header-list-too-large': 'HTTP/2 heads too large',
  'http2-header-block-too-large': 'HTTP/2 header blocks too large',
  'http2-header-block-malformed': 'malformed HTTP/2 header blocks',
  'http2-header-block-lost': 'HTTP/2 header blocks not captured whole',
  'http2-too-many-streams': 'HTTP/2 streams beyond the limit',
  'http2-too-many-bodies': 'HTTP/2 bodies beyond the limit',
  'http2-request-unknown': 'HTTP/2 responses to requests that were not captured',
  'smtp-pairing-lost': 'SMTP connections on which commands and replies no longer pair',
  'smtp-bare-line-feed': 'SMTP messages with bare line feeds',
  'smtp-not-understood': 'SMTP connections that were not understood',
  'dns-malformed': 'malformed DNS messages',
  'dns-place-lost': 'losses of place in DNS',
  'dns-other': 'datagrams at the port of DNS that hold no query',
  'tls-record-unopened': 'TLS records that their keys did not open',
  'tls-message-malformed': 'malformed TLS handshake messages',
  'tls-place-lost': 'losses of place in TLS',
  'tls-too-many-facts': 'TLS alerts, tickets and handshakes beyond the limit',
} as const satisfies Readonly<Record<string, string>>

export type UnreadReason = keyof typeof UNREAD_WORDS

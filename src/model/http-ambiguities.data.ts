/**
 * What makes an HTTP message ambiguous: two readers on its way could read it differently, or its sender does
 * what the standard forbids. Name -> what is the matter, and where the standard speaks of it.
 */
export const AMBIGUITIES = {
  'bare-lf': 'a line ends with LF alone (RFC 9112 §2.2)',
  'bare-cr': 'a CR stands within a line (RFC 9112 §2.2)',
  'start-line-spaces': 'more than one space, or another blank, between the parts of the start line (§3, §4)',
  'version-unknown': 'a version other than 1.0 and 1.1 (RFC 9112 §2.3)',
  'folded-line': 'a header line goes on in the next (RFC 9112 §5.2)',
  'blank-before-colon': 'white space between name and colon (RFC 9112 §5.1)',
  'line-without-colon': 'a header line that has no colon, or no name (RFC 9112 §5)',
  'name-malformed': 'a name that is no token (RFC 9110 §5.6.2)',
  'control-octet': 'NUL or another control octet in a value (RFC 9110 §5.5)',
  'length-malformed': 'a Content-Length that is no decimal number (RFC 9110 §8.6)',
  'length-repeated': 'the same Content-Length several times (RFC 9112 §6.3)',
  'length-conflict': 'several Content-Lengths that differ (RFC 9112 §6.3)',
  'length-and-coding': 'Content-Length and Transfer-Encoding in one message (RFC 9112 §6.3)',
  'length-forbidden': 'a length or coding where no body may be: 1xx, 204 (RFC 9110 §8.6, RFC 9112 §6.1)',
  'coding-unknown': 'a transfer coding that is not registered, such as `chunked` misspelt (RFC 9112 §7)',
  'coding-repeated': 'chunked applied twice, or not last (RFC 9112 §6.1)',
  'coding-in-1.0': 'Transfer-Encoding in a message of HTTP/1.0 (RFC 9112 §6.1)',
  'length-unstated': 'a response body that ends with the connection (RFC 9112 §6.3)',
  'host-missing': 'a request of HTTP/1.1 without Host (RFC 9112 §3.2)',
  'host-repeated': 'several Host lines (RFC 9112 §3.2)',
  'host-conflict': ':authority and host differ (RFC 9113 §8.3.1)',
  'fields-unknown': 'fields that refer to header blocks which were not seen are left out (RFC 7541 §2.3)',
  'fields-cut': 'further fields are left out: there are more than are kept',
  'name-not-lowercase': 'an upper-case field name in HTTP/2 (RFC 9113 §8.2.1)',
  'pseudo-field-misplaced':
    'a pseudo-header field that is unknown, repeated, or behind others (RFC 9113 §8.3)',
  'connection-field': 'a field of HTTP/1 connections in HTTP/2 (RFC 9113 §8.2.2)',
  'chunk-size-odd': 'a chunk size with blanks about it or more digits than it needs (RFC 9112 §7.1)',
  'chunk-bare-lf': 'a line of the chunked coding ends with LF alone (RFC 9112 §7.1)',
  'chunk-malformed': 'the chunked coding breaks off with something else (RFC 9112 §7.1)',
  'length-differs': 'the body is not as long as its Content-Length says (RFC 9113 §8.1.1)',
} as const

export type HttpAmbiguity = keyof typeof AMBIGUITIES

/**
 * The protocols that are recognised, in the order in which they are asked: the more distinctive beginning
 * first. The first that is certain has the stream. What stands before a protocol without being one (a PROXY
 * header) is the dispatcher's business.
 */
import { openDns } from './dns/parser.ts'
import { DNS_PORTS, recognisesDns } from './dns/recognise.ts'
import { openHttp } from './http/parser.ts'
import { recognisesHttp } from './http/recognise.ts'
import { recognisesHttp2 } from './http/http2/frames.ts'
import { openHttp2 } from './http/http2/parser.ts'
import type { Protocol } from './protocol.ts'
import { openSmtp } from './smtp/parser.ts'
import { recognisesSmtp, SMTP_PORTS } from './smtp/recognise.ts'
import { openTls, recognisesTls } from './tls/parser.ts'

export const PROTOCOLS: readonly Protocol[] = [
  {
    name: 'tls',
    recognises: recognisesTls,
    open: openTls,
  },
  {
    name: 'http',
    recognises: recognisesHttp,
    open: openHttp,
  },
  {
    name: 'http2',
    recognises: recognisesHttp2,
    open: (context, _openInner, decrypted) => openHttp2(context, decrypted),
  },
  { name: 'smtp', ports: SMTP_PORTS, recognises: recognisesSmtp, open: openSmtp },
  { name: 'dns', ports: DNS_PORTS, recognises: recognisesDns, open: openDns },
]

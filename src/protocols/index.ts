/**
 * The protocols that are recognised, in the order in which they are asked: the more distinctive beginning
 * first. The first that is certain has the stream. What stands before a protocol without being one (a PROXY
 * header) is the dispatcher's business.
 */
import { openHttp } from './http/parser.ts'
import { recognisesHttp } from './http/recognise.ts'
import type { Protocol } from './protocol.ts'
import { recognisesSmtp } from './smtp/recognise.ts'
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
    open: (context, openInner, decrypted) =>
      openHttp(context, (inner) => openInner(inner, decrypted), decrypted),
  },
  { name: 'smtp', recognises: recognisesSmtp, open: null },
]

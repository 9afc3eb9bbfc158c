/** The part of pcap-parser 0.2.1 that the tests use; the package brings no types. */
declare module 'pcap-parser' {
  import type { EventEmitter } from 'node:events'
  import type { Readable } from 'node:stream'

  const pcapParser: { parse(input: Readable): EventEmitter }
  export default pcapParser
}

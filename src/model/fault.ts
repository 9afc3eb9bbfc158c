/** What stopped the decoding of something: counted and skipped on the hot path, spelt out where a person
 * asks. */
export interface Fault {
  /** The layer or format that contradicts itself: `pcap`, `ipv4`, `tcp`, `tls`, ... */
  readonly layer: string
  /** Offset of the offending field: in the file for capture formats, in the frame for headers. */
  readonly at: number
  readonly message: string
}

/** For people: with the place, unless the message names one. */
export const faultText = ({ message, at }: Fault): string =>
  /\boffset \d/.test(message) ? message : `${message} (at offset ${at})`

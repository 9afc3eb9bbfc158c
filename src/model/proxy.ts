/** The TLVs of a PROXY header of version 2: what it says beyond addresses (proxy-protocol.txt, §2.2). */
export interface ProxyExtensions {
  readonly alpn: string | null
  /** The host name that the client asked for: the SNI, as a rule. */
  readonly authority: string | null
  /** CRC-32C of the header; null: there is none, or the header is longer than what is held of it. */
  readonly checksum: 'right' | 'wrong' | null
  /** In hexadecimal. */
  readonly uniqueId: string | null
  readonly tls: ProxyTls | null
  /** Name of the network namespace. */
  readonly namespace: string | null
  /** AWS: the endpoint of PrivateLink. */
  readonly vpcEndpoint: string | null
  /** Azure: the number of the private endpoint's link. */
  readonly privateLink: number | null
  /** GCP: the number of the Private Service Connect connection, in decimal. */
  readonly serviceConnection: string | null
  /** Types that are not read. */
  readonly others: readonly number[]
  /** The TLVs go on where the header does not, or beyond what is held of it. */
  readonly cut: boolean
}

/** §2.2.6: what the proxy knows of the TLS that it ended. */
export interface ProxyTls {
  readonly clientUsedTls: boolean
  readonly certificateOnConnection: boolean
  readonly certificateInSession: boolean
  /** The client presented a certificate and it was verified. */
  readonly verified: boolean
  readonly version: string | null
  readonly commonName: string | null
  readonly cipher: string | null
  readonly signatureAlgorithm: string | null
  readonly keyAlgorithm: string | null
}

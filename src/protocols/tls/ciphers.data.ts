/**
 * Cipher suites that can be decrypted, out of the IANA registry "TLS Cipher Suites" (RFC 5246, 5288, 5932,
 * 6209, 6367, 6655, 7251, 7905, 8422, 8446). Key exchange and signature play no part, so suites stand under
 * what protects their records.
 *
 * Deliberately absent: RC4, DES, IDEA and SEED, which OpenSSL 3 keeps in a provider that node does not load;
 * NULL.
 */

/** What protects the records. Lengths in octets. */
export interface Bulk {
  readonly kind: 'aead' | 'cbc'
  /** The name that node:crypto has for it. */
  readonly cipher: string
  readonly mode: 'cbc' | 'gcm' | 'ccm' | 'poly1305'
  readonly keyBytes: number
  /**
   * CBC: one block. AEAD: what the key schedule of TLS 1.2 gives; the rest of the nonce stands in the record.
   */
  readonly ivBytes: number
  /** Explicit part of the nonce in each TLS 1.2 record. */
  readonly explicitNonceBytes: number
  readonly tagBytes: number
}

export type Hash = 'sha1' | 'sha256' | 'sha384'

/** Octets that each gives (FIPS 180-4 §1). */
export const HASH_BYTES: { readonly [hash in Hash]: number } = { sha1: 20, sha256: 32, sha384: 48 }

export interface Suite {
  readonly bulk: Bulk
  /** CBC: the record MAC. AEAD: the hash of the key schedule. */
  readonly hash: Hash
}

const cbc = (cipher: string, keyBytes: number, ivBytes: number): Bulk => ({
  kind: 'cbc',
  cipher,
  mode: 'cbc',
  keyBytes,
  ivBytes,
  explicitNonceBytes: 0,
  tagBytes: 0,
})

/** AES and ARIA in counter modes: RFC 5288 §3, RFC 6655 §3. */
const counter = (cipher: string, keyBytes: number, tagBytes: number): Bulk => ({
  kind: 'aead',
  cipher,
  mode: cipher.endsWith('ccm') ? 'ccm' : 'gcm',
  keyBytes,
  ivBytes: 4,
  explicitNonceBytes: 8,
  tagBytes,
})

/** RFC 7905 §2: no explicit nonce. */
const CHACHA20_POLY1305: Bulk = {
  kind: 'aead',
  cipher: 'chacha20-poly1305',
  mode: 'poly1305',
  keyBytes: 32,
  ivBytes: 12,
  explicitNonceBytes: 0,
  tagBytes: 16,
}

const GROUPS: readonly (readonly [Bulk, Hash, readonly number[]])[] = [
  [
    cbc('des-ede3-cbc', 24, 8),
    'sha1',
    [
      0x000a, 0x000d, 0x0010, 0x0013, 0x0016, 0x001b, 0x001f, 0x008b, 0x008f, 0x0093, 0xc003, 0xc008, 0xc00d,
      0xc012, 0xc017, 0xc01a, 0xc01b, 0xc01c, 0xc034, 0xfeff, 0xffe0,
    ],
  ],
  [
    cbc('aes-128-cbc', 16, 16),
    'sha1',
    [
      0x002f, 0x0030, 0x0031, 0x0032, 0x0033, 0x0034, 0x008c, 0x0090, 0x0094, 0xc004, 0xc009, 0xc00e, 0xc013,
      0xc018, 0xc01d, 0xc01e, 0xc01f, 0xc035,
    ],
  ],
  [
    cbc('aes-256-cbc', 32, 16),
    'sha1',
    [
      0x0035, 0x0036, 0x0037, 0x0038, 0x0039, 0x003a, 0x008d, 0x0091, 0x0095, 0xc005, 0xc00a, 0xc00f, 0xc014,
      0xc019, 0xc020, 0xc021, 0xc022, 0xc036,
    ],
  ],
  [
    cbc('aes-128-cbc', 16, 16),
    'sha256',
    [
      0x003c, 0x003e, 0x003f, 0x0040, 0x0067, 0x006c, 0x00ae, 0x00b2, 0x00b6, 0xc023, 0xc025, 0xc027, 0xc029,
      0xc037,
    ],
  ],
  [cbc('aes-256-cbc', 32, 16), 'sha256', [0x003d, 0x0068, 0x0069, 0x006a, 0x006b, 0x006d]],
  [cbc('aes-256-cbc', 32, 16), 'sha384', [0x00af, 0x00b3, 0x00b7, 0xc024, 0xc026, 0xc028, 0xc02a, 0xc038]],
  [cbc('camellia-128-cbc', 16, 16), 'sha1', [0x0041, 0x0042, 0x0043, 0x0044, 0x0045, 0x0046]],
  [cbc('camellia-256-cbc', 32, 16), 'sha1', [0x0084, 0x0085, 0x0086, 0x0087, 0x0088, 0x0089]],
  [
    cbc('camellia-128-cbc', 16, 16),
    'sha256',
    [
      0x00ba, 0x00bb, 0x00bc, 0x00bd, 0x00be, 0x00bf, 0xc072, 0xc074, 0xc076, 0xc078, 0xc094, 0xc096, 0xc098,
      0xc09a,
    ],
  ],
  [cbc('camellia-256-cbc', 32, 16), 'sha256', [0x00c0, 0x00c1, 0x00c2, 0x00c3, 0x00c4, 0x00c5]],
  [
    cbc('camellia-256-cbc', 32, 16),
    'sha384',
    [0xc073, 0xc075, 0xc077, 0xc079, 0xc095, 0xc097, 0xc099, 0xc09b],
  ],
  [
    cbc('aria-128-cbc', 16, 16),
    'sha256',
    [
      0xc03c, 0xc03e, 0xc040, 0xc042, 0xc044, 0xc046, 0xc048, 0xc04a, 0xc04c, 0xc04e, 0xc064, 0xc066, 0xc068,
      0xc070,
    ],
  ],
  [
    cbc('aria-256-cbc', 32, 16),
    'sha384',
    [
      0xc03d, 0xc03f, 0xc041, 0xc043, 0xc045, 0xc047, 0xc049, 0xc04b, 0xc04d, 0xc04f, 0xc065, 0xc067, 0xc069,
      0xc071,
    ],
  ],
  [
    counter('aes-128-gcm', 16, 16),
    'sha256',
    [
      0x1301, 0x009c, 0x009e, 0x00a0, 0x00a2, 0x00a4, 0x00a6, 0x00a8, 0x00aa, 0x00ac, 0xc02b, 0xc02d, 0xc02f,
      0xc031, 0xc0b0, 0xd001,
    ],
  ],
  [
    counter('aes-256-gcm', 32, 16),
    'sha384',
    [
      0x1302, 0x009d, 0x009f, 0x00a1, 0x00a3, 0x00a5, 0x00a7, 0x00a9, 0x00ab, 0x00ad, 0xc02c, 0xc02e, 0xc030,
      0xc032, 0xc0b1, 0xd002,
    ],
  ],
  [
    counter('aria-128-gcm', 16, 16),
    'sha256',
    [0xc050, 0xc052, 0xc054, 0xc056, 0xc058, 0xc05a, 0xc05c, 0xc05e, 0xc060, 0xc062, 0xc06a, 0xc06c, 0xc06e],
  ],
  [
    counter('aria-256-gcm', 32, 16),
    'sha384',
    [0xc051, 0xc053, 0xc055, 0xc057, 0xc059, 0xc05b, 0xc05d, 0xc05f, 0xc061, 0xc063, 0xc06b, 0xc06d, 0xc06f],
  ],
  [
    counter('aes-128-ccm', 16, 16),
    'sha256',
    [0x1304, 0xc09c, 0xc09e, 0xc0a4, 0xc0a6, 0xc0ac, 0xc0b2, 0xd005],
  ],
  [counter('aes-256-ccm', 32, 16), 'sha256', [0xc09d, 0xc09f, 0xc0a5, 0xc0a7, 0xc0ad, 0xc0b3]],
  [counter('aes-128-ccm', 16, 8), 'sha256', [0x1305, 0xc0a0, 0xc0a2, 0xc0a8, 0xc0aa, 0xc0ae, 0xc0ff, 0xd003]],
  [counter('aes-256-ccm', 32, 8), 'sha256', [0xc0a1, 0xc0a3, 0xc0a9, 0xc0ab, 0xc0af]],
  [CHACHA20_POLY1305, 'sha256', [0x1303, 0xcca8, 0xcca9, 0xccaa, 0xccab, 0xccac, 0xccad, 0xccae]],
]

/** Suite number to what protects its records. */
export const SUITES: ReadonlyMap<number, Suite> = new Map(
  GROUPS.flatMap(([bulk, hash, numbers]) =>
    numbers.map((number): [number, Suite] => [number, { bulk, hash }]),
  ),
)

/** What protects records by an AEAD, numbered. */
export const AEADS: readonly Bulk[] = GROUPS.map(([bulk]) => bulk).filter(({ kind }) => kind === 'aead')

/** Suites whose tag has 8 octets (RFC 6655, RFC 8446 §B.4): their alerts are that much shorter. */
export const hasShortTag = (suite: number): boolean => SUITES.get(suite)?.bulk.tagBytes === 8

/**
 * Suites whose premaster secret the client encrypts for the server's RSA key (TLS_RSA_WITH_...): with that
 * private key they can be read.
 */
export const RSA_EXCHANGE: ReadonlySet<number> = new Set([
  0x000a, 0x002f, 0x0035, 0x003c, 0x003d, 0x0041, 0x0084, 0x009c, 0x009d, 0x00ba, 0x00c0, 0xc03c, 0xc03d,
  0xc050, 0xc051, 0xc09c, 0xc09d, 0xc0a0, 0xc0a1, 0xfeff, 0xffe0,
])

/** Numbers of the TLS registries that are read here (IANA "TLS Parameters", "TLS ExtensionType Values"). */

/** Record content types, RFC 8446 §5.1 and RFC 6520. */
export const CHANGE_CIPHER_SPEC = 20
export const ALERT = 21
export const HANDSHAKE = 22
export const APPLICATION_DATA = 23
export const HEARTBEAT = 24

/**
 * Handshake message types, RFC 8446 §4, RFC 5246 §7.4, RFC 5077, RFC 8879: those that mean something here.
 */
export const HELLO_REQUEST = 0
export const CLIENT_HELLO = 1
export const SERVER_HELLO = 2
export const NEW_SESSION_TICKET = 4
export const END_OF_EARLY_DATA = 5
export const ENCRYPTED_EXTENSIONS = 8
export const CERTIFICATE = 11
export const SERVER_KEY_EXCHANGE = 12
export const CERTIFICATE_REQUEST = 13
export const SERVER_HELLO_DONE = 14
export const CLIENT_KEY_EXCHANGE = 16
export const FINISHED = 20
export const CERTIFICATE_STATUS = 22
export const KEY_UPDATE = 24
export const COMPRESSED_CERTIFICATE = 25

/** Extensions, RFC 8446 §4.2 and the RFC of each. */
export const SERVER_NAME = 0
export const STATUS_REQUEST = 5
export const SUPPORTED_GROUPS = 10
export const EC_POINT_FORMATS = 11
export const SIGNATURE_ALGORITHMS = 13
export const ALPN = 16
export const ENCRYPT_THEN_MAC = 22
export const EXTENDED_MASTER_SECRET = 23
export const SESSION_TICKET = 35
export const PRE_SHARED_KEY = 41
export const EARLY_DATA = 42
export const SUPPORTED_VERSIONS = 43

/** Protocol versions as they stand in hello messages. */
export const SSL_2 = 0x0002
export const SSL_3 = 0x0300
export const TLS_1_0 = 0x0301
export const TLS_1_1 = 0x0302
export const TLS_1_2 = 0x0303
export const TLS_1_3 = 0x0304
/** High octet of the draft versions of TLS 1.3, `0x7f00 | draft` (draft-ietf-tls-tls13-28 §4.2.1.1). */
export const TLS_1_3_DRAFT = 0x7f

/** Alerts, RFC 8446 §6. */
export const FATAL = 2
export const CLOSE_NOTIFY = 0

/** The ServerHello.random that marks a HelloRetryRequest: SHA-256 of that name (RFC 8446 §4.1.3). */
export const HELLO_RETRY_RANDOM = 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c'

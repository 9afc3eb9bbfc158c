/** What `holdfast serve` does unless it is told otherwise, as people write it. */

export const SERVE_DEFAULTS = {
  listen: '127.0.0.1:8480',
  db: './holdfast.db',
  maxUpload: '20G',
  keepCaptures: '30d',
  keepCapturesSize: '100G',
  keepRows: '365d',
  keepRowsSize: '50G',
} as const

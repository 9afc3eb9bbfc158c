/** The words after `holdfast report`, as they were typed. */

export interface ReportOptions {
  /** The database file that is reported on. */
  readonly db: string
  /** One capture's number; absent: all that is stored. */
  readonly capture?: string
  /** `html` or `markdown`. */
  readonly format: string
  /** The file to write, which appears when it is whole; `-` is standard output. */
  readonly output: string
}

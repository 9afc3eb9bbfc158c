/** The formats of a report; only the one that is asked for is loaded. */
import type { ReportData } from './data.ts'

export const REPORT_FORMATS = ['html', 'markdown'] as const
export type ReportFormat = (typeof REPORT_FORMATS)[number]

export async function reportWriter(format: ReportFormat): Promise<(data: ReportData) => string> {
  if (format === 'html') return (await import('./html/page.ts')).reportHtml
  return (await import('./markdown/page.ts')).reportMarkdown
}

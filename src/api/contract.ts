/** The API's answers, as types: what the dashboards and other clients are written against. */
export type * from '../model/view.ts'

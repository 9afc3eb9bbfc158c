/** What messages and reports call an input. */
export const inputName = (path: string): string => (path === '-' ? 'standard input' : path)

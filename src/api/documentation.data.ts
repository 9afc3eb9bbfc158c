/** The style sheet of the API's page. */
export const DOCUMENT_STYLES = `
:root { color-scheme: light dark; --ink: light-dark(#1c1b19, #ebe9e4); --soft: light-dark(#5c5850, #a8a49b);
  --paper: light-dark(#fdfcf9, #171614); --sunk: light-dark(#f3f1ea, #21201d); --line: light-dark(#dedad0, #37352f);
  --accent: light-dark(#1f5d8c, #7db8e6); }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1rem 6rem; max-width: 60rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 24px; margin: 0; } h2 { font-size: 18px; margin: 2.5rem 0 .5rem; } h3 { font-size: 13px; margin: 1rem 0 .25rem; }
p { max-width: 68ch; } a { color: var(--accent); } main { overflow-wrap: anywhere; } :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
code, pre { font: 13px/1.5 ui-monospace, monospace; } pre { overflow-x: auto; background: var(--sunk); padding: .75rem; margin: 0; }
details { border-top: 1px solid var(--line); padding: .5rem 0; } details:target { background: var(--sunk); }
summary { cursor: pointer; } summary code { margin-right: .75rem; } summary span { color: var(--soft); }
table { border-collapse: collapse; width: 100%; font-size: 13px; } th, td { text-align: left; vertical-align: top;
  padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; } th { color: var(--soft); font-weight: 500; }
@media print { details { break-inside: avoid; } }
`

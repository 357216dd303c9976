/** The looks of the page: in both colour schemes, on paper, and on the narrowest of screens. */

export const style = `
:root {
  color-scheme: light dark;
  --paper: #fff; --ink: #1c2024; --quiet: #5a626b; --rule: #d9dde2; --band: #f5f6f8;
  --code: #24405e; --yes: #17653a; --yes-band: #e3f4e9; --never: #a1161c; --never-band: #fde9e9; --focus: #1a5fb4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15181c; --ink: #e4e7eb; --quiet: #a3abb5; --rule: #343a42; --band: #1d2126;
    --code: #b5d3f5; --yes: #8ed8aa; --yes-band: #17301f; --never: #ffa8a8; --never-band: #3b1b1d; --focus: #8ab8ff;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; max-width: 70rem; padding: 1.5rem clamp(0.75rem, 3vw, 2.5rem) 3rem;
  background: var(--paper); color: var(--ink);
  font: 0.9375rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif;
  overflow-wrap: anywhere;
}
h1 { margin: 0; font-size: clamp(1.4rem, 1.1rem + 1.4vw, 1.9rem); line-height: 1.2; letter-spacing: -0.015em; }
h1 .stack { color: var(--quiet); font-weight: 400; }
h2 { margin: 2.25rem 0 0.25rem; font-size: 1.125rem; line-height: 1.3; }
p { margin: 0.25rem 0 0.75rem; max-width: 46rem; color: var(--quiet); }
header p { margin-top: 0.5rem; }
code {
  color: var(--code); font: 0.9em/1.45 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace;
  unicode-bidi: isolate; white-space: pre-wrap;
}
.scroll { overflow-x: auto; border: 1px solid var(--rule); border-radius: 6px; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { padding: 0.5rem 0.75rem; text-align: start; color: var(--quiet); font-size: 0.875rem; }
th, td { padding: 0.3125rem 0.75rem; text-align: start; vertical-align: top; }
thead th {
  border-block: 1px solid var(--rule); color: var(--quiet);
  font-size: 0.8125rem; font-weight: 600; white-space: nowrap; overflow-wrap: normal;
}
tbody tr + tr > * { border-top: 1px solid var(--rule); }
tbody + tbody { border-top: 1px solid var(--rule); }
.group { background: var(--band); }
.group th { font-weight: 600; }
.rules { table-layout: fixed; min-width: 20rem; }
.answer { width: 5.5rem; }
.place { width: 14rem; }
.note { color: var(--quiet); font-size: 0.8125rem; font-weight: 400; }
.listeners { min-width: 43.5rem; }
.listeners :is(th, code) { white-space: nowrap; }
.group .note { margin-inline-start: 0.5rem; }
.listeners .note { display: block; min-width: 6.5rem; white-space: normal; }
.listeners th .note { min-width: 9.5rem; }
.line code, .no, .none { color: var(--quiet); }
.yes, .never { display: inline-block; padding: 0 0.4375rem; border-radius: 4px; font-size: 0.8125rem; font-weight: 600; overflow-wrap: normal; }
.yes { background: var(--yes-band); color: var(--yes); }
.never { background: var(--never-band); color: var(--never); }
ul { margin: 0; padding: 0; list-style: none; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.125rem 1rem; margin: 0.5rem 0 0.75rem; }
dt { font-weight: 600; } dd { margin: 0; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
main:focus { outline: none; }
.skip {
  position: absolute; left: 0.75rem; top: -4rem; padding: 0.5rem 0.75rem; border-radius: 4px;
  background: var(--paper); color: var(--focus);
}
.skip:focus { top: 0.5rem; }
@media (max-width: 40rem) {
  body { font-size: 0.875rem; padding-top: 1rem; }
  th, td { padding-inline: 0.5rem; }
  caption { padding-inline: 0.5rem; }
  code { font-size: 0.85em; }
  .answer { width: 4.1rem; }
  .place { width: 6.5rem; }
}
@media print {
  :root {
    color-scheme: light; --paper: #fff; --ink: #000; --quiet: #444; --rule: #bbb; --band: #fff; --code: #000;
    --yes: #000; --yes-band: #fff; --never: #000; --never-band: #fff;
  }
  @page { margin: 14mm; }
  body { max-width: none; padding: 0; font-size: 9.5pt; }
  .skip { display: none; }
  .scroll { overflow: visible; border-radius: 0; }
  .listeners { min-width: 0; }
  .listeners :is(th, code) { white-space: normal; }
  .listeners :is(.note, th .note) { min-width: 0; }
  .never { border: 1px solid; }
  .place { width: 11rem; }
  th, td { padding: 1.5pt 5pt; }
  tr { break-inside: avoid; }
  h2, caption, .group { break-after: avoid; }
}
`;

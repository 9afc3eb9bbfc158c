/**
 * The style sheet of the HTML report: one sheet of paper, hairlines, colour for severity, verdict and role
 * only. Light and dark on a screen as the system decides; on paper always light, on A4 and Letter alike.
 */
export const STYLE = `
:root{color-scheme:light dark;
--paper:light-dark(#fcfcfa,#101215);--sunk:light-dark(#f2f2ee,#1a1e22);--line:light-dark(#e4e4de,#252a2f);--line-2:light-dark(#c6c7bf,#3d444b);
--ink:light-dark(#17191b,#eaecee);--ink-2:light-dark(#464b50,#b6bcc2);--ink-3:light-dark(#63696f,#8f979e);--accent:light-dark(#1d5bb8,#86b4ff);
--crit:light-dark(#b02c0c,#ff8b68);--crit-mark:light-dark(#d2401a,#ff7a52);--warn:light-dark(#805300,#e9bb55);--warn-mark:light-dark(#b97a00,#dba63a);
--info:light-dark(#2b628c,#88bae6);--info-mark:light-dark(#5a8db5,#6ba2d0);--good:light-dark(#0a6a5f,#55c8b5);--good-mark:light-dark(#2b9587,#3fae9d);
--agent:light-dark(#1d5bb8,#86b4ff);--server:light-dark(#3a4651,#c0cbd5);--balancer:light-dark(#6a41b8,#bfa5ff);--firewall:light-dark(#97297a,#f29ad3);
--nat:light-dark(#4a6610,#b3cd68);--proxy:light-dark(#08647e,#6bc8e5);--anon:var(--ink-3);
--sans:Inter,"Inter Variable",system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
--mono:ui-monospace,"SF Mono","Cascadia Mono","JetBrains Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;background:var(--paper);scroll-padding-top:1rem}
body{margin:0;color:var(--ink);background:var(--paper);font:400 .8125rem/1.5 var(--sans);font-variant-numeric:tabular-nums;-webkit-font-smoothing:antialiased}
h1,h2,h3,h4,p,ul,ol,dl,dd,figure,table{margin:0;padding:0}
ul,ol{list-style:none}
a{color:var(--accent);text-decoration:none}
td a{text-decoration:underline;text-decoration-color:var(--line-2);text-underline-offset:3px}
a:hover{text-decoration:underline;text-underline-offset:3px}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:3px}
.hide{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip{position:absolute;left:-99rem}
.skip:focus{left:.75rem;top:.75rem;background:var(--paper);padding:.5rem .75rem;z-index:1}
.symbols{position:absolute}
.sheet-of-paper{max-width:76rem;margin:0 auto;padding:0 2rem 4rem}
main{display:grid;grid-template-columns:13rem minmax(0,1fr);column-gap:3rem;padding-top:2.25rem}
main>section{grid-column:2;min-width:0}
.masthead{padding:1.125rem 0;border-bottom:1px solid var(--line);display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;align-items:center;color:var(--ink-3);font-size:.75rem}
.masthead b{display:inline-flex;align-items:center;gap:.5rem;color:var(--ink);font-weight:620;font-size:.9375rem;letter-spacing:-.012em}
.masthead b svg{width:18px;height:18px;fill:none;stroke:currentColor;stroke-width:1.6;stroke-linecap:round}
.masthead .right{margin-left:auto}
nav{grid-column:1;grid-row:1/span 9;align-self:start;position:sticky;top:0;max-height:100vh;overflow:auto;padding:.4rem 0 2rem;font-size:.75rem}
nav h2{font-size:.6875rem;font-weight:560;color:var(--ink-3);letter-spacing:.01em;margin:0 0 .5rem}
nav a{color:var(--ink-2);display:flex;gap:.4rem;padding:.22rem 0;align-items:baseline}
nav a:hover{color:var(--ink)}
nav ol ol{padding-left:.75rem;border-left:1px solid var(--line);margin:.15rem 0 .35rem}
nav .g{align-self:center}
h1{font-size:1.875rem;font-weight:620;letter-spacing:-.024em;line-height:1.2;text-wrap:balance;max-width:34ch;overflow-wrap:anywhere}
h2{font-size:1.125rem;font-weight:620;letter-spacing:-.015em;line-height:1.35;margin-bottom:.875rem}
h3{font-size:1.375rem;font-weight:600;letter-spacing:-.02em;line-height:1.25;text-wrap:balance;max-width:44ch;overflow-wrap:anywhere}
h4,.input h3{font-size:.875rem;font-weight:600;line-height:1.5;max-width:none;letter-spacing:-.008em;margin-bottom:.5rem;overflow-wrap:anywhere}
.lead{font-size:.9375rem;line-height:1.55;color:var(--ink-2);max-width:68ch;text-wrap:pretty;overflow-wrap:anywhere}
.note{color:var(--ink-3);font-size:.75rem;font-weight:400;letter-spacing:0}
.dim{color:var(--ink-3)}.mid{color:var(--ink-2)}.nw{white-space:nowrap}.strong{font-weight:600}
.crit{color:var(--crit)}.warn{color:var(--warn)}.info{color:var(--info)}.good{color:var(--good)}
.mono,code{font-family:var(--mono);font-size:.92em;font-variant-ligatures:none}
.g{width:13px;height:13px;flex:none;vertical-align:-2px;overflow:visible}
.verdict .lead{margin-top:.75rem}
main>.verdict{padding:0 0 2.5rem;border-top:0}
.limits{margin-top:1.25rem;padding-left:.875rem;border-left:2px solid var(--warn-mark);max-width:72ch}
.limits li{color:var(--ink-2);overflow-wrap:anywhere}
main>section{padding:1.75rem 0 2.25rem;border-top:1px solid var(--line)}
table{width:100%;border-collapse:collapse}
.lead+table{margin-top:1rem}
th{text-align:left;font-weight:480;font-size:.75rem;color:var(--ink-3);padding:0 .75rem .375rem 0;white-space:nowrap;vertical-align:bottom;border-bottom:1px solid var(--line-2)}
td{padding:.42rem .75rem .42rem 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
th:last-child,td:last-child{padding-right:0}
.num{text-align:right;white-space:nowrap}
td .sub{color:var(--ink-3);font-size:.6875rem;margin-top:.1rem}
.incident{padding:2rem 0 .5rem;margin-bottom:1.5rem;border-top:1px solid var(--line-2)}
h2+.incident{padding-top:.25rem;border-top:0}
.incident>header{margin-bottom:1.25rem}
.incident>header .lead{margin-top:.5rem}
.incident>section{margin-top:1.75rem}
.kind{display:flex;flex-wrap:wrap;gap:.125rem 1rem;color:var(--ink-3);font-size:.75rem;margin-bottom:.375rem}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:.875rem 2rem;padding:.875rem 0;border-top:1px solid var(--line);border-bottom:1px solid var(--line)}
.facts dt{font-size:.75rem;color:var(--ink-3)}
.facts dd{overflow-wrap:anywhere}
.facts .bar{display:block;height:3px;background:var(--sunk);margin-top:.35rem;border-radius:2px;overflow:hidden}
.facts .bar i{display:block;height:100%;background:var(--c)}
.agent{--c:var(--agent)}.server{--c:var(--server)}.balancer{--c:var(--balancer)}.firewall{--c:var(--firewall)}.nat{--c:var(--nat)}.proxy{--c:var(--proxy)}.anon{--c:var(--anon)}
.role .g{color:var(--c)}
.todo{padding-left:.875rem;border-left:2px solid var(--ink)}
.todo .lead{color:var(--ink)}
.weight{display:block;width:7.5rem;height:.7rem;margin-top:.25rem;background:linear-gradient(var(--line-2),var(--line-2)) center/1px 100% no-repeat}
.weight i{display:block;height:100%}
.weight .for{background:var(--info-mark)}.weight .against{background:var(--warn-mark)}
.proof+.proof{margin-top:1.125rem}
table+.note,ul+.note{margin-top:.5rem}
.proof+.note{margin-top:.5rem}
.sheet th:nth-child(1){width:4rem}.sheet th:nth-child(2){width:9rem}
.moments td:first-child{width:11.5rem}
.proof>p{margin-bottom:.375rem;overflow-wrap:anywhere}
.packets td{padding-top:.3rem;padding-bottom:.3rem}
.packets th:nth-child(1){width:5rem}.packets th:nth-child(2){width:5rem}.packets th:nth-child(3){width:10.5rem}
.agents{columns:2;column-gap:2.5rem}
.agents li{display:flex;justify-content:space-between;gap:.25rem 1rem;padding:.3rem 0;border-bottom:1px solid var(--line);break-inside:avoid;overflow-wrap:anywhere}
.filter{background:var(--sunk);border-radius:6px;padding:.5rem .75rem;overflow-wrap:anywhere;line-height:1.55}
.plain li{padding:.1rem 0;overflow-wrap:anywhere}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;font-size:.75rem;color:var(--ink-2);margin-bottom:.875rem}
.rows{display:grid;grid-template-columns:5.5rem minmax(0,1fr);gap:.25rem 1rem}
.rows dt{color:var(--ink-3);font-size:.75rem;line-height:1.65}
.rows dd{overflow-wrap:anywhere}
.input+.input{margin-top:1.75rem}
.cells{display:flex;flex-wrap:wrap;gap:.125rem 1.125rem;font-size:.75rem;color:var(--ink-2)}
.cell{display:inline-flex;gap:.375rem;align-items:center;white-space:nowrap}
.cell i{width:9px;height:9px;border-radius:2px;background:var(--good-mark)}
.cell.bad i{background:none;border:1.5px solid var(--warn-mark);transform:rotate(45deg) scale(.85)}
.cell.bad{color:var(--warn);font-weight:560}
.chart{display:block;width:100%;overflow:visible}
.free{overflow:visible}
svg text{font-family:var(--sans);font-size:11px;fill:var(--ink-3);font-variant-numeric:tabular-nums}
svg .m{font-family:var(--mono);font-size:10.5px}
svg .k2{fill:var(--ink-2)}svg .tc{fill:var(--crit);font-weight:600}svg .tg{fill:var(--good);font-weight:600}svg .dev{fill:var(--c);font-weight:600}
.axis{stroke:var(--line-2)}.gridl{stroke:var(--line)}.excluded{stroke:var(--line-2);stroke-dasharray:3 3}.device{stroke:var(--c);stroke-width:2}.still{fill:var(--c);opacity:.13}
.s-crit{stroke:var(--crit-mark);fill:none}.s-warn{stroke:var(--warn-mark);fill:none}.s-info{stroke:var(--info-mark);fill:none}.s-good{stroke:var(--good-mark);fill:none}.f-mute{fill:var(--line-2)}
.timer{padding:.25rem 0 .5rem}
.timeline{margin-bottom:1.5rem}
.lane{display:grid;grid-template-columns:7.5rem minmax(0,1fr);align-items:center;min-height:1.5rem}
.lane .name{font-size:.75rem;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;padding-right:.75rem}
.lane .name .g{margin-right:.2rem}
.colophon{border-top:1px solid var(--line);padding-top:1rem;color:var(--ink-3);font-size:.75rem}
.colophon p{max-width:80ch}
@media (max-width:980px){
.sheet-of-paper{padding:0 1.25rem 3rem}
main{display:block;padding-top:1.75rem}
nav{position:static;max-height:none;padding:0 0 1.75rem}
main>.verdict{padding-bottom:1.75rem}
}
@media (max-width:640px){
body{overflow-x:hidden}
.wide{display:none!important}
h1{font-size:1.4375rem}h3{font-size:1.1875rem}
.masthead .right{margin-left:0}
.agents{columns:1}
.lane{grid-template-columns:5.25rem minmax(0,1fr)}
.rows{grid-template-columns:minmax(0,1fr);gap:0}.rows dt{margin-top:.5rem}
.packets,.packets tbody,.stack,.stack tbody,.sheet,.sheet tbody{display:block}
.packets thead,.stack thead,.sheet thead{display:none}
.packets tr,.stack tr,.sheet tr{display:block;padding:.5rem 0;border-bottom:1px solid var(--line)}
.packets td,.stack td{display:inline;padding:0 .5rem 0 0;border:0;text-align:left;white-space:normal}
.packets td:last-child,.stack td:nth-child(2),.stack td:last-child{display:block;padding:0}
.stack td.num::before{content:"seen "}
.sheet td{display:block;padding:0;border:0;text-align:left}
}
@page{size:auto;margin:17mm 16mm 18mm}
@page{@bottom-left{content:"Holdfast forensic report";font:7.5pt var(--sans,sans-serif);color:#63696f}@bottom-right{content:counter(page) " / " counter(pages);font:7.5pt sans-serif;color:#63696f}}
@media print{
:root{color-scheme:light;--paper:#fff}
html{font-size:13.2px;-webkit-print-color-adjust:exact;print-color-adjust:exact}
.skip{display:none}
.sheet-of-paper{max-width:none;padding:0}
.masthead{padding-top:0}
nav{position:static;max-height:none;overflow:visible;padding:0 0 1.25rem;break-inside:avoid}
nav>ol{columns:2;column-gap:2.5rem}
nav li{break-inside:avoid}
main{display:block;padding-top:1.25rem}
main>section{padding:1.25rem 0 1.5rem}
main>.verdict{padding:0 0 1rem}
h1,h2,h3,h4,.kind,.incident>header{break-after:avoid}
.keep,.facts,.todo,.proof,figure,tr,.input,.limits{break-inside:avoid}
.incident{break-inside:avoid;padding-top:1.25rem;margin-bottom:.75rem}
h2+.incident{padding-top:0}
.incident>section{margin-top:1.125rem}
thead{display:table-header-group}
p,li{orphans:3;widows:3}
a{color:inherit}
}
`

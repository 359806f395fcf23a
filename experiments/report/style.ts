import { colourVariables } from './palette.ts';

const light = `--ground:#ffffff;--card:#f5f7fa;--ink:#18202f;--muted:#566072;--grid:#e9ecf1;--axis:#a3acbb;--line:#dde2ea;--link:#1d56b3;--good:#1c7f45;--bad:#b3261e;${colourVariables('light')}`;
const dark = `--ground:#10141b;--card:#181e28;--ink:#e7eaf0;--muted:#a3abb9;--grid:#232a36;--axis:#556073;--line:#2b3443;--link:#8ab8ff;--good:#63d394;--bad:#ff8a80;${colourVariables('dark')}`;

/** The style sheet of a report: light and dark by what the reader's system says, and light on paper. */
export const style = `
:root{color-scheme:light dark;${light}}
@media (prefers-color-scheme:dark){:root{${dark}}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;font-variant-numeric:tabular-nums}
main,header.top,footer{max-width:1120px;margin:0 auto;padding:0 24px}
header.top{padding-top:36px}
a{color:var(--link);text-underline-offset:2px}
a:focus-visible,summary:focus-visible,[tabindex]:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:3px}
.skip{position:absolute;left:-999px}.skip:focus{left:16px;top:12px;background:var(--ground);padding:6px 10px;z-index:2}
.eyebrow{margin:0 0 10px;color:var(--muted);font-size:14px;letter-spacing:.02em}
.eyebrow b{color:var(--ink)}
h1{font-size:clamp(21px,2.6vw,29px);line-height:1.3;font-weight:650;margin:0 0 14px;letter-spacing:-.012em;text-wrap:pretty;max-width:62ch}
h2{font-size:22px;line-height:1.3;margin:64px 0 8px;letter-spacing:-.01em}
h3{font-size:18px;line-height:1.35;margin:0;font-weight:650;letter-spacing:-.005em;text-wrap:balance;max-width:60ch}
p{margin:0 0 12px;max-width:84ch}
code{font:.875em ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;overflow-wrap:anywhere}
pre{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 14px;margin:8px 0 16px;white-space:pre-wrap;overflow-wrap:anywhere}
.facts{color:var(--muted);font-size:14.5px;margin-bottom:22px}
.note{color:var(--muted);font-size:14px}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:10px;margin:0 0 12px}
table{border-collapse:collapse;width:100%;font-size:14px;line-height:1.4}
th,td{padding:7px 12px;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line);vertical-align:baseline}
tbody tr:last-child>*{border-bottom:0}
thead th{font-weight:600;vertical-align:bottom;background:var(--card)}
th small,td small{display:block;font-weight:400;color:var(--muted);font-size:12.5px}
th[scope=row],th:first-child,td.text{text-align:left;font-weight:500}
td.text{font-weight:400}
td.wrap{white-space:normal;min-width:24ch}
.answer th,.answer td{padding:8px 9px}.answer th:first-child{padding-left:14px}.answer td:last-child,.answer th:last-child{padding-right:14px}.strong{font-weight:650}
.mark{display:inline-block;width:10px;height:10px;border-radius:50%;margin-right:8px}
nav{margin:22px 0 0;padding:12px 0;border-top:1px solid var(--line);font-size:14.5px}
nav ul{list-style:none;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:4px 20px}
figure{margin:0;padding:30px 0 26px;border-top:1px solid var(--line);display:grid;grid-template-columns:minmax(0,760px) minmax(220px,1fr);column-gap:36px}
figure h3{grid-column:1/-1;margin-bottom:14px}
.plot{display:block;width:100%;height:auto;overflow:visible}
.plot text{white-space:pre}
.narrow{display:none}
figcaption{font-size:14px;color:var(--muted);line-height:1.5}
figcaption p{margin-bottom:10px}
.key{list-style:none;margin:0 0 12px;padding:0;font-size:14px;color:var(--ink)}
.key li{display:flex;align-items:baseline;gap:8px}
.key i{font-style:normal;width:1em;text-align:center}
.key.spare{display:none}
.data{grid-column:1/-1;margin-top:10px;font-size:14px}
details>summary{cursor:pointer;color:var(--link);width:fit-content}
details[open]>summary{margin-bottom:10px}
.data .scroll{max-height:420px;overflow:auto}
.missing{border-top:1px solid var(--line);padding:18px 0}
.missing h3{font-size:16px;color:var(--muted)}
.missing p{margin:4px 0 0;font-size:14.5px;color:var(--muted)}
dl.limits{margin:0}dl.limits dt{font-weight:600;margin-top:12px}dl.limits dd{margin:2px 0 0;max-width:80ch}
.good{color:var(--good)}.bad{color:var(--bad)}
footer{margin-top:64px;padding-top:18px;padding-bottom:48px;color:var(--muted);font-size:14px}
@media (max-width:1080px){figure{display:block}figure h3{margin-bottom:8px}.key{display:flex;flex-wrap:wrap;gap:2px 18px;margin-top:8px}.key.spare{display:none}}
@media (max-width:640px){main,header.top,footer{padding-left:16px;padding-right:16px}header.top{padding-top:24px}.wide{display:none}.narrow{display:block}.key.spare{display:flex}h2{margin-top:48px}th,td{padding:6px 9px}}
@media screen and (max-width:640px){.cards table,.cards tbody,.cards tr{display:block;width:100%}.cards thead{position:absolute;clip-path:inset(50%);white-space:nowrap}.cards tr{display:grid;grid-template-columns:1fr 1fr;padding:6px 0}.cards tr+tr{border-top:1px solid var(--line)}.cards th[scope=row]{grid-column:1/-1;font-weight:650}.answer.answer th,.answer.answer td{border:0;padding:4px 14px;text-align:left;white-space:normal}.cards td::before{content:attr(data-head);display:block;font-size:12.5px;font-weight:400;color:var(--muted)}}
@media print{:root{color-scheme:light;${light}}body{font-size:11pt}main,header.top,footer{max-width:none;padding:0}nav,.skip,.data,.missing{display:none}figure{display:block;break-inside:avoid;padding:14pt 0}.narrow{display:none}.wide{display:block;max-width:170mm}.key{display:flex;flex-wrap:wrap;gap:2px 18px}.key.spare{display:none}h2{break-after:avoid}tr{break-inside:avoid}.scroll{overflow:visible;border:0}table{font-size:8.5pt}.answer td{font-size:9pt}th,td{padding:3px 5px;white-space:normal}a{color:inherit;text-decoration:none}}
`.trim();

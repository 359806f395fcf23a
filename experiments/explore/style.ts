import { colourVariables } from '../report/palette.ts';

const light = `--ground:#ffffff;--card:#f5f7fa;--ink:#18202f;--muted:#566072;--grid:#e9ecf1;--axis:#8d97a8;--line:#d6dce5;--link:#1d56b3;--bad:#b3261e;--ok:#71809a;--waiting:#7548d6;--stale:#b85c00;--lost:#c4314b;--failed:#18202f;--frozen:#cfe6ff;${colourVariables('light')}`;
const dark = `--ground:#10141b;--card:#181e28;--ink:#e7eaf0;--muted:#a3abb9;--grid:#232a36;--axis:#66738a;--line:#303a4b;--link:#8ab8ff;--bad:#ff8a80;--ok:#8b98ae;--waiting:#b9a1ff;--stale:#f6a94f;--lost:#ff8095;--failed:#ffffff;--frozen:#1f4a78;${colourVariables('dark')}`;

const controls = `
button,select,input,textarea{font:inherit;color:inherit}
button{background:var(--card);border:1px solid var(--axis);border-radius:7px;padding:6px 12px;cursor:pointer;white-space:nowrap}
button:hover{border-color:var(--ink)}
select,input[type=number],textarea{width:100%;background:var(--ground);border:1px solid var(--axis);border-radius:6px;padding:5px 7px;min-height:32px}
textarea{font:12.5px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;resize:vertical}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:6px}
input:invalid{border-color:var(--bad)}
label>span{display:block;font-size:12.5px;color:var(--muted);margin-bottom:2px;white-space:nowrap}
label small{font-size:11.5px}
.fields{display:grid;grid-template-columns:repeat(auto-fill,minmax(156px,1fr));gap:10px 12px}
.transport{position:sticky;top:0;z-index:3;display:flex;flex-wrap:wrap;align-items:center;gap:8px 14px;background:var(--ground);border-bottom:1px solid var(--line);border-top:1px solid var(--line);padding:9px 0;margin:16px 0}
#play{min-width:76px;background:var(--ink);color:var(--ground);border-color:var(--ink);font-weight:600}
#time{flex:1 1 200px;accent-color:var(--link);min-height:24px}
#clock{min-width:15ch;font-weight:600;font-size:14px}
.inline{display:flex;align-items:center;gap:6px}
.inline>span{margin:0}
.inline select{width:auto}
`;

const stage = `
.sides{display:grid;grid-template-columns:1fr 1fr;gap:0 20px;min-width:0}
.one .sides{grid-template-columns:1fr}.one #download-b{display:none}
.one .stage{max-width:620px;margin:0 auto}
.side{min-width:0}
.side h2{display:flex;align-items:baseline;flex-wrap:wrap;gap:2px 8px;margin:0 0 6px;font-size:18px}
.side h2 small{font-size:13px;font-weight:400;color:var(--muted)}
.mark{width:12px;height:12px;border-radius:50%}
.stage{position:relative;aspect-ratio:1;touch-action:manipulation}
.stage canvas{width:100%;height:100%;display:block}
.nodes{position:absolute;inset:0}
.node{position:absolute;aspect-ratio:1;transform:translate(-50%,-50%);padding:0;border:0;border-radius:50%;background:none;min-width:0;min-height:0}
.node:focus-visible{outline-offset:1px;border-radius:50%}
.about-node{font-size:13px;color:var(--muted);min-height:4.4em;margin:4px 0 8px}
.counters{display:grid;grid-template-columns:repeat(5,1fr);gap:1px;margin:0 0 10px;background:var(--line);border:1px solid var(--line);border-radius:8px;overflow:hidden}
.counters>div{background:var(--ground);padding:6px 4px;display:flex;flex-direction:column;align-items:center;text-align:center}
.counters dt{order:2;font-size:11.5px;line-height:1.25;color:var(--muted)}
.counters dd{margin:0;font-size:18px;font-weight:650}
.counters .some{color:var(--bad)}
.seen{list-style:none;margin:0 0 12px;padding:0;display:flex;flex-wrap:wrap;gap:2px 14px;font-size:13px}
.shape{display:inline-block;width:9px;height:9px;margin-right:6px;border-radius:50%;background:var(--ok);vertical-align:baseline}
.shape.waiting{background:none;border:2px solid var(--waiting)}
.shape.stale{background:var(--stale);border-radius:0;clip-path:polygon(50% 0,100% 100%,0 100%);width:11px}
.shape.lost{background:var(--lost);border-radius:0}
.shape.failed{background:var(--failed);border-radius:0;clip-path:polygon(0 18%,18% 0,50% 32%,82% 0,100% 18%,68% 50%,100% 82%,82% 100%,50% 68%,18% 100%,0 82%,32% 50%)}
.below{display:grid;grid-template-columns:150px minmax(0,1fr);gap:18px}
.views canvas{width:150px;height:150px;display:block}
.words{font-size:12.5px;color:var(--muted);margin:6px 0 0}
.kinds{max-height:250px;overflow:auto}
.kinds table{border-collapse:collapse;width:100%;font-size:12.5px}
.kinds th{text-align:left;font-weight:400;padding:3px 8px 3px 0;vertical-align:top}
.kinds th b{font-weight:600;display:block}
.kinds th small{color:var(--muted);font-size:11.5px;line-height:1.3;display:block}
.kinds td{width:88px;text-align:right;vertical-align:top;padding:3px 0;white-space:nowrap}
.bar{display:block;height:4px;border-radius:2px;background:var(--link);margin:3px 0 0 auto}
`;

/** The style sheet of the explorer: light and dark by what the reader's system says. */
export const style = `
:root{color-scheme:light dark;${light}}
@media (prefers-color-scheme:dark){:root{${dark}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:1360px;padding:18px 24px 48px;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;font-variant-numeric:tabular-nums}
.skip{position:absolute;left:-999px}.skip:focus{left:16px;top:10px;background:var(--ground);padding:6px 10px;z-index:5}
.top{display:flex;flex-wrap:wrap;justify-content:space-between;gap:8px 24px;margin-bottom:14px}
h1{font-size:22px;line-height:1.25;margin:0;letter-spacing:-.01em}
.top p{margin:2px 0 0;color:var(--muted)}
.actions{display:flex;flex-wrap:wrap;gap:8px;align-items:start}
h2{font-size:18px;line-height:1.3;margin:0 0 8px}
h3{font-size:14px;margin:0 0 6px}
h4{font-size:13px;margin:12px 0 4px}
a{color:var(--link)}
code{font:.9em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
main{display:grid;grid-template-columns:minmax(0,1fr) minmax(250px,320px);gap:28px}
main:focus{outline:none}
${controls}${stage}
.charts{min-width:0}
figure{margin:0 0 13px}
figure canvas{width:100%;height:120px;display:block;cursor:crosshair;touch-action:pan-y}
figure h3{display:flex;flex-wrap:wrap;justify-content:space-between;gap:2px 10px;margin:0 0 4px}
.now{display:flex;gap:12px;font-weight:400}
.now>span{display:flex;align-items:center;gap:5px}
.now i{display:inline-block;width:16px}
figcaption,.note{font-size:12.5px;line-height:1.45;color:var(--muted)}
.note{margin:0 0 8px}
.problem{color:var(--bad);font-weight:600;margin:10px 0;overflow-wrap:anywhere}
.problem:empty{display:none}
.status{min-height:1.5em;margin:-8px 0 8px;color:var(--muted);font-size:14px}
.faults{margin-top:22px}
#noticed{margin:8px 0 0;padding-left:18px;font-size:13.5px;color:var(--muted)}#noticed b{color:var(--ink);font-weight:600}
#faults{list-style:none;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:8px}
#faults li{display:flex;align-items:center;gap:8px;border:1px solid var(--line);border-radius:8px;padding:3px 4px 3px 10px;font-size:13.5px}
#faults li button{padding:0;width:26px;height:26px;line-height:1;border-color:transparent;background:none;font-size:17px}
details{border-top:1px solid var(--line);padding:10px 0}
details.paste:first-of-type{margin-top:12px}
.settings{border:0;padding:0}
@media (min-width:721px){.settings>summary{display:none}}
summary{cursor:pointer;color:var(--link);width:fit-content}
details[open]>summary{margin-bottom:8px}
.two{display:grid;grid-template-columns:1fr 1fr;gap:14px;margin-bottom:10px}
details ul{margin:0;padding-left:18px;font-size:13px;overflow-wrap:anywhere}
.results,.explained{border-top:1px solid var(--line);padding-top:18px;margin-top:8px}
.scroll{max-height:380px;overflow:auto;border:1px solid var(--line);border-radius:8px;max-width:820px;margin-bottom:18px}
#results{border-collapse:collapse;width:100%;font-size:13.5px}
#results th,#results td{padding:4px 12px;text-align:right;border-bottom:1px solid var(--line)}
#results th[scope=row]{text-align:left;font-weight:400;overflow-wrap:anywhere}
#results thead th{position:sticky;top:0;background:var(--card);text-align:right}
#results thead th:first-child{text-align:left}
.explained dl{margin:0;columns:2;column-gap:36px;font-size:13.5px}
.explained dl>div{break-inside:avoid;margin-bottom:10px}
.explained dt{font-weight:600}
.explained dd{margin:0;color:var(--muted)}
@media (max-width:1080px){main{grid-template-columns:1fr}.charts{display:grid;grid-template-columns:1fr 1fr;gap:0 22px}.charts .note{grid-column:1/-1}}
@media (max-width:720px){body{padding:14px 14px 40px}.sides{grid-template-columns:1fr;gap:26px}.charts{display:block}.two{grid-template-columns:1fr}.explained dl{columns:1}.fields{grid-template-columns:1fr 1fr}.about-node{min-height:0}#time{flex-basis:100%;order:1}.inline{order:2}.transport{gap:6px 10px;padding:7px 0}#play{padding:4px 8px;min-width:66px}#clock{flex:1 1 calc(100% - 90px);min-width:0;text-align:right;white-space:nowrap}.inline>span{white-space:normal;line-height:1.2}.inline{flex:1 1 40%;min-width:0;display:block}.inline select{width:100%}.inline>span{font-size:12px}.counters dd{font-size:16px}}
`.trim();

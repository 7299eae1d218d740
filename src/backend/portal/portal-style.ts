/** The style of the dashboard's pages beyond what they share with the operator's. */
export const portalStyle = `
.top{display:flex;flex-wrap:wrap;align-items:end;justify-content:space-between;gap:12px 24px;margin:0 0 20px}
.top .lead{margin:0}
.button{display:inline-block;padding:10px 16px;border-radius:9px;background:var(--accent);color:var(--on-accent);font-weight:600;text-decoration:none}
.button:hover{filter:brightness(1.07)}
.button.second,button.second{background:none;color:var(--accent);box-shadow:inset 0 0 0 1px var(--line)}
.alarm{display:flex;flex-wrap:wrap;align-items:center;justify-content:space-between;gap:12px 24px;background:var(--card);border:1px solid var(--bad);border-left-width:6px;border-radius:12px;padding:16px 18px;margin:0 0 20px}
.alarm h2{margin:0;font-size:17px;color:var(--bad)}.alarm p{margin:2px 0 0;color:var(--quiet)}
.alarm>div{flex:1 1 280px}
.hero{display:grid;grid-template-columns:minmax(0,1.25fr) minmax(0,2fr);gap:12px}
.balance{display:flex;flex-direction:column;gap:4px;background:var(--card);border:1px solid var(--line);border-radius:12px;padding:20px}
.balance h2{margin:0;font-size:14px;font-weight:450;color:var(--quiet);letter-spacing:0}
.balance .amount{margin:0;font-size:38px;line-height:1.15;font-weight:680;letter-spacing:-.03em;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.balance .amount .fine{font-size:18px;letter-spacing:-.01em}
.balance dl{display:grid;grid-template-columns:auto 1fr;gap:2px 16px;margin:10px 0 18px;font-size:14px}
.balance dt{color:var(--quiet)}.balance dd{margin:0;text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.balance .button{margin-top:auto;text-align:center}
.hero .cards{grid-template-columns:repeat(2,minmax(0,1fr))}
.cards .button{font-size:14px;margin-top:10px;letter-spacing:0}
meter{display:block;width:100%;height:8px;margin:8px 0 6px;border:0;border-radius:4px;background:var(--line);appearance:none}
meter::-webkit-meter-bar{height:8px;border:0;border-radius:4px;background:var(--line)}
meter::-webkit-meter-optimum-value{background:var(--accent);border-radius:4px}
meter::-webkit-meter-suboptimum-value,meter::-webkit-meter-even-less-good-value{background:var(--bad);border-radius:4px}
meter::-moz-meter-bar{background:var(--accent);border-radius:4px}
.chart{margin:0;background:var(--card);border:1px solid var(--line);border-radius:12px;padding:16px 18px 12px}
.chart figcaption{display:flex;flex-wrap:wrap;justify-content:space-between;gap:2px 16px;color:var(--quiet);font-size:14px;margin:0 0 12px}
.chart svg{display:block;width:100%;height:150px;border-bottom:1px solid var(--line)}
.chart rect{fill:var(--accent)}.chart rect.rest{fill:var(--line)}
.chart .days{display:flex;justify-content:space-between;color:var(--quiet);font-size:13px;font-variant-numeric:tabular-nums;padding-top:6px}
.two{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:12px 24px;align-items:start}
.two>*{min-width:0}.two.uneven{grid-template-columns:minmax(0,5fr) minmax(0,3fr)}
.bar-cell{min-width:120px;vertical-align:middle}.bar-cell span{display:block;height:8px;border-radius:4px;background:var(--accent);min-width:2px}
.facts{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:0;margin:0;background:var(--card);border:1px solid var(--line);border-radius:12px;font-size:14px}
.facts dt,.facts dd{padding:9px 18px;border-top:1px solid var(--line);margin:0}
.facts dt{color:var(--quiet);padding-right:8px}.facts dd{overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
.facts dt:first-of-type,.facts dd:first-of-type{border-top:0}
dd.id,span.id{font-family:ui-monospace,SFMono-Regular,Menlo,monospace;font-size:13px;overflow-wrap:anywhere}
td.model small{display:block;color:var(--quiet)}
tfoot td,tfoot th{font-weight:600;border-top:2px solid var(--line);text-align:left}tfoot .number,tfoot .spare{text-align:right}
tfoot tr.soft td,tfoot tr.soft th{font-weight:450;border-top:1px solid var(--line)}
.scroll+p,.facts+p{margin-top:12px}
pre,textarea{font:13px/1.6 ui-monospace,SFMono-Regular,Menlo,monospace;color:var(--ink);background:var(--page);border:1px solid var(--line);border-radius:9px;padding:12px 14px}
pre{margin:8px 0 0;overflow-x:auto;user-select:all;-webkit-user-select:all}
textarea{display:block;width:100%;margin-top:6px;border-color:#7d8796;resize:vertical}
label textarea{font:inherit;background:var(--card)}
details{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:0 18px}
details+details{margin-top:8px}
summary{padding:12px 0;font-weight:550;cursor:pointer}
details>pre{margin:0 0 16px}
fieldset{border:0;margin:0 0 14px;padding:0}legend{padding:0;color:var(--quiet);font-size:14px;margin-bottom:6px}
.choices{display:grid;grid-template-columns:repeat(auto-fit,minmax(120px,1fr));gap:8px}
.choices label{position:relative;display:flex;align-items:center;gap:10px;margin:0;padding:12px 14px;border:1px solid #7d8796;border-radius:10px;color:var(--ink);cursor:pointer}
.choices label:has(:checked){border-color:var(--accent);box-shadow:inset 0 0 0 1px var(--accent)}
.choices strong{font-variant-numeric:tabular-nums}.choices small{color:var(--quiet);font-size:13px}
input[type=radio],input[type=checkbox]{flex:none;display:inline-block;width:18px;height:18px;margin:0;accent-color:var(--accent)}
.tick{display:flex!important;align-items:center;gap:10px;color:var(--ink)!important}
input[readonly]{background:var(--page)}
.row{display:flex;flex-wrap:wrap;gap:8px 16px;align-items:center}
form.bar label{flex:1 1 150px}form.bar label.wide{flex:2 1 220px}
.card.wide{max-width:640px}
.fields{display:grid;grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:0 16px}
.card details{margin:0 0 14px;padding:0 14px;border-radius:9px}
.grid3{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:0 12px}
@media (max-width:860px){.hero,.two,.two.uneven{grid-template-columns:minmax(0,1fr)}}
@media (max-width:480px){th,td{padding:9px 10px}thead th,.time{white-space:normal}td.time{min-width:calc(11ch + 20px)}td.model{min-width:15ch}.spare{display:none}.balance{padding:16px}.balance .amount{font-size:32px}header>div,main{padding-left:16px;padding-right:16px}main{padding-top:20px}.hero .cards{grid-template-columns:minmax(0,1fr) minmax(0,1fr)}.cards dd{font-size:20px}nav a{padding:7px 9px}.facts{grid-template-columns:minmax(0,1fr)}.facts dd{border-top:0;padding-top:0}.facts dt{padding-bottom:0}}
@media (max-width:360px){.hero .cards{grid-template-columns:minmax(0,1fr)}}
`;

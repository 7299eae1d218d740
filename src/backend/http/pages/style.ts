import { palette } from './page.ts';

/** The style of pages with a navigation: the operator's and the customer's. */
export const frameStyle = `${palette}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
a{color:var(--accent)}
.skip{position:absolute;left:-999px}.skip:focus{left:16px;top:8px;background:var(--card);padding:8px 12px;z-index:1}
header{background:var(--card);border-bottom:1px solid var(--line)}
header>div,main{max-width:1240px;margin:0 auto;padding:0 24px}
header>div{display:flex;flex-wrap:wrap;align-items:center;gap:4px 20px;min-height:60px;padding-top:8px;padding-bottom:8px}
.brand{font-weight:650;letter-spacing:-.01em;margin:0}
.brand span{color:var(--quiet);font-weight:450}
nav ul{display:flex;flex-wrap:wrap;gap:2px;list-style:none;margin:0;padding:0}
nav a{display:block;padding:8px 12px;border-radius:8px;color:var(--quiet);text-decoration:none}
nav a:hover{color:var(--ink);background:var(--page)}
nav a[aria-current]{color:var(--ink);background:var(--page);font-weight:600}
header form{margin-left:auto;display:flex;align-items:center;gap:12px;color:var(--quiet);font-size:14px}
@media (max-width:640px){header>div{column-gap:12px}header nav{order:1;width:100%}header form{gap:8px;font-size:13px}}
main{padding-top:28px;padding-bottom:64px;overflow-wrap:break-word}
h1{font-size:24px;letter-spacing:-.02em;margin:0 0 4px;overflow-wrap:anywhere}
h2{font-size:17px;letter-spacing:-.01em;margin:36px 0 12px}
.lead{color:var(--quiet);margin:0 0 24px}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:12px;margin:0}
.cards>div,.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:16px 18px}
.cards dt{color:var(--quiet);font-size:14px}
.cards dd{margin:2px 0 0;font-size:24px;font-weight:640;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.cards dd{overflow-wrap:anywhere}.cards dd .fine{font-size:14px;letter-spacing:0}
.cards small{display:block;font-size:13px;font-weight:400;letter-spacing:0;color:var(--quiet)}
.scroll{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:12px}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{text-align:left;padding:10px 14px;border-top:1px solid var(--line);vertical-align:top}
thead th{border-top:0;color:var(--quiet);font-weight:550;white-space:nowrap}
tbody th{font-weight:450}
.number,.spare{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.time,.whole{white-space:nowrap;font-variant-numeric:tabular-nums}
td.id{font:13px/1.6 ui-monospace,SFMono-Regular,Menlo,monospace;overflow-wrap:anywhere;min-width:calc(20ch + 28px)}
td.model{min-width:18ch;max-width:34ch;overflow-wrap:anywhere}
.fine{display:inline-block;text-align:left;color:var(--quiet);font-weight:450}
.quiet{color:var(--quiet)}.good{color:var(--good);font-weight:600}.bad{color:var(--bad);font-weight:600}
.empty{background:var(--card);border:1px dashed var(--line);border-radius:12px;padding:28px;text-align:center;color:var(--quiet);margin:0}
.note{background:var(--note);color:var(--note-ink);border-radius:10px;padding:10px 14px;margin:0 0 20px}
h1+.note{margin-top:16px}
.secret{user-select:all;-webkit-user-select:all;font:15px/1.5 ui-monospace,SFMono-Regular,Menlo,monospace;overflow-wrap:anywhere;background:var(--page);border:1px solid var(--line);border-radius:10px;padding:12px 14px;margin:12px 0}
form.bar{display:flex;flex-wrap:wrap;align-items:end;gap:12px;margin:0 0 16px}
form.bar label{flex:1 1 200px;max-width:520px}
label{display:block;font-size:14px;color:var(--quiet)}
input,select{display:block;width:100%;height:42px;margin-top:4px;padding:9px 12px;font:inherit;color:var(--ink);background:var(--card);border:1px solid #7d8796;border-radius:9px}
textarea{display:block;width:100%;min-height:76px;margin-top:4px;padding:9px 12px;font:13px/1.5 ui-monospace,monospace;color:var(--ink);background:var(--card);border:1px solid #7d8796;border-radius:9px;resize:vertical}
.scroll+.forms,.empty+.forms{margin-top:12px}
.forms{display:grid;grid-template-columns:repeat(auto-fit,minmax(280px,1fr));gap:12px;align-items:start}
.forms>.card:only-child{max-width:640px}
.card h2,.card h3{margin:0 0 4px;font-size:15px;letter-spacing:0}.card p{margin:0 0 12px;color:var(--quiet);font-size:14px}.card p.note{color:var(--note-ink)}.card label{margin:0 0 12px}
button{padding:10px 16px;border:0;border-radius:9px;background:var(--accent);color:var(--on-accent);font:inherit;font-weight:600;cursor:pointer}
button.plain{background:none;color:var(--accent);padding:8px 0;font-weight:500}
button.grave{background:var(--bad);color:var(--on-accent)}
button:hover{filter:brightness(1.07)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.wrong label{margin:0 0 7px}.wrong p{margin:0 0 12px;color:var(--bad);font-size:14px;font-weight:550}
.wrong input,.wrong select,.wrong textarea{border-color:var(--bad);box-shadow:inset 0 0 0 1px var(--bad)}
.narrow{max-width:420px;margin:8vh auto 0}.narrow.after{margin-top:16px;padding:0 18px;font-size:14px}
`;

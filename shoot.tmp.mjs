import { build, preview } from 'vite';
import { chromium } from 'playwright-core';
import { mkdirSync } from 'node:fs';
const root='/work/w-gallery';
const shared={root:root+'/test/gallery',configFile:root+'/vite.web.config.ts',logLevel:'error',build:{outDir:root+'/test-results/gallery',emptyOutDir:true}};
await build(shared);
const s=await preview({...shared,preview:{host:'127.0.0.1',port:0}});
const port=s.httpServer.address().port;
const b=await chromium.launch({executablePath:'/usr/bin/chromium',args:['--no-sandbox']});
mkdirSync('/tmp/gal',{recursive:true});
const only=process.argv[2]?process.argv[2].split(','):null;
const page=await b.newPage({viewport:{width:1280,height:800},reducedMotion:'reduce'});
page.on('console',m=>['error','warning'].includes(m.type())&&console.log(m.text()));
page.on('pageerror',e=>console.log('ERR',e.message));
await page.goto(`http://127.0.0.1:${port}/`);
const ids=await page.locator('nav[aria-label=Groups] a').evaluateAll(as=>as.map(a=>new URL(a.href).searchParams.get('group')));
console.log(ids.join(' '));
for(const id of ids){ if(only&&!only.includes(id)) continue;
 for(const [theme,w] of [['light',1280],['dark',1280],['light',360]]){
  await page.setViewportSize({width:w,height:800});
  await page.goto(`http://127.0.0.1:${port}/?group=${id}&theme=${theme}`);
  await page.waitForTimeout(400);
  const sw=await page.evaluate('document.documentElement.scrollWidth');
  if(sw>w){ const wide=await page.evaluate(`[...document.querySelectorAll('[data-entry]')].filter(e=>e.scrollWidth>e.clientWidth+1).map(e=>e.dataset.entry+':'+e.scrollWidth)`); console.log('OVERFLOW',id,theme,w,sw,wide);}
  await page.screenshot({path:`/tmp/gal/${id}-${theme}-${w}.png`,fullPage:true,animations:'disabled'});
 }}
await b.close(); await s.close();
